package inventory

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
)

// entry is one name of a directory that has been listed. The name lies in
// memory that is used again once nobody works in that directory any more.
type entry struct {
	name []byte
	kind store.Type
}

// is compares without making a string.
func (e entry) is(name string) bool { return string(e.name) == name }

// place is a directory that has been listed. It is open for as long as somebody
// works in it.
type place struct {
	store.Dir
	*listing
	path  string
	users atomic.Int32
}

func (p *place) below(e entry) string { return p.at(string(e.name)) }

// at is the whole path of what is at a path in the place.
func (p *place) at(path string) string {
	if p.path == "" {
		return path
	}
	return p.path + "/" + path
}

func newPlace(dir store.Dir, path string) *place {
	p := &place{Dir: dir, path: path, listing: listings.Get().(*listing)}
	p.users.Store(1)
	return p
}

func (p *place) leave() {
	if p.users.Add(-1) == 0 {
		p.Close()
		listings.Put(p.listing)
	}
}

// visitor is what looks at a directory.
type visitor func(in *place) error

// within opens the directory at path, without listing it, and calls f.
func (s *scan) within(path string, f visitor) error {
	if err := s.crew.ctx.Err(); err != nil {
		return err
	}
	dir, err := again(func() (store.Dir, error) { return s.root.Open(path) })
	if err != nil {
		return err
	}
	in := newPlace(dir, path)
	defer in.leave()
	return f(in)
}

// visit opens the directory at path, lists it, and calls f. A watched directory
// is remembered as a Folder; it is looked at before it is listed, so that what
// comes between shows as a change.
func (s *scan) visit(path string, watched bool, f visitor) error {
	return s.within(path, func(in *place) error {
		var info store.Info
		var err error
		if watched {
			if info, err = again(func() (store.Info, error) { return in.Stat("") }); err != nil {
				return err
			}
		}
		if err := in.list(); err != nil {
			return err
		}
		if watched {
			s.folder(path, len(in.entries), info)
		}
		return f(in)
	})
}

// listing is what a directory held, in memory that serves one directory after
// the other.
type listing struct {
	entries []entry
	names   []byte
	ends    []int

	keys   []layout.Key // of those entries that are digests
	ids    []ID
	leaves []leaf
}

var listings = sync.Pool{New: func() any { return new(listing) }}

func (p *place) list() error {
	l := p.listing
	l.keys, l.leaves = l.keys[:0], l.leaves[:0]
	_, err := again(func() (any, error) {
		l.entries, l.names, l.ends = l.entries[:0], l.names[:0], l.ends[:0]
		return nil, p.List(func(e store.Entry) error {
			l.names = append(l.names, e.Name...)
			l.entries, l.ends = append(l.entries, entry{kind: e.Type}), append(l.ends, len(l.names))
			return nil
		})
	})
	from := 0
	for i, end := range l.ends {
		l.entries[i].name = l.names[from:end:end]
		from = end
	}
	return err
}

// add notes an entry that stands for a digest.
func (l *listing) add(key layout.Key, name []byte) {
	l.keys, l.leaves = append(l.keys, key), append(l.leaves, leaf{name: name})
}

// intern gives all that was added its ID.
func (l *listing) intern(digests *Digests) []leaf {
	l.ids = slices.Grow(l.ids[:0], len(l.keys))[:len(l.keys)]
	digests.internAll(l.keys, l.ids)
	for i, id := range l.ids {
		l.leaves[i].id = id
	}
	return l.leaves
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
	case err == nil, errors.As(err, &refused), s.crew.ctx.Err() != nil, store.Starved(err):
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
