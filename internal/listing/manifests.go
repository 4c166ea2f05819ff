package listing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/manifest"
	"regjanitor/internal/plan"
	"regjanitor/internal/retention"
)

// Wanted is what is asked for of the repository at a place in the inventory: all
// tags, all that no tag needs, all that says that it is about something else; and
// tags and revisions by their own names.
type Wanted struct {
	Repository               int
	All, Untagged, Referring bool
	Tags, Revisions          map[int]bool
}

// Manifests lists what is wanted: tags by name, as people order these, and behind
// them what has no tag.
func Manifests(inv *inventory.Inventory, wanted []Wanted) []Manifest {
	w := newWalker(inv)
	var list []Manifest
	for _, want := range wanted {
		repo := inv.Repositories[want.Repository]
		w.enter(repo)
		l := &lister{walker: w, want: want, repo: repo, about: referrersOf(inv, want.Repository), rows: map[inventory.ID]Manifest{}, needed: map[inventory.ID]bool{}}
		l.tags()
		l.revisions()
		list = append(list, l.list...)
	}
	slices.SortFunc(list, func(a, b Manifest) int {
		return cmp.Or(retention.Natural(a.Repository, b.Repository), tagless(a)-tagless(b), retention.Natural(a.Tag, b.Tag), cmp.Compare(a.Digest, b.Digest))
	})
	return list
}

func tagless(m Manifest) int {
	if m.Tag == "" {
		return 1
	}
	return 0
}

// lister lists what is wanted of one repository.
type lister struct {
	*walker
	want   Wanted
	repo   *inventory.Repository
	about  map[inventory.ID][]referrer
	rows   map[inventory.ID]Manifest // as they are without a tag
	needed map[inventory.ID]bool     // by what has been listed
	list   []Manifest
}

func (l *lister) tags() {
	named := map[inventory.ID]bool{}
	for i := range l.want.Revisions {
		named[l.repo.Revisions[i].Digest] = true
	}
	for i := range l.repo.Tags {
		tag := &l.repo.Tags[i]
		isNamed := l.want.Tags[i] || tag.Current.Points() && named[tag.Current.Target]
		if !l.want.All && !isNamed {
			continue
		}
		m := l.tag(tag)
		m.Repository, m.Tag, m.Named = l.repo.Name, tag.Name, isNamed
		l.list = append(l.list, m)
	}
}

func (l *lister) tag(tag *inventory.Tag) Manifest {
	switch {
	case tag.Current.State == inventory.LinkAbsent:
		return Manifest{Kind: "no current link"}
	case !tag.Current.Points():
		return Manifest{Kind: "broken link"}
	}
	m := l.manifest(tag.Current.Target)
	m.Pushed = time.Unix(0, tag.Current.Stamp.MTime)
	if subjects := plan.Subjects(l.inv, tag); len(subjects) > 0 {
		m.Subject, m.Purpose = subjects[0], purpose(l.inv, tag.Name, tag.Current.Target)
		if m.Kind == image && m.Purpose != Referring {
			m.Kind = artifact // cosign's are images by all that they say themselves
		}
	}
	return m
}

// revisions lists what has no tag of its own.
func (l *lister) revisions() {
	var wanted []int
	for i, revision := range l.repo.Revisions {
		if _, tagged := l.rows[revision.Digest]; tagged {
			continue
		}
		refers := l.want.Referring && len(l.inv.Subjects[revision.Digest]) > 0
		if l.want.Revisions[i] || refers || l.want.Untagged && !l.needed[revision.Digest] {
			wanted = append(wanted, i)
		}
	}
	for _, i := range wanted {
		revision := &l.repo.Revisions[i]
		m := l.manifest(revision.Digest)
		m.Repository, m.Named, m.Pushed = l.repo.Name, l.want.Revisions[i], time.Unix(0, revision.Link.Stamp.MTime)
		l.list = append(l.list, m)
	}
}

// manifest is one as it is without a tag, looked at once however many tags it has.
func (l *lister) manifest(id inventory.ID) Manifest {
	if row, known := l.rows[id]; known {
		return row
	}
	l.round++
	bytes, manifests := l.size(id)
	m := Manifest{Digest: l.inv.Digests.Digest(id), Kind: l.kind(id), Artifact: l.inv.Artifacts[id], Bytes: bytes}
	for _, id := range manifests {
		l.needed[id] = true
		for _, r := range l.about[id] {
			m.Referrers = append(m.Referrers, r.Referrer)
		}
	}
	if subjects := l.inv.Subjects[id]; len(subjects) > 0 {
		m.Subject, m.Purpose = l.inv.Digests.Digest(subjects[0]), manifest.Purpose(m.Artifact)
	}
	l.rows[id] = m
	return m
}

// Kinds that have no name elsewhere.
const (
	image    = "image"
	artifact = "artifact"
)

func (l *lister) kind(id inventory.ID) string {
	read := l.inv.Manifest(id)
	switch {
	case read == nil || read.State == inventory.Missing:
		return "missing"
	case read.State != inventory.Sound:
		return "damaged"
	case read.IsIndex():
		return fmt.Sprintf("index(%d)", len(read.References))
	case read.Kind == manifest.Schema1:
		return read.Kind.String()
	case read.Kind == manifest.Artifact || l.inv.Artifacts[id] != "":
		return artifact
	}
	return image
}
