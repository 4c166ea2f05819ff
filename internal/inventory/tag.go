package inventory

import (
	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

func (s *scan) tags(r *Repository, path string) error {
	return s.folders(path, func(dir store.Dir, entries []entry) error {
		var names []string
		for _, e := range byName(entries) {
			switch {
			case e.kind == store.Symlink:
				return symlinked(path + "/" + e.name)
			case e.kind != store.Directory:
				s.stray(r.Name, path+"/"+e.name, e)
			default:
				names = append(names, e.name)
			}
		}
		found := make([]Tag, len(names))
		err := s.spread(len(names), func(i int) error {
			found[i].Name = names[i]
			return s.tag(r, &found[i], path+"/"+names[i])
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		r.Tags = append(r.Tags, found...)
		return err
	})
}

func (s *scan) tag(r *Repository, tag *Tag, path string) error {
	return s.links(path, func(dir store.Dir, entries []entry) error {
		index := false
		for _, e := range entries {
			below := path + "/" + e.name
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.name == layout.Current && e.kind == store.Directory:
				if err := s.current(r, tag, below); err != nil {
					return err
				}
			case e.name == layout.Index && e.kind == store.Directory:
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
			if err := s.folders(path, func(store.Dir, []entry) error { return nil }); err != nil {
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
	err := s.links(path, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			below := path + "/" + e.name
			switch {
			case e.name == layout.Link:
				tag.Current = s.listedLink(dir, below)
			case s.temporary(r.Name, dir, below, e):
			default:
				s.stray(r.Name, below, e)
			}
		}
		return nil
	})
	if err == nil && tag.Current.State == LinkAbsent {
		return s.folders(path, func(store.Dir, []entry) error { return nil })
	}
	return err
}

// history lists what a tag has pointed to. Its links are looked at only where it
// matters whether they are there, or when they were written.
func (s *scan) history(r *Repository, tag *Tag, path string, look func(string, visitor) error) error {
	return look(path, func(_ store.Dir, algorithms []entry) error {
		for _, algorithm := range algorithms {
			below := path + "/" + algorithm.name
			if algorithm.kind == store.Symlink {
				return symlinked(below)
			}
			if algorithm.kind != store.Directory {
				s.stray(r.Name, below, algorithm)
				continue
			}
			err := look(below, func(dir store.Dir, entries []entry) error {
				return s.historyEntries(r, tag, dir, below, algorithm.name, entries)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *scan) historyEntries(r *Repository, tag *Tag, dir store.Dir, path, algorithm string, entries []entry) error {
	for _, e := range byName(entries) {
		switch {
		case e.kind == store.Symlink:
			return symlinked(path + "/" + e.name)
		case e.kind != store.Directory:
			s.stray(r.Name, path+"/"+e.name, e)
			continue
		}
		id, err := s.inv.Digests.internLeaf(algorithm, e.name)
		if err != nil {
			s.malformed(r.Name, path+"/"+e.name, err)
			continue
		}
		link := Layer{Link: LinkGood}
		if s.opts.HistoryTimes || tag.Current.State == LinkAbsent {
			if err := s.layerLink(r, dir, &link, path, e.name, true); err != nil {
				return err
			}
		}
		if link.Link != LinkAbsent {
			tag.History = append(tag.History, Entry{id, link.Stamp.MTime})
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
