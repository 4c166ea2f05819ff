package inventory

import (
	"errors"
	"fmt"
	"io/fs"
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
		if !digest.Algorithm(e.name).Available() {
			s.strayBlob(e, path)
			return nil
		}
		return s.fork(func() error { return s.shards(e.name, path) })
	})
}

func (s *scan) shards(alg, path string) error {
	return s.blobFolder(path, func(e entry, path string) error {
		if e.kind != store.Directory || len(e.name) != 2 || strings.Trim(e.name, "0123456789abcdef") != "" {
			s.strayBlob(e, path)
			return nil
		}
		return s.fork(func() error { return s.shard(alg, e.name, path) })
	})
}

// blobFolder lists a directory above the blobs.
func (s *scan) blobFolder(path string, f func(e entry, path string) error) error {
	err := s.visit(path, true, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			if err := f(e, path+"/"+e.name); err != nil {
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
	case err == nil, errors.As(err, &refused), s.ctx.Err() != nil:
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
	case e.kind == store.Directory && !layout.Foreign(e.name):
		s.malformed("", path, fmt.Errorf("%q is no part of a digest's path", e.name))
	default:
		s.stray("", path, e)
	}
}

func (s *scan) shard(alg, prefix, path string) error {
	err := s.visit(path, true, func(dir store.Dir, entries []entry) error {
		var ids []ID
		var names []string
		for _, e := range byName(entries) {
			id, err := ID(0), errors.New("not a directory")
			if e.kind == store.Directory && strings.HasPrefix(e.name, prefix) {
				id, err = s.inv.Digests.internLeaf(alg, e.name)
			}
			if err != nil {
				s.strayBlob(e, path+"/"+e.name)
				s.farEnd(dir, e)
				continue
			}
			ids, names = append(ids, id), append(names, e.name)
		}
		found := make([]Blob, len(ids))
		err := s.spread(len(ids), func(i int) error {
			found[i].Digest = ids[i]
			return s.blob(dir, &found[i], path, names[i])
		})
		found = slices.DeleteFunc(found, func(b Blob) bool { return b.Links == 0 })
		s.mu.Lock()
		defer s.mu.Unlock()
		s.found = append(s.found, found)
		return err
	})
	return s.unseenBlobs(path, err)
}

// farEnd finds the blob that a symbolic link in the place of another leads to.
func (s *scan) farEnd(shard store.Dir, e entry) {
	if e.kind != store.Symlink {
		return
	}
	info, err := again(func() (store.Info, error) { return shard.Stat(e.name + "/" + layout.Data) })
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
func (s *scan) blob(dir store.Dir, blob *Blob, path, hex string) error {
	name := hex + "/" + layout.Data
	info, err := again(func() (store.Info, error) { return dir.Stat(name) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.dataless(path + "/" + hex)
	case err != nil:
		return s.unseenBlobs(path+"/"+hex, err)
	case info.Device != s.device && !s.opts.AllowMounts:
		return mounted(path + "/" + hex)
	case info.Type != store.Regular:
		problem := fmt.Sprintf("a %s, left alone", info.Type)
		if info.Type == store.Symlink {
			problem += "; it may lead to any blob, and none is removed while it is there"
			s.mu.Lock()
			s.inv.astray = true
			s.mu.Unlock()
		}
		s.odd(Oddity{Code: "blob-not-a-file", Path: path + "/" + name, Doubt: true, Problem: problem})
		return nil
	}
	blob.Stamp, blob.Disk, blob.Links = StampOf(info), info.Disk, uint32(info.Links)
	return nil
}

// dataless looks into a blob's directory that holds no data.
func (s *scan) dataless(path string) error {
	err := s.visit(path, true, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			switch below := path + "/" + e.name; {
			case e.name == layout.Data:
				s.vanished(below) // and came back
			case s.temporary("", dir, below, e):
			default:
				s.stray("", below, e)
			}
		}
		return nil
	})
	return s.unseenBlobs(path, err)
}
