package inventory

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
)

// entry is one name of a directory that has been listed.
type entry struct {
	name string
	kind store.Type
}

// visitor is what looks at a directory while it is open.
type visitor func(dir store.Dir, entries []entry) error

// visit opens the directory at path, lists it, and calls f. A watched directory
// is remembered as a Folder; it is looked at before it is listed, so that what
// comes between shows as a change.
func (s *scan) visit(path string, watched bool, f visitor) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	dir, err := again(func() (store.Dir, error) { return s.root.Open(path) })
	if err != nil {
		return err
	}
	defer dir.Close()
	var info store.Info
	if watched {
		if info, err = again(func() (store.Info, error) { return dir.Stat("") }); err != nil {
			return err
		}
	}
	entries, err := list(dir)
	if err != nil {
		return err
	}
	if watched {
		s.folder(path, len(entries), info)
	}
	return f(dir, entries)
}

func list(dir store.Dir) ([]entry, error) {
	return again(func() ([]entry, error) {
		var names []byte
		var ends []int
		var kinds []store.Type
		err := dir.List(func(e store.Entry) error {
			names = append(names, e.Name...)
			ends, kinds = append(ends, len(names)), append(kinds, e.Type)
			return nil
		})
		all, from := string(names), 0
		entries := make([]entry, len(ends))
		for i, end := range ends {
			entries[i] = entry{all[from:end], kinds[i]}
			from = end
		}
		return entries, err
	})
}

// read reads a small file whole. One that ends before its own size says so is
// being written to, or the disk does not give the rest.
func read(dir store.Dir, path string, limit int, buf []byte) (data []byte, info store.Info, err error) {
	data, err = again(func() (data []byte, err error) {
		data, info, err = dir.Read(path, limit, buf)
		if err == nil && int64(len(data)) < info.Size {
			err = io.ErrUnexpectedEOF
		}
		return data, err
	})
	return data, info, err
}

// again retries once what a network file system or a failing disk may get
// right at the second try.
func again[T any](f func() (T, error)) (T, error) {
	value, err := f()
	if store.Failing(err) || errors.Is(err, syscall.EINTR) || errors.Is(err, io.ErrUnexpectedEOF) {
		return f()
	}
	return value, err
}

// links visits a directory below repositories, which has to be seen in full: one
// that is gone shows that someone is writing, any other failure is a refusal,
// because roots may hide behind it.
func (s *scan) links(path string, f visitor) error { return s.seeAll(path, false, f) }

// folders is links for a directory that is to be watched.
func (s *scan) folders(path string, f visitor) error { return s.seeAll(path, true, f) }

func (s *scan) seeAll(path string, watched bool, f visitor) error {
	err := s.visit(path, watched, f)
	if errors.Is(err, fs.ErrNotExist) {
		s.vanished(path)
		return nil
	}
	return s.unseen(path, err)
}

// unseen turns the failure to list a directory into a refusal.
func (s *scan) unseen(path string, err error) error {
	var refused *refusal.Error
	switch {
	case err == nil, errors.As(err, &refused), s.ctx.Err() != nil, store.Starved(err):
		return err
	case errors.Is(err, store.ErrSymlink):
		return symlinked(path)
	case errors.Is(err, store.ErrMount):
		return mounted(path)
	}
	return refusal.New("unreadable-directory",
		"run as root or as the registry's own user; if the disk is failing, copy the tree first",
		"%s cannot be listed, and links that keep blobs may be in it: %v", path, cause(err))
}

func symlinked(path string) error {
	return refusal.New("symlink", "replace the link by what it points to, or mount that there and give --allow-mounts",
		"%s is a symbolic link: the registry follows it, this tool does not", path)
}

func mounted(path string) error {
	return refusal.New("mount", "if that is meant, give --allow-mounts", "%s is a mount point inside the tree", path)
}

// cause is an error without the path, for a message that has named it.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// isSpecial tells what opening a socket or a device without a driver fails with.
func isSpecial(err error) bool {
	return errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EOPNOTSUPP)
}
