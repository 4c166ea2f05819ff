package scaletest

import (
	"io"
	"io/fs"
	"strings"
	"syscall"

	"regjanitor/internal/store"
)

// Dir is the v2 directory.
func (r *Registry) Dir() store.Dir { return &dir{of: r} }

type dir struct {
	of *Registry
	at place
}

func pathError(op, path string, err error) error {
	if path == "" {
		path = "."
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

// look finds the place at a path.
func (d *dir) look(path string) (place, error) {
	at := d.at
	for rest, more := path, path != ""; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		if name == "" || name == ".." {
			return place{}, store.ErrOutside
		}
		if !at.kind.isDirectory() {
			return place{}, syscall.ENOTDIR
		}
		var ok bool
		if at, ok = d.of.child(at, name); !ok {
			return place{}, syscall.ENOENT
		}
	}
	return at, nil
}

func (d *dir) Open(path string) (store.Dir, error) {
	at, err := d.look(path)
	if err == nil && !at.kind.isDirectory() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, pathError("open directory", path, err)
	}
	return &dir{d.of, at}, nil
}

func (d *dir) List(f func(store.Entry) error) error {
	return d.of.each(d.at, func(name []byte, kind kind) error {
		if kind.isDirectory() {
			return f(store.Entry{Name: name, Type: store.Directory})
		}
		return f(store.Entry{Name: name, Type: store.Regular})
	})
}

func (d *dir) Stat(path string) (store.Info, error) {
	at, err := d.look(path)
	if err != nil {
		return store.Info{}, pathError("stat", path, err)
	}
	return d.of.info(at), nil
}

func (d *dir) Read(path string, limit int, buf []byte) ([]byte, store.Info, error) {
	at, err := d.look(path)
	if err != nil {
		return nil, store.Info{}, pathError("open", path, err)
	}
	info := d.of.info(at)
	switch {
	case at.kind.isDirectory():
		return nil, info, pathError("read", path, store.ErrNotRegular)
	case info.Size > int64(limit):
		return nil, info, pathError("read", path, store.ErrTooLarge)
	}
	return d.of.appendContent(buf[:0], at, info.Size), info, nil
}

// Stream is of no use here: nobody reads what layers hold.
func (d *dir) Stream(path string, _ io.Writer, _ []byte) (store.Info, error) {
	return store.Info{}, pathError("read", path, syscall.EROFS)
}

func (r *Registry) appendContent(to []byte, at place, size int64) []byte {
	switch at.kind {
	case layerLink:
		return appendDigest(to, leafDigest(at.item))
	case revisionLink, entryLink:
		return appendDigest(to, r.digests[at.item])
	case currentLink:
		return appendDigest(to, r.digests[r.pushed(at.item, r.Pushes-1)])
	}
	if at.item >= r.leaves {
		return r.appendManifest(to, at.item-r.leaves)
	}
	return append(to, make([]byte, size)...)
}

// start is when the first image was pushed, in nanoseconds since 1970, and pace
// what lies between two.
const start, pace = 1_600_000_000_123_456_789, 10_000_000_019

// block is what file systems allocate at once, in bytes.
const block = 4096

func (r *Registry) info(at place) store.Info {
	info := store.Info{
		Type: store.Directory, Size: block, Disk: block, Device: 1, Inode: r.inode(at), Links: 2,
		MTime: start, Owner: store.Owner{Mode: 0o755},
	}
	if !at.kind.isDirectory() {
		info.Type, info.Links, info.Owner.Mode = store.Regular, 1, 0o644
		info.Size = int64(len("sha256:") + 2*len(key{}))
		info.MTime += int64(r.writtenWith(at)) * pace
	}
	if at.kind == data {
		info.Size = r.manifestSize
		if at.item < r.leaves {
			info.Size = r.leafSize(at.item)
		}
	}
	info.Disk = (info.Size + block - 1) / block * block
	info.CTime = info.MTime
	return info
}

// inode numbers all places without a gap worth the name, as file systems do.
func (r *Registry) inode(at place) uint64 {
	n := at.item
	if (at.kind == layer || at.kind == layerLink) && at.item >= r.owned() {
		n += at.repository * r.Shared
	}
	return 2 + uint64(n)*uint64(kinds) + uint64(at.kind)
}

// writtenWith is the image whose push wrote a file.
func (r *Registry) writtenWith(file place) (image int) {
	switch {
	case file.kind == revisionLink, file.kind == entryLink:
		return file.item
	case file.kind == currentLink:
		return r.pushed(file.item, r.Pushes-1)
	case file.item >= r.leaves:
		return file.item - r.leaves
	case file.item < r.owned():
		return file.item / (1 + r.Layers)
	case file.kind == layerLink:
		return file.repository * r.images
	}
	return 0
}

// What would change the tree fails, as on one that is mounted read-only.

func (d *dir) Unlink(name string) error { return pathError("remove", name, syscall.EROFS) }

func (d *dir) Rmdir(name string) error { return pathError("remove directory", name, syscall.EROFS) }

func (d *dir) Rename(name string, _ store.Dir, _ string) error {
	return pathError("rename", name, syscall.EROFS)
}

func (d *dir) Mkdir(name string, _ store.Owner) error {
	return pathError("make directory", name, syscall.EROFS)
}

func (d *dir) RenameOver(name, _ string) error { return pathError("rename over", name, syscall.EROFS) }

func (d *dir) Create(name string, _ store.Owner) (io.WriteCloser, error) {
	return nil, pathError("create", name, syscall.EROFS)
}

func (d *dir) Sync() error { return nil }

func (d *dir) Close() error { return nil }
