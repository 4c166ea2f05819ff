package storetest

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"

	"regjanitor/internal/store"
)

// Dir opens a directory of the tree; the empty path is its top.
func (m *Memory) Dir(path string) (store.Dir, error) {
	top := &memoryDir{of: m, inode: root}
	return top.Open(path)
}

// memoryDir is an open directory: like a descriptor it stays with its inode,
// whatever becomes of the name.
type memoryDir struct {
	of     *Memory
	inode  uint32
	closed atomic.Bool
}

func pathError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	if path == "" {
		path = "."
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

// usable refuses what the real store refuses before it asks the system, and
// what the system refuses before it looks.
func (d *memoryDir) usable(path string) error {
	for rest, more := path, path != ""; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		if name == "" || name == ".." {
			return store.ErrOutside
		}
	}
	return d.open(path)
}

// outside tells what is not the name of something in its directory.
func outside(name string) bool {
	return name == "" || name == "." || name == ".." || strings.Contains(name, "/")
}

func (d *memoryDir) open(path string) error {
	if strings.Contains(path, "\x00") {
		return syscall.EINVAL
	}
	if d.closed.Load() {
		return syscall.EBADF
	}
	return nil
}

// look finds what is at path. Of this directory, should it be removed, there is
// little left to see.
func (d *memoryDir) look(path string, follow bool) (uint32, node, error) {
	if err := d.usable(path); err != nil {
		return 0, node{}, err
	}
	d.of.mu.RLock()
	defer d.of.mu.RUnlock()
	inode, err := d.of.walk(d.inode, path, follow)
	if err != nil {
		return 0, node{}, err
	}
	if n := d.of.at(inode); n != nil {
		return inode, *n, nil
	}
	return inode, node{kind: store.Directory}, nil
}

func (d *memoryDir) Open(path string) (store.Dir, error) {
	inode, n, err := d.look(path, false)
	switch {
	case err != nil:
	case n.kind == store.Directory:
		return &memoryDir{of: d.of, inode: inode}, nil
	case n.kind == store.Symlink:
		err = store.ErrSymlink
	default:
		err = syscall.ENOTDIR
	}
	return nil, pathError("open directory", path, err)
}

func (d *memoryDir) List(f func(store.Entry) error) error {
	entries, kinds, err := d.entries()
	if err != nil {
		return pathError("list", "", err)
	}
	var name []byte
	for i, e := range entries {
		name = append(name[:0], e.name...)
		if err := f(store.Entry{Name: name, Type: kinds[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (d *memoryDir) entries() ([]entry, []store.Type, error) {
	if err := d.open(""); err != nil {
		return nil, nil, err
	}
	d.of.mu.RLock()
	defer d.of.mu.RUnlock()
	n := d.of.at(d.inode)
	if n == nil {
		return nil, nil, syscall.ENOENT
	}
	entries := append([]entry(nil), n.dir.names.sorted()...)
	kinds := make([]store.Type, len(entries))
	for i, e := range entries {
		kinds[i] = d.of.nodes[e.inode].kind
	}
	return entries, kinds, nil
}

// farPath is the length beyond which the real store opens a path in pieces,
// and its Stat therefore follows no link at all.
const farPath = 1000

func (d *memoryDir) Stat(path string) (store.Info, error) {
	inode, n, err := d.look(path, len(path) <= farPath)
	if err != nil {
		return store.Info{}, pathError("stat", path, err)
	}
	return n.info(inode), nil
}

// file finds a regular file.
func (d *memoryDir) file(path string) (node, store.Info, error) {
	inode, n, err := d.look(path, false)
	switch {
	case err != nil:
	case n.kind == store.Symlink:
		err = store.ErrSymlink
	case n.kind == store.Other && n.special == socket:
		err = syscall.ENXIO
	}
	if err != nil {
		return node{}, store.Info{}, pathError("open", path, err)
	}
	if n.kind != store.Regular {
		err = pathError("read", path, store.ErrNotRegular)
	}
	return n, n.info(inode), err
}

func (d *memoryDir) Read(path string, limit int, buf []byte) ([]byte, store.Info, error) {
	n, info, err := d.file(path)
	if err == nil && n.size > int64(limit) {
		err = pathError("read", path, store.ErrTooLarge)
	}
	if err != nil {
		return nil, info, err
	}
	if need := int(n.size) + 1; cap(buf) < need {
		buf = make([]byte, 0, need)
	}
	data := buf[:n.size]
	clear(data[copy(data, n.text):])
	return data, info, nil
}

func (d *memoryDir) Stream(path string, to io.Writer, buf []byte) (store.Info, error) {
	n, info, err := d.file(path)
	if err != nil {
		return info, err
	}
	for at := int64(0); at < n.size; {
		piece := buf[:min(int64(len(buf)), n.size-at)]
		clear(piece[copy(piece, n.text[min(at, int64(len(n.text))):]):])
		if _, err := to.Write(piece); err != nil {
			return info, err
		}
		at += int64(len(piece))
	}
	return info, nil
}

func (d *memoryDir) Unlink(name string) error {
	return pathError("remove", name, d.change(&change{op: Unlink, name: name}))
}

func (d *memoryDir) Rmdir(name string) error {
	return pathError("remove directory", name, d.change(&change{op: Rmdir, name: name}))
}

func (d *memoryDir) Rename(name string, to store.Dir, as string) error {
	target, ok := to.(*memoryDir)
	if !ok || target.of != d.of {
		return pathError("rename", name, syscall.EXDEV)
	}
	for _, name := range []string{name, as} {
		if outside(name) {
			return pathError("rename", name, store.ErrOutside)
		}
	}
	err := target.open(as)
	if err == nil {
		err = d.change(&change{op: Rename, name: name, to: target.inode, as: as})
	}
	return pathError("rename", name, err)
}

func (d *memoryDir) Mkdir(name string, owner store.Owner) error {
	return pathError("make directory", name, d.change(&change{op: Mkdir, name: name, owner: owner}))
}

func (d *memoryDir) RenameOver(name, as string) error {
	for _, name := range []string{name, as} {
		if outside(name) {
			return pathError("rename over", name, store.ErrOutside)
		}
	}
	if err := d.open(as); err != nil {
		return pathError("rename over", as, err)
	}
	_, n, err := d.look(as, false)
	if err == nil && n.kind != store.Regular {
		err = store.ErrNotRegular
	}
	if err != nil && !errors.Is(err, syscall.ENOENT) {
		return pathError("rename over", as, err)
	}
	return pathError("rename over", name, d.change(&change{op: RenameOver, name: name, to: d.inode, as: as}))
}

func (d *memoryDir) Create(name string, owner store.Owner) (io.WriteCloser, error) {
	c := &change{op: Create, name: name, owner: owner}
	if err := d.change(c); err != nil {
		return nil, pathError("create", name, err)
	}
	return &memoryFile{of: d.of, inode: c.inode, name: name}, nil
}

// change carries out a change in this directory.
func (d *memoryDir) change(c *change) error {
	if outside(c.name) {
		return store.ErrOutside
	}
	if err := d.open(c.name); err != nil {
		return err
	}
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	c.in = d.inode
	return d.of.do(c)
}

func (d *memoryDir) Sync() error {
	if err := d.open(""); err != nil {
		return pathError("sync", "", err)
	}
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	if d.of.journal != nil {
		d.of.journal = &journal{base: d.of.clone()}
	}
	return nil
}

func (d *memoryDir) Close() error {
	if d.closed.Swap(true) {
		return pathError("close", "", syscall.EBADF)
	}
	return nil
}
