package inventory

import (
	"slices"

	"regjanitor/internal/layout"
)

// revisions lists a repository's. Their links are looked at later, when it is
// known what tags lead to.
func (s *scan) revisions(r *Repository, path string) error {
	return s.algorithms(r, path, func(alg, path string) error {
		return s.folders(path, func(in *place) error {
			leaves, err := s.leaves(r, in, named(alg))
			found := make([]Revision, len(leaves))
			for i, leaf := range leaves {
				found[i].Digest = leaf.id
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			r.Revisions = join(r.Revisions, found)
			return err
		})
	})
}

// revisionLinks looks at the link of each revision, and reads it where a tag
// leads to that manifest, in whatever repository.
func (s *scan) revisionLinks() error {
	every := s.opts.EveryLink || s.opts.ForPulls || s.few
	var led []bool
	if !every {
		led = s.led()
	}
	for _, r := range s.inv.Repositories {
		s.crew.each(len(r.Revisions), func(i int) error {
			defer s.meter.Add(1)
			revision := &r.Revisions[i]
			return s.revisionLink(r, revision, every || !r.HasTags || led[revision.Digest])
		}, func() {
			r.Revisions = slices.DeleteFunc(r.Revisions, func(r Revision) bool { return r.Link.State == LinkAbsent })
		})
	}
	return nil
}

func (s *scan) revisionLink(r *Repository, revision *Revision, read bool) error {
	path := layout.Revision(r.Name, s.inv.Digests.Digest(revision.Digest))
	if read {
		revision.Link = s.readLink(s.top, path+"/"+layout.Link)
	} else {
		revision.Link = s.seeLink(s.top, path+"/"+layout.Link)
		revision.Link.Target = revision.Digest
		if revision.Link.State == LinkGood && revision.Link.Stamp.Size == 0 {
			revision.Link.State = LinkEmpty
		}
	}
	if revision.Link.State == LinkAbsent {
		return s.linkless(r, path)
	}
	return nil
}

// led are the manifests that a tag leads to in one repository or another, with
// what is about them: of every repository's marking all, and more.
func (s *scan) led() []bool {
	led := make([]bool, s.inv.Digests.Len())
	about := map[ID][]ID{}
	for id, subjects := range s.inv.Subjects {
		for _, subject := range subjects {
			about[subject] = append(about[subject], id)
		}
	}
	var pending []ID
	lead := func(id ID) {
		if !led[id] {
			led[id] = true
			pending = append(pending, id)
		}
	}
	s.heads(lead)
	for len(pending) > 0 {
		id := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, referrer := range about[id] {
			lead(referrer)
		}
		if m := s.inv.Manifest(id); m != nil {
			for _, ref := range m.References {
				lead(ref.Digest)
			}
		}
	}
	return led
}
