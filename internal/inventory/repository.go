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
	return s.links("", func(_ store.Dir, entries []entry) error {
		if slices.ContainsFunc(entries, func(e entry) bool { return e.name == name }) {
			s.vanished(name) // and came back
		}
		return nil
	})
}

// names lists the directory of one name: its repository, if it is one, and the
// names below it.
func (s *scan) names(path, name string) error {
	var parts, children []string
	err := s.folders(path, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			below := path + "/" + e.name
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.kind != store.Directory, name == "" && layout.Reserved(e.name):
				s.stray(name, below, e)
			case e.name == layout.Layers, e.name == layout.Manifests, e.name == layout.Uploads:
				parts = append(parts, e.name)
			case layout.Reserved(e.name):
				s.odd(Oddity{Code: "reserved", Path: below, Repository: name,
					Problem: "a reserved name that this version does not know"})
			case e.name == layout.LostFound, strings.HasPrefix(e.name, "."):
				s.stray(name, below, e)
			default:
				children = append(children, e.name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Only now, with the directory closed: names may nest deeper than a process
	// may have files open.
	for _, child := range children {
		child := strings.TrimPrefix(name+"/"+child, "/")
		if err := s.fork(func() error { return s.names(layout.Repository(child), child) }); err != nil {
			return err
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return s.repository(name, parts)
}

func (s *scan) repository(name string, parts []string) error {
	r := &Repository{Name: name, Legal: layout.ValidRepository(name)}
	s.mu.Lock()
	s.inv.Repositories = append(s.inv.Repositories, r)
	s.mu.Unlock()
	scanners := map[string]func(*Repository, string) error{
		layout.Layers: s.layers, layout.Manifests: s.manifestLinks, layout.Uploads: s.uploads,
	}
	for _, part := range parts {
		path := layout.Repository(name) + "/" + part
		if err := s.fork(func() error { return scanners[part](r, path) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) manifestLinks(r *Repository, path string) error {
	return s.folders(path, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			below := path + "/" + e.name
			var err error
			switch {
			case e.kind == store.Symlink:
				err = symlinked(below)
			case e.kind != store.Directory:
				s.stray(r.Name, below, e)
			case e.name == "tags":
				r.HasTags = true
				err = s.fork(func() error { return s.tags(r, below) })
			case e.name == "revisions":
				err = s.fork(func() error { return s.revisions(r, below) })
			case layout.IsDiscarded(e.name):
				err = s.discarded(r, below, e.name)
			default:
				s.stray(r.Name, below, e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// algorithms lists a directory whose children are named after algorithms, and
// has run call f with each.
func (s *scan) algorithms(r *Repository, path string, run runner, f func(alg, path string) error) error {
	return s.folders(path, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			below := path + "/" + e.name
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.kind != store.Directory:
				s.stray(r.Name, below, e)
			default:
				if err := run(func() error { return f(e.name, below) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// runner carries out a task: s.fork beside the caller, inTurn before it goes on.
type runner func(task func() error) error

func inTurn(task func() error) error { return task() }

// eachLeaf visits a directory <alg> whose children are named <hex>, and calls f
// in parallel with the place of each among the well-formed ones.
func (s *scan) eachLeaf(r *Repository, alg, path string, intern func(alg, hex string) (ID, error),
	prepare func(n int), f func(dir store.Dir, i int, id ID, hex string) error) error {
	return s.folders(path, func(dir store.Dir, entries []entry) error {
		var ids []ID
		var names []string
		for _, e := range byName(entries) {
			if e.kind == store.Symlink {
				return symlinked(path + "/" + e.name)
			}
			if e.kind != store.Directory || layout.Foreign(e.name) {
				s.stray(r.Name, path+"/"+e.name, e)
				continue
			}
			id, err := intern(alg, e.name)
			if err != nil {
				s.malformed(r.Name, path+"/"+e.name, err)
				continue
			}
			ids, names = append(ids, id), append(names, e.name)
		}
		prepare(len(ids))
		return s.spread(len(ids), func(i int) error { return f(dir, i, ids[i], names[i]) })
	})
}

func (s *scan) revisions(r *Repository, path string) error {
	return s.algorithms(r, path, s.fork, func(alg, path string) error {
		var found []Revision
		err := s.eachLeaf(r, alg, path, s.inv.Digests.internLeaf,
			func(n int) { found = make([]Revision, n) },
			func(dir store.Dir, i int, id ID, hex string) error {
				found[i] = Revision{Digest: id, Link: s.readLink(dir, hex+"/"+layout.Link)}
				if found[i].Link.State == LinkAbsent {
					return s.linkless(r, path+"/"+hex)
				}
				return nil
			})
		found = slices.DeleteFunc(found, func(r Revision) bool { return r.Link.State == LinkAbsent })
		s.mu.Lock()
		defer s.mu.Unlock()
		r.Revisions = append(r.Revisions, found...)
		return err
	})
}

func (s *scan) layers(r *Repository, path string) error {
	return s.algorithms(r, path, s.fork, func(alg, path string) error {
		if alg != layout.Tarsum {
			return s.layerLinks(r, alg, path, s.inv.Digests.internLeaf)
		}
		return s.algorithms(r, path, s.fork, func(version, path string) error {
			return s.algorithms(r, path, s.fork, func(alg, path string) error {
				return s.layerLinks(r, alg, path, func(alg, hex string) (ID, error) {
					d, err := layout.TarsumDigest(version, alg, hex)
					if err != nil {
						return 0, err
					}
					return s.inv.Digests.intern(d), nil
				})
			})
		})
	})
}

func (s *scan) layerLinks(r *Repository, alg, path string, intern func(alg, hex string) (ID, error)) error {
	byName := alg == "sha256" && !strings.Contains(path, layout.Tarsum)
	var found []Layer
	err := s.eachLeaf(r, alg, path, intern,
		func(n int) { found = make([]Layer, n) },
		func(dir store.Dir, i int, id ID, hex string) error {
			found[i] = Layer{Digest: id, Target: id}
			return s.layerLink(r, dir, &found[i], path, hex, byName)
		})
	found = slices.DeleteFunc(found, func(l Layer) bool { return l.Link == LinkAbsent })
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Layers = append(r.Layers, found...)
	return err
}

// layerLink looks at one layer link. A sha256 link's target is what its
// directory is named; any other's is what it says.
func (s *scan) layerLink(r *Repository, dir store.Dir, layer *Layer, path, hex string, byName bool) error {
	name := hex + "/" + layout.Link
	info, err := again(func() (store.Info, error) { return dir.Stat(name) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.linkless(r, path+"/"+hex)
	case err != nil:
		layer.Link, layer.Err = LinkUnreadable, err
		s.unread(err)
		return nil
	}
	layer.Link, layer.Stamp = stateOf(info), StampOf(info)
	if !byName && layer.Link == LinkGood {
		link := s.readLink(dir, name)
		if link.State == LinkAbsent {
			s.vanished(path + "/" + name)
		}
		layer.Link, layer.Target, layer.Err = link.State, link.Target, link.Err
	}
	return nil
}

// linkless looks into a directory that should hold a link and holds none.
func (s *scan) linkless(r *Repository, path string) error {
	return s.folders(path, func(dir store.Dir, entries []entry) error {
		for _, e := range entries {
			below := path + "/" + e.name
			revision, inRevisions := strings.CutPrefix(below, layout.Repository(r.Name)+"/"+layout.Manifests+"/")
			switch {
			case e.name == layout.Link:
				s.vanished(below) // and came back
			case e.name == layout.Signatures && e.kind == store.Directory && inRevisions:
				if err := s.discarded(r, below, revision); err != nil {
					return err
				}
			case s.temporary(r.Name, dir, below, e):
			default:
				s.stray(r.Name, below, e)
			}
		}
		return nil
	})
}
