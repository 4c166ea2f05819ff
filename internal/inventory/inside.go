package inventory

import (
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/store"
)

// fewLeaves is how many links and blobs a tree may have for each of their
// directories to be looked into, for the temporary files and strays that may lie
// beside. In a larger tree this would cost several times as much as everything
// else together, a seek for each on a spinning disk, to find some files of a few
// bytes; there they are found where a directory is looked into for another
// reason.
const fewLeaves = 20_000

// insides looks into directories of which the scan has only seen the file that
// matters.
func (s *scan) insides() error {
	few := s.leafCount() <= fewLeaves
	for _, r := range s.inv.Repositories {
		if err := s.repositoryInsides(r, few); err != nil {
			return err
		}
	}
	if !few {
		return nil
	}
	return s.spread(len(s.inv.Blobs), func(i int) error {
		path := layout.Blob(s.inv.Digests.Digest(s.inv.Blobs[i].Digest))
		err := s.visit(path, false, func(dir store.Dir, entries []entry) error {
			s.beside("", dir, path, layout.Data, entries)
			return nil
		})
		return s.unseenBlobs(path, err)
	})
}

func (s *scan) leafCount() int {
	n := len(s.inv.Blobs)
	for _, r := range s.inv.Repositories {
		n += len(r.Revisions) + len(r.Layers)
	}
	return n
}

func (s *scan) repositoryInsides(r *Repository, few bool) error {
	err := s.spread(len(r.Revisions), func(i int) error {
		revision := &r.Revisions[i]
		m := s.inv.Manifest(revision.Digest)
		if signed := m == nil || m.State != Sound || m.Kind == manifest.Schema1; !signed && !few {
			return nil
		}
		path := layout.Revision(r.Name, s.inv.Digests.Digest(revision.Digest))
		return s.links(path, func(dir store.Dir, entries []entry) error {
			for _, e := range s.beside(r.Name, dir, path, layout.Link, entries) {
				if err := s.signatures(r, revision, path+"/"+e); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil || !few {
		return err
	}
	return s.spread(len(r.Layers), func(i int) error {
		path := layout.Layer(r.Name, s.inv.Digests.Digest(r.Layers[i].Digest))
		return s.links(path, func(dir store.Dir, entries []entry) error {
			s.beside(r.Name, dir, path, layout.Link, entries)
			return nil
		})
	})
}

// beside notes what lies beside the file that a directory is for, and returns
// the directories of signatures, which belong there.
func (s *scan) beside(repository string, dir store.Dir, path, file string, entries []entry) (signatures []string) {
	for _, e := range entries {
		below := path + "/" + e.name
		switch {
		case e.name == file:
		case e.name == layout.Signatures && e.kind == store.Directory && file == layout.Link:
			signatures = append(signatures, e.name)
		case s.temporary(repository, dir, below, e):
		default:
			s.stray(repository, below, e)
		}
	}
	return signatures
}

func (s *scan) signatures(r *Repository, revision *Revision, path string) error {
	return s.algorithms(r, path, inTurn, func(alg, path string) error {
		return s.eachLeaf(r, alg, path, s.inv.Digests.internLeaf, func(int) {},
			func(dir store.Dir, i int, id ID, hex string) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				revision.Signatures = append(revision.Signatures, id)
				return nil
			})
	})
}
