// Package storetest puts a test between the janitor and the disk.
//
// Wrap gives a store.Dir that asks the test before each operation, its own and
// those of all directories opened from it: the test counts, fails the operation,
// changes the tree behind the janitor's back, or pretends that the process died.
//
// It adds nothing else: an operation that the test lets pass is the disk's.
package storetest

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"sync"

	"regjanitor/internal/store"
)

// Op is one of the operations of a store.Dir; Close always passes.
type Op string

// The operations.
const (
	Open       Op = "open"
	List       Op = "list"
	Stat       Op = "stat"
	Read       Op = "read"
	Stream     Op = "stream"
	Unlink     Op = "unlink"
	Rmdir      Op = "rmdir"
	Rename     Op = "rename"
	RenameOver Op = "rename over"
	Mkdir      Op = "mkdir"
	Create     Op = "create"
	Write      Op = "write" // to a file that Create made; its Close is one more
	Sync       Op = "sync"
)

// Mutates tells whether the operation changes the tree.
func (op Op) Mutates() bool {
	switch op {
	case Unlink, Rmdir, Rename, RenameOver, Mkdir, Create, Write:
		return true
	}
	return false
}

// Call is an operation about to be carried out.
type Call struct {
	Op     Op
	Path   string // relative to the wrapped directory; "." is that itself
	Number int    // of this call among all, from 1
}

// Hook is asked before each operation, serially. An error takes the place of
// the operation's outcome; it is wrapped as the store wraps the system's.
type Hook func(Call) error

// Wrap puts hook before every operation of dir and of what is opened from it.
func Wrap(dir store.Dir, hook Hook) store.Dir {
	return &wrapped{dir, ".", &shared{hook: hook}}
}

// shared is what the directories of one tree have in common.
type shared struct {
	mu    sync.Mutex
	hook  Hook
	calls int
}

type wrapped struct {
	store.Dir
	at string
	*shared
}

func (w *wrapped) ask(op Op, name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	err := w.hook(Call{op, path.Join(w.at, name), w.calls})
	var already *fs.PathError
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &fs.PathError{Op: string(op), Path: name, Err: err}
}

func (w *wrapped) Open(name string) (store.Dir, error) {
	if err := w.ask(Open, name); err != nil {
		return nil, err
	}
	dir, err := w.Dir.Open(name)
	if err != nil {
		return nil, err
	}
	return &wrapped{dir, path.Join(w.at, name), w.shared}, nil
}

func (w *wrapped) List(f func(store.Entry) error) error {
	if err := w.ask(List, ""); err != nil {
		return err
	}
	return w.Dir.List(f)
}

func (w *wrapped) Stat(name string) (store.Info, error) {
	if err := w.ask(Stat, name); err != nil {
		return store.Info{}, err
	}
	return w.Dir.Stat(name)
}

func (w *wrapped) Read(name string, limit int, buf []byte) ([]byte, store.Info, error) {
	if err := w.ask(Read, name); err != nil {
		return nil, store.Info{}, err
	}
	return w.Dir.Read(name, limit, buf)
}

func (w *wrapped) Stream(name string, to io.Writer, buf []byte) (store.Info, error) {
	if err := w.ask(Stream, name); err != nil {
		return store.Info{}, err
	}
	return w.Dir.Stream(name, to, buf)
}

func (w *wrapped) Unlink(name string) error {
	if err := w.ask(Unlink, name); err != nil {
		return err
	}
	return w.Dir.Unlink(name)
}

func (w *wrapped) Rmdir(name string) error {
	if err := w.ask(Rmdir, name); err != nil {
		return err
	}
	return w.Dir.Rmdir(name)
}

// Rename moves to a directory that has to be of the same tree.
func (w *wrapped) Rename(name string, to store.Dir, as string) error {
	if err := w.ask(Rename, name); err != nil {
		return err
	}
	if target, ok := to.(*wrapped); ok {
		to = target.Dir
	}
	return w.Dir.Rename(name, to, as)
}

func (w *wrapped) Mkdir(name string, owner store.Owner) error {
	if err := w.ask(Mkdir, name); err != nil {
		return err
	}
	return w.Dir.Mkdir(name, owner)
}

func (w *wrapped) RenameOver(name, as string) error {
	if err := w.ask(RenameOver, name); err != nil {
		return err
	}
	return w.Dir.RenameOver(name, as)
}

func (w *wrapped) Create(name string, owner store.Owner) (io.WriteCloser, error) {
	if err := w.ask(Create, name); err != nil {
		return nil, err
	}
	file, err := w.Dir.Create(name, owner)
	if err != nil {
		return nil, err
	}
	return &wrappedFile{file, name, w}, nil
}

type wrappedFile struct {
	io.WriteCloser
	name string
	dir  *wrapped
}

func (f *wrappedFile) Write(data []byte) (int, error) {
	if err := f.dir.ask(Write, f.name); err != nil {
		return 0, err
	}
	return f.WriteCloser.Write(data)
}

// Close closes the file in any case, as the system does.
func (f *wrappedFile) Close() error {
	asked := f.dir.ask(Write, f.name)
	if err := f.WriteCloser.Close(); asked == nil {
		return err
	}
	return asked
}

func (w *wrapped) Sync() error {
	if err := w.ask(Sync, ""); err != nil {
		return err
	}
	return w.Dir.Sync()
}
