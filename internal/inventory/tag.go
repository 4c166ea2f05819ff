package inventory

import (
	"slices"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

func (s *scan) tags(r *Repository, path string) error {
	return s.folders(path, func(in *place) error {
		names := make([]string, 0, len(in.entries))
		for _, e := range byName(in.entries) {
			switch {
			case e.kind == store.Symlink:
				return symlinked(in.below(e))
			case e.kind != store.Directory:
				s.stray(r.Name, in.below(e), e)
			default:
				names = append(names, string(e.name))
			}
		}
		found := make([]Tag, len(names))
		s.each(in, len(names), func(i int) error {
			found[i].Name = names[i]
			if s.plainTag(in, &found[i]) {
				return nil
			}
			return s.tag(r, &found[i], path+"/"+names[i])
		}, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			r.Tags = join(r.Tags, found)
		})
		return nil
	})
}

// plainTag reads a tag that is as a registry leaves it: with a good link and a
// history of sha256 digests. What lies beside these is for insides to see.
func (s *scan) plainTag(tags *place, tag *Tag) bool {
	if s.opts.HistoryTimes {
		return false
	}
	current := s.readLink(tags, tag.Name+"/"+layout.Current+"/"+layout.Link)
	if current.State != LinkGood {
		return false
	}
	index, err := tags.Open(tag.Name + "/" + layout.Index + "/" + canonical)
	if err != nil {
		return false
	}
	in := newPlace(index, "")
	defer in.leave()
	if in.list() != nil {
		return false
	}
	for _, e := range byName(in.entries) {
		key, err := layout.ParseLeafKey(canonical, e.name)
		if e.kind != store.Directory || err != nil {
			return false
		}
		in.add(key, e.name)
	}
	leaves := in.intern(s.inv.Digests)
	tag.Current, tag.plain, tag.History = current, true, make([]Entry, len(leaves))
	for i, leaf := range leaves {
		tag.History[i].Digest = leaf.id
	}
	return true
}

// canonical is the algorithm of every digest that a registry makes itself.
const canonical = string(digest.Canonical)

// tag looks at all that is in a tag's directories. Of a plain one what matters
// has been read.
func (s *scan) tag(r *Repository, tag *Tag, path string) error {
	return s.links(path, func(in *place) error {
		index := false
		for _, e := range in.entries {
			below := in.below(e)
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.is(layout.Current) && e.kind == store.Directory:
				if err := s.current(r, tag, below); err != nil {
					return err
				}
			case e.is(layout.Index) && e.kind == store.Directory:
				index = true
			default:
				s.stray(r.Name, below, e)
			}
		}
		// A tag without a current link may be litter: then its directories are
		// watched, and each entry of its history has to be a link indeed.
		look := s.links
		if tag.Current.State == LinkAbsent {
			look = s.folders
			if err := s.folders(path, func(*place) error { return nil }); err != nil {
				return err
			}
		}
		if !index {
			return nil
		}
		return s.history(r, tag, path+"/"+layout.Index, look)
	})
}

func (s *scan) current(r *Repository, tag *Tag, path string) error {
	err := s.links(path, func(in *place) error {
		if tag.plain && !slices.ContainsFunc(in.entries, func(e entry) bool { return e.is(layout.Link) }) {
			s.vanished(path + "/" + layout.Link)
		}
		for _, e := range in.entries {
			switch {
			case e.is(layout.Link) && tag.plain:
			case e.is(layout.Link):
				tag.Current = s.listedLink(in)
			case s.temporary(r.Name, in, e):
			default:
				s.stray(r.Name, in.below(e), e)
			}
		}
		return nil
	})
	if err == nil && tag.Current.State == LinkAbsent {
		return s.folders(path, func(*place) error { return nil })
	}
	return err
}

// history lists what a tag has pointed to. Its links are looked at only where it
// matters whether they are there, or when they were written.
func (s *scan) history(r *Repository, tag *Tag, path string, look func(string, visitor) error) error {
	return look(path, func(in *place) error {
		for _, algorithm := range in.entries {
			below := in.below(algorithm)
			if algorithm.kind == store.Symlink {
				return symlinked(below)
			}
			if algorithm.kind != store.Directory {
				s.stray(r.Name, below, algorithm)
				continue
			}
			if tag.plain && algorithm.is(canonical) {
				continue
			}
			err := look(below, func(in *place) error { return s.historyEntries(r, tag, string(algorithm.name), in) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *scan) historyEntries(r *Repository, tag *Tag, alg string, in *place) error {
	leaves, err := s.leaves(r, in, named(alg))
	if err != nil {
		return err
	}
	tag.History = slices.Grow(tag.History, len(leaves))
	for _, leaf := range leaves {
		link := Layer{Link: LinkGood}
		if s.opts.HistoryTimes || tag.Current.State == LinkAbsent {
			if err := s.layerLink(r, in, &link, string(leaf.name)); err != nil {
				return err
			}
		}
		if link.Link != LinkAbsent {
			tag.History = append(tag.History, Entry{leaf.id, link.Stamp.MTime})
		}
	}
	return nil
}

// discarded looks into what an earlier run left of a tag.
func (s *scan) discarded(r *Repository, path, name string) error {
	tree, err := s.tree(path)
	if err != nil || tree.gone {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Discarded = append(r.Discarded, Discarded{name, tree.files, tree.folders})
	return nil
}
