package inventory

import (
	"cmp"

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

func (s *scan) insides() error {
	for _, r := range s.inv.Repositories {
		s.repositoryInsides(r)
	}
	if !s.few {
		return nil
	}
	s.crew.each(len(s.inv.Blobs), func(i int) error {
		path := layout.Blob(s.inv.Digests.Digest(s.inv.Blobs[i].Digest))
		err := s.visit(path, false, func(in *place) error {
			s.beside("", in, layout.Data)
			return nil
		})
		return s.unseenBlobs(path, err)
	}, nil)
	return nil
}

// isFew tells whether each directory is to be looked into.
func (s *scan) isFew() bool {
	n := len(s.inv.Blobs)
	for _, r := range s.inv.Repositories {
		n += len(r.Revisions) + len(r.Layers)
	}
	return n <= cmp.Or(s.opts.LookInside, fewLeaves)
}

func (s *scan) repositoryInsides(r *Repository) {
	s.crew.each(len(r.Revisions), func(i int) error {
		revision := &r.Revisions[i]
		m := s.inv.Manifest(revision.Digest)
		if signed := m == nil || m.State != Sound || m.Kind == manifest.Schema1; !signed && !s.few {
			return nil
		}
		return s.links(layout.Revision(r.Name, s.inv.Digests.Digest(revision.Digest)), func(in *place) error {
			for _, e := range s.beside(r.Name, in, layout.Link) {
				if err := s.signatures(r, revision.Digest, in.below(e)); err != nil {
					return err
				}
			}
			return nil
		})
	}, nil)
	if !s.few {
		return
	}
	s.crew.each(len(r.Tags), func(i int) error {
		if tag := &r.Tags[i]; tag.plain {
			return s.tag(r, tag, layout.Tag(r.Name, tag.Name))
		}
		return nil
	}, nil)
	s.crew.each(len(r.Layers), func(i int) error {
		return s.links(layout.Layer(r.Name, s.inv.Digests.Digest(r.Layers[i].Digest)), func(in *place) error {
			s.beside(r.Name, in, layout.Link)
			return nil
		})
	}, nil)
}

// beside notes what lies beside the file that a directory is for, and returns
// the directories of signatures, which belong there.
func (s *scan) beside(repository string, in *place, file string) (signatures []entry) {
	for _, e := range in.entries {
		switch {
		case e.is(file):
		case e.is(layout.Signatures) && e.kind == store.Directory && file == layout.Link:
			signatures = append(signatures, e)
		case s.temporary(repository, in, e):
		default:
			s.stray(repository, in.below(e), e)
		}
	}
	return signatures
}

func (s *scan) signatures(r *Repository, revision ID, path string) error {
	return s.algorithms(r, path, func(alg, path string) error {
		return s.folders(path, func(in *place) error {
			leaves, err := s.leaves(r, in, named(alg))
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.Signatures == nil {
				r.Signatures = map[ID][]ID{}
			}
			for _, leaf := range leaves {
				r.Signatures[revision] = append(r.Signatures[revision], leaf.id)
			}
			return err
		})
	})
}
