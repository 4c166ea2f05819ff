package inventory

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// Space is what the tree occupies besides blobs, uploads and leftovers, in bytes
// allocated. With these it is what du counts: each file once, however many names
// it has, and directories too.
type Space struct {
	Links int64 // link files, what uploads have beside their data, and all directories
	Other int64 // files that are nobody's
}

// samples is how many of those that are alike in one directory are looked at in a
// large tree, to stand for the others: a registry writes all of them alike, and to
// look at each link would cost more than the scan.
const samples = 8

// addUp adds up what the tree occupies besides blobs, uploads and leftovers.
func (s *scan) addUp(ctx context.Context) error {
	if !s.opts.Space {
		return nil
	}
	sum := &spaceSum{scan: s, counted: map[string]bool{}, inodes: map[uint64]bool{}}
	for _, r := range s.inv.Repositories {
		for _, upload := range r.Uploads {
			sum.counted[layout.Upload(r.Name, upload.ID)+"/"+layout.Data] = true
		}
	}
	for _, leftover := range s.inv.Leftovers {
		sum.counted[leftover.Path] = true
	}
	for _, blob := range s.inv.Blobs {
		if blob.Links > 1 {
			sum.inodes[blob.Stamp.Inode] = true
		}
	}
	var whole space
	err := s.phase(ctx, "adding up", func() error { return sum.directory("", &whole) })
	s.inv.Space = Space{whole.links.Load(), whole.other.Load()}
	return err
}

// spaceSum adds up directories. What cannot be looked at counts nothing, as with
// du.
type spaceSum struct {
	*scan
	counted map[string]bool // paths of files that count elsewhere

	mu     sync.Mutex
	inodes map[uint64]bool // of files with several names
}

type space struct{ links, other atomic.Int64 }

// directory adds a directory and leaves to the crew what is in it. Of the many that
// are alike in a large tree some stand for all.
func (s *spaceSum) directory(path string, to *space) error {
	below, alike, err := s.add(path, to)
	if err != nil {
		return err
	}
	for _, leaves := range alike {
		n := len(leaves)
		if s.few || n <= samples {
			below = append(below, leaves...)
			continue
		}
		var some space
		if err := s.all(leaves[:samples], &some); err != nil {
			return err
		}
		to.links.Add(some.links.Load() * int64(n) / samples)
		to.other.Add(some.other.Load()) // what is odd stands for nothing else
	}
	s.crew.each(len(below), func(i int) error { return s.directory(below[i], to) }, nil)
	return nil
}

// all adds directories with all that is in them.
func (s *spaceSum) all(paths []string, to *space) error {
	for _, path := range paths {
		below, alike, err := s.add(path, to)
		for _, leaves := range alike {
			below = append(below, leaves...)
		}
		if err == nil {
			err = s.all(below, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds a directory with its files. Of the directories in it those are alike
// that are named as digests are, and tags with as many entries in their history.
func (s *spaceSum) add(path string, to *space) (below []string, alike map[int][]string, err error) {
	err = s.visit(path, false, func(in *place) error {
		info, err := in.Stat("")
		if err != nil {
			return err
		}
		to.links.Add(info.Disk)
		alike = map[int][]string{}
		repository := s.tagsOf(path)
		for _, e := range in.entries {
			if e.kind != store.Directory {
				if err := s.file(in, e, to); err != nil {
					return err
				}
				continue
			}
			kind := 0 // like no other
			if _, err := layout.ParseLeafKey(canonical, e.name); err == nil {
				kind = -1
			} else if repository != nil {
				kind = repository.history(string(e.name))
			}
			if kind == 0 {
				below = append(below, in.below(e))
			} else {
				alike[kind] = append(alike[kind], in.below(e))
			}
		}
		return nil
	})
	return below, alike, s.unlooked(err)
}

// tagsOf is the repository of which a directory holds the tags, nil where it holds
// something else.
func (s *spaceSum) tagsOf(path string) *Repository {
	name, isTags := strings.CutSuffix(path, "/"+layout.Tags)
	if !isTags {
		return nil
	}
	place, found := s.inv.Find(strings.TrimPrefix(name, layout.Repositories+"/"))
	if !found {
		return nil
	}
	return s.inv.Repositories[place]
}

// history is how many entries that of a tag has which is as a registry leaves it,
// 0 of any other.
func (r *Repository) history(tag string) int {
	if i, found := r.FindTag(tag); found && r.Tags[i].plain {
		return len(r.Tags[i].History)
	}
	return 0
}

func (s *spaceSum) file(in *place, e entry, to *space) error {
	path := in.below(e)
	info, err := in.Stat(string(e.name))
	if err != nil || s.counted[path] || s.isBlob(path, info) {
		return s.unlooked(err)
	}
	if info.Links > 1 {
		s.mu.Lock()
		met := s.inodes[info.Inode]
		s.inodes[info.Inode] = true
		s.mu.Unlock()
		if met {
			return nil
		}
	}
	if e.is(layout.Link) || e.is(layout.StartedAt) || strings.Contains(path, "/"+layout.HashStates+"/") {
		to.links.Add(info.Disk)
	} else {
		to.other.Add(info.Disk)
	}
	return nil
}

// isBlob tells a file that the scan took for a blob's data.
func (s *spaceSum) isBlob(path string, info store.Info) bool {
	parts := strings.Split(path, "/") // blobs, algorithm, shard, hex, data
	if len(parts) != 5 || parts[0] != layout.Blobs || parts[4] != layout.Data {
		return false
	}
	d, err := layout.ParseLeaf(parts[1], parts[3])
	if err != nil {
		return false
	}
	id, met := s.inv.Digests.Lookup(d)
	blob := s.inv.Blob(id)
	return met && blob != nil && blob.Stamp.Inode == info.Inode
}

// unlooked is nil for what du would pass over as well.
func (s *spaceSum) unlooked(err error) error {
	if err == nil || s.crew.ctx.Err() != nil || store.Starved(err) {
		return err
	}
	return nil
}
