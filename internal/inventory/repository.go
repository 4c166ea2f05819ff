package inventory

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// repositories walks the names below repositories, which nest to any depth.
func (s *scan) repositories() error {
	_, err := again(func() (store.Info, error) { return s.root.Stat(layout.Repositories) })
	if errors.Is(err, fs.ErrNotExist) {
		return s.absent(layout.Repositories)
	}
	if err != nil {
		return s.unseen(layout.Repositories, err)
	}
	return s.names(layout.Repositories, "")
}

// absent makes sure that one half of the tree is not there, which would make
// garbage of the other, by what the directory above lists.
func (s *scan) absent(name string) error {
	return s.links("", func(in *place) error {
		if slices.ContainsFunc(in.entries, func(e entry) bool { return e.is(name) }) {
			s.vanished(name) // and came back
		}
		return nil
	})
}

// names lists the directory of one name: its repository, if it is one, and the
// names below it.
func (s *scan) names(path, name string) error {
	return s.folders(path, func(in *place) error {
		var parts []string
		for _, e := range in.entries {
			below := in.below(e)
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.kind != store.Directory, name == "" && layout.Reserved(string(e.name)):
				s.stray(name, below, e)
			case e.is(layout.Layers), e.is(layout.Manifests), e.is(layout.Uploads):
				parts = append(parts, string(e.name))
			case layout.Reserved(string(e.name)):
				s.odd(Oddity{Code: "reserved", Path: below, Repository: name,
					Problem: "a reserved name that this version does not know"})
			case e.is(layout.LostFound), e.name[0] == '.':
				s.stray(name, below, e)
			default:
				child := strings.TrimPrefix(name+"/"+string(e.name), "/")
				s.crew.later(func() error { return s.names(below, child) })
			}
		}
		if len(parts) > 0 {
			s.repository(name, path, parts)
		}
		return nil
	})
}

func (s *scan) repository(name, path string, parts []string) {
	r := &Repository{Name: name, Legal: layout.ValidRepository(name)}
	s.mu.Lock()
	s.inv.Repositories = append(s.inv.Repositories, r)
	s.mu.Unlock()
	scanners := map[string]func(*Repository, string) error{
		layout.Layers: s.layers, layout.Manifests: s.manifestLinks, layout.Uploads: s.uploads,
	}
	for _, part := range parts {
		s.crew.later(func() error { return scanners[part](r, path+"/"+part) })
	}
}

func (s *scan) manifestLinks(r *Repository, path string) error {
	return s.folders(path, func(in *place) error {
		for _, e := range in.entries {
			below := in.below(e)
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.kind != store.Directory:
				s.stray(r.Name, below, e)
			case e.is("tags"):
				r.HasTags = true
				s.crew.later(func() error { return s.tags(r, below) })
			case e.is("revisions"):
				s.crew.later(func() error { return s.revisions(r, below) })
			case layout.IsDiscarded(string(e.name)):
				name := string(e.name)
				s.crew.later(func() error { return s.discarded(r, below, name) })
			default:
				s.stray(r.Name, below, e)
			}
		}
		return nil
	})
}

// algorithms lists a directory whose children are named after algorithms, and
// leaves f to be done with each.
func (s *scan) algorithms(r *Repository, path string, f func(alg, path string) error) error {
	return s.folders(path, func(in *place) error {
		for _, e := range in.entries {
			below := in.below(e)
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.kind != store.Directory:
				s.stray(r.Name, below, e)
			default:
				alg := string(e.name)
				s.crew.later(func() error { return f(alg, below) })
			}
		}
		return nil
	})
}

// leaf is one directory <hex> below one <alg>. Its name is the listing's.
type leaf struct {
	id   ID
	name []byte
}

// parser reads the digest that a directory of this name stands for.
type parser func(hex []byte) (layout.Key, error)

func named(alg string) parser {
	return func(hex []byte) (layout.Key, error) { return layout.ParseLeafKey(alg, hex) }
}

// leaves are the children of a directory <alg> that are named as digests are,
// in order. They are the place's.
func (s *scan) leaves(r *Repository, in *place, parse parser) ([]leaf, error) {
	for _, e := range byName(in.entries) {
		switch {
		case e.kind == store.Symlink:
			return nil, symlinked(in.below(e))
		case e.kind != store.Directory:
			s.stray(r.Name, in.below(e), e)
			continue
		}
		switch key, err := parse(e.name); {
		case err == nil:
			in.add(key, e.name)
		case layout.Foreign(string(e.name)):
			s.stray(r.Name, in.below(e), e)
		default:
			s.malformed(r.Name, in.below(e), err)
		}
	}
	return in.intern(s.inv.Digests), nil
}

// linkless looks into a directory that should hold a link and holds none.
func (s *scan) linkless(r *Repository, path string) error {
	return s.folders(path, func(in *place) error {
		for _, e := range in.entries {
			below := in.below(e)
			revision, inRevisions := strings.CutPrefix(below, layout.Repository(r.Name)+"/"+layout.Manifests+"/")
			switch {
			case e.is(layout.Link):
				s.vanished(below) // and came back
			case e.is(layout.Signatures) && e.kind == store.Directory && inRevisions:
				if err := s.discarded(r, below, revision); err != nil {
					return err
				}
			case s.temporary(r.Name, in, e):
			default:
				s.stray(r.Name, below, e)
			}
		}
		return nil
	})
}
