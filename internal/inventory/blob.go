package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
)

// blobs lists the blob store. Its top must be a plain directory; what below it
// cannot be read is doubted and left alone.
func (s *scan) blobs() error {
	info, err := again(func() (store.Info, error) { return s.root.Stat(layout.Blobs) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.absent(layout.Blobs)
	case err != nil:
		return s.unseenBlobs(layout.Blobs, err)
	case info.Type == store.Symlink:
		return symlinked(layout.Blobs)
	}
	return s.blobFolder(layout.Blobs, func(e entry, path string) error {
		if e.kind == store.Symlink {
			return symlinked(path)
		}
		if !digest.Algorithm(string(e.name)).Available() {
			s.strayBlob(e, path)
			return nil
		}
		alg := string(e.name)
		s.crew.later(func() error { return s.shards(alg, path) })
		return nil
	})
}

func (s *scan) shards(alg, path string) error {
	return s.blobFolder(path, func(e entry, path string) error {
		prefix := string(e.name)
		if e.kind != store.Directory || len(prefix) != 2 || strings.Trim(prefix, "0123456789abcdef") != "" {
			s.strayBlob(e, path)
			return nil
		}
		s.crew.later(func() error { return s.shard(alg, prefix, path) })
		return nil
	})
}

// blobFolder lists a directory above the blobs.
func (s *scan) blobFolder(path string, f func(e entry, path string) error) error {
	err := s.visit(path, true, func(in *place) error {
		for _, e := range in.entries {
			if err := f(e, in.below(e)); err != nil {
				return err
			}
		}
		return nil
	})
	return s.unseenBlobs(path, err)
}

// unseenBlobs notes a directory of blobs that cannot be listed: what is in it
// stays. A mount point is refused, for the user has not said that it is meant.
func (s *scan) unseenBlobs(path string, err error) error {
	var refused *refusal.Error
	switch {
	case err == nil, errors.As(err, &refused), s.crew.ctx.Err() != nil:
		return err
	case errors.Is(err, store.ErrMount):
		return mounted(path)
	case errors.Is(err, fs.ErrNotExist):
		s.vanished(path)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, store.ErrSymlink), store.Failing(err):
		s.odd(Oddity{Code: "shard-unreadable", Path: path, Doubt: true,
			Problem: fmt.Sprintf("cannot be listed, its blobs stay: %v", cause(err))})
	default:
		return err
	}
	return nil
}

// strayBlob notes what is not a blob where one could be: a directory or a link
// is doubted, for somebody may have moved blobs there.
func (s *scan) strayBlob(e entry, path string) {
	switch {
	case e.kind == store.Symlink:
		s.odd(Oddity{Code: "blob-symlink", Path: path, Problem: "a symbolic link, left alone with what it points to", Doubt: true})
	case e.kind == store.Directory && !layout.Foreign(string(e.name)):
		s.malformed("", path, fmt.Errorf("%q is no part of a digest's path", e.name))
	default:
		s.stray("", path, e)
	}
}

func (s *scan) shard(alg, prefix, path string) error {
	err := s.visit(path, true, func(in *place) error {
		for _, e := range byName(in.entries) {
			key, err := layout.ParseLeafKey(alg, e.name)
			if err != nil || e.kind != store.Directory || string(e.name[:2]) != prefix {
				s.strayBlob(e, in.below(e))
				s.farEnd(in, e)
				continue
			}
			in.add(key, e.name)
		}
		found := stack{path: path}
		for _, leaf := range in.intern(s.inv.Digests) {
			found.ids = append(found.ids, leaf.id)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stacks = append(s.stacks, found)
		return nil
	})
	return s.unseenBlobs(path, err)
}

// stack is the blobs of one shard, in order.
type stack struct {
	path string
	ids  []ID
}

// arrange puts all blobs in order.
func (s *scan) arrange() {
	s.stacks = slices.DeleteFunc(s.stacks, func(s stack) bool { return len(s.ids) == 0 })
	slices.SortFunc(s.stacks, func(a, b stack) int { return s.inv.Digests.Compare(a.ids[0], b.ids[0]) })
	n := 0
	for _, stack := range s.stacks {
		n += len(stack.ids)
	}
	s.inv.Blobs = make([]Blob, 0, n)
	for _, stack := range s.stacks {
		for _, id := range stack.ids {
			s.inv.Blobs = append(s.inv.Blobs, Blob{Digest: id})
		}
	}
	s.inv.index()
}

// data looks at the data of every blob that has not been read as a manifest.
func (s *scan) data() error {
	from := 0
	for _, stack := range s.stacks {
		blobs := s.inv.Blobs[from : from+len(stack.ids)]
		from += len(stack.ids)
		s.crew.later(func() error {
			err := s.within(stack.path, func(in *place) error {
				s.each(in, len(blobs), func(i int) error {
					if blobs[i].Links > 0 {
						return nil
					}
					return s.blob(in, &blobs[i])
				}, nil)
				return nil
			})
			return s.unseenBlobs(stack.path, err)
		})
	}
	return nil
}

// farEnd finds the blob that a symbolic link in the place of another leads to.
func (s *scan) farEnd(shard store.Dir, e entry) {
	if e.kind != store.Symlink {
		return
	}
	info, err := again(func() (store.Info, error) { return shard.Stat(string(e.name) + "/" + layout.Data) })
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil, info.Type == store.Symlink:
		s.inv.astray = true
	default:
		s.inv.ledTo[info.Inode] = true
	}
}

// blob stats one blob's data; a blob without a regular one has no Links.
func (s *scan) blob(in *place, blob *Blob) error {
	name := s.inv.Digests.within(blob.Digest, layout.Data)
	info, err := again(func() (store.Info, error) { return in.Stat(name) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.dataless(path.Dir(in.at(name)))
	case err != nil:
		return s.unseenBlobs(path.Dir(in.at(name)), err)
	case info.Device != s.device && !s.opts.AllowMounts:
		return mounted(path.Dir(in.at(name)))
	case info.Type != store.Regular:
		problem := fmt.Sprintf("a %s, left alone", info.Type)
		if info.Type == store.Symlink {
			problem += "; it may lead to any blob, and none is removed while it is there"
			s.mu.Lock()
			s.inv.astray = true
			s.mu.Unlock()
		}
		s.odd(Oddity{Code: "blob-not-a-file", Path: in.at(name), Doubt: true, Problem: problem})
		return nil
	}
	blob.is(info)
	return nil
}

func (b *Blob) is(info store.Info) {
	b.Stamp, b.Disk, b.Links = StampOf(info), info.Disk, uint32(info.Links)
}

// dataless looks into a blob's directory that holds no data.
func (s *scan) dataless(path string) error {
	err := s.visit(path, true, func(in *place) error {
		for _, e := range in.entries {
			switch {
			case e.is(layout.Data):
				s.vanished(in.below(e)) // and came back
			case s.temporary("", in, e):
			default:
				s.stray("", in.below(e), e)
			}
		}
		return nil
	})
	return s.unseenBlobs(path, err)
}
