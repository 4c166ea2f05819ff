package sweep_test

import (
	"io/fs"
	"strings"

	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// tornDir ends reads early.
type tornDir struct {
	store.Dir
	at string
	*disk
}

func (t *tornDir) below(name string) string { return strings.Trim(t.at+"/"+name, "/") }

func (t *tornDir) Open(name string) (store.Dir, error) {
	dir, err := t.Dir.Open(name)
	if err != nil {
		return nil, err
	}
	return &tornDir{dir, t.below(name), t.disk}, nil
}

func (t *tornDir) Rename(name string, to store.Dir, as string) error {
	if torn, ok := to.(*tornDir); ok {
		to = torn.Dir
	}
	return t.Dir.Rename(name, to, as)
}

func (t *tornDir) List(f func(store.Entry) error) error {
	if !t.strikes(storetest.List, t.at) {
		return t.Dir.List(f)
	}
	entries := 0
	if err := t.Dir.List(func(store.Entry) error { entries++; return nil }); err != nil {
		return err
	}
	left := entries * t.fault.tear.part / 100
	err := t.Dir.List(func(e store.Entry) error {
		if left--; left < 0 {
			return &fs.PathError{Op: "list", Path: ".", Err: t.fault.err}
		}
		return f(e)
	})
	if err == nil {
		err = &fs.PathError{Op: "list", Path: ".", Err: t.fault.err}
	}
	return err
}

func (t *tornDir) Read(name string, limit int, buf []byte) ([]byte, store.Info, error) {
	data, info, err := t.Dir.Read(name, limit, buf)
	if err == nil && t.strikes(storetest.Read, t.below(name)) {
		data = data[:len(data)*t.fault.tear.part/100]
		if t.fault.tear.cut {
			info.Size = int64(len(data))
		}
	}
	return data, info, err
}
