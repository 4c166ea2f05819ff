package inventory

import (
	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

func (s *scan) tags(r *Repository, path string) error {
	return s.links(path, func(dir store.Dir, entries []entry, info store.Info) error {
		s.folder(path, len(entries), info)
		var names []string
		for _, e := range entries {
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
	return s.links(path, func(dir store.Dir, entries []entry, info store.Info) error {
		for _, e := range entries {
			below := path + "/" + e.name
			var err error
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.name == layout.Current && e.kind == store.Directory:
				err = s.current(r, tag, below)
			case e.name == layout.Index && e.kind == store.Directory:
				err = s.history(r, tag, below)
			default:
				s.stray(r.Name, below, e)
			}
			if err != nil {
				return err
			}
		}
		if tag.Current.State == LinkAbsent {
			s.folder(path, len(entries), info)
		}
		return nil
	})
}

func (s *scan) current(r *Repository, tag *Tag, path string) error {
	return s.links(path, func(dir store.Dir, entries []entry, info store.Info) error {
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
		if tag.Current.State == LinkAbsent {
			s.folder(path, len(entries), info)
		}
		return nil
	})
}

func (s *scan) history(r *Repository, tag *Tag, path string) error {
	return s.algorithms(r, path, inTurn, func(alg, path string) error {
		var found []Entry
		var linked []bool
		err := s.leaves(r, alg, path, s.inv.Digests.internLeaf,
			func(n int) { found, linked = make([]Entry, n), make([]bool, n) },
			func(dir store.Dir, i int, id ID, hex string) error {
				layer := Layer{}
				if err := s.layerLink(r, dir, &layer, path, hex, true); err != nil {
					return err
				}
				found[i], linked[i] = Entry{id, layer.Stamp.MTime}, layer.Link != LinkAbsent
				return nil
			})
		for i, entry := range found {
			if linked[i] {
				tag.History = append(tag.History, entry)
			}
		}
		return err
	})
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
