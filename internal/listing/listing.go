// Package listing is what an inventory holds as users think of it: repositories
// with their sizes, tags with their images. It is pure, and says nothing of what
// should go.
package listing

import (
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/manifest"
)

// Repository is one repository. Bytes are the sizes of all blobs that it links
// by its tags, each once.
type Repository struct {
	Name                      string
	Tags, Revisions, Untagged int
	Bytes                     int64
	Pushed                    time.Time // of the newest tag; zero where there is none
}

// Manifest is one tag and what it points to, or one untagged manifest, whose
// Tag is empty. Kind says too what is wrong with it.
type Manifest struct {
	Repository string
	Tag        string
	Digest     digest.Digest // empty where the tag points nowhere
	Kind       string
	Referrers  int   // manifests that are about it
	Bytes      int64 // of all blobs that it needs, each once
	Pushed     time.Time
	Created    time.Time // of its images, for who reads that; else zero
}

// Repositories lists all repositories, by name.
func Repositories(inv *inventory.Inventory) []Repository {
	w := walker{inv: inv, met: make([]int32, inv.Digests.Len())}
	list := make([]Repository, len(inv.Repositories))
	for i, r := range inv.Repositories {
		w.round++
		row := Repository{Name: r.Name, Tags: len(r.Tags), Revisions: len(r.Revisions)}
		w.children = links(r)
		tagged := map[inventory.ID]bool{}
		for _, tag := range r.Tags {
			if tag.Current.Points() {
				row.Bytes += w.size(tag.Current.Target, tagged)
				row.Pushed = latest(row.Pushed, tag.Current.Stamp.MTime)
			}
		}
		for _, revision := range r.Revisions {
			if !tagged[revision.Digest] {
				row.Untagged++
			}
		}
		list[i] = row
	}
	return list
}

// Manifests lists a repository's tags by name and, if they are wanted, its
// untagged manifests behind them.
func Manifests(inv *inventory.Inventory, r *inventory.Repository, untagged bool) []Manifest {
	w := walker{inv: inv, met: make([]int32, inv.Digests.Len()), children: links(r)}
	referrers := referrersOf(inv, r)
	var list []Manifest
	tagged := map[inventory.ID]bool{}
	for _, tag := range r.Tags {
		m := Manifest{Repository: r.Name, Tag: tag.Name, Kind: "broken link"}
		switch {
		case tag.Current.Points():
			w.round++
			m = w.manifest(tag.Current.Target, tagged)
			m.Repository, m.Tag, m.Referrers = r.Name, tag.Name, referrers[tag.Current.Target]
			m.Pushed = time.Unix(0, tag.Current.Stamp.MTime)
		case tag.Current.State == inventory.LinkAbsent:
			m.Kind = "no current link"
		}
		list = append(list, m)
	}
	if !untagged {
		return list
	}
	for _, revision := range r.Revisions {
		if tagged[revision.Digest] {
			continue
		}
		w.round++
		m := w.manifest(revision.Digest, map[inventory.ID]bool{})
		m.Repository, m.Pushed = r.Name, time.Unix(0, revision.Link.Stamp.MTime)
		m.Referrers = referrers[revision.Digest]
		list = append(list, m)
	}
	return list
}

func links(r *inventory.Repository) map[inventory.ID]bool {
	set := map[inventory.ID]bool{}
	for _, revision := range r.Revisions {
		set[revision.Digest] = true
	}
	return set
}

func referrersOf(inv *inventory.Inventory, r *inventory.Repository) map[inventory.ID]int {
	counts := map[inventory.ID]int{}
	for _, revision := range r.Revisions {
		for _, subject := range inv.Subjects[revision.Digest] {
			counts[subject]++
		}
	}
	return counts
}

func latest(t time.Time, nanoseconds int64) time.Time {
	if other := time.Unix(0, nanoseconds); other.After(t) {
		return other
	}
	return t
}

// walker adds up what manifests need. A round counts each blob once, and enters
// each manifest once, which may be later.
type walker struct {
	inv      *inventory.Inventory
	children map[inventory.ID]bool // manifests that the repository links
	met      []int32
	round    int32
}

// size adds up what is not yet counted in this round, and notes the manifests.
func (w *walker) size(from inventory.ID, manifests map[inventory.ID]bool) int64 {
	type step struct {
		id       inventory.ID
		manifest bool
	}
	var total int64
	pending := []step{{from, true}}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		counted, entered := 2*w.round, 2*w.round+1
		now := counted
		if next.manifest {
			manifests[next.id] = true
			now = entered
		}
		before := w.met[next.id]
		if before >= now {
			continue
		}
		w.met[next.id] = now
		if blob := w.inv.Blob(next.id); blob != nil && before < counted {
			total += blob.Stamp.Size
		}
		m := w.inv.Manifest(next.id)
		if m == nil || !next.manifest {
			continue
		}
		for _, ref := range m.References {
			pending = append(pending, step{ref.Digest, ref.Manifest || w.children[ref.Digest]})
		}
	}
	return total
}

func (w *walker) manifest(id inventory.ID, manifests map[inventory.ID]bool) Manifest {
	m := Manifest{Digest: w.inv.Digests.Digest(id), Bytes: w.size(id, manifests)}
	read := w.inv.Manifest(id)
	switch {
	case read == nil || read.State == inventory.Missing:
		m.Kind = "missing"
	case read.State != inventory.Sound:
		m.Kind = "damaged"
	case read.IsIndex():
		m.Kind = fmt.Sprintf("index(%d)", len(read.References))
	case read.Kind == manifest.Schema1 || read.Kind == manifest.Artifact:
		m.Kind = read.Kind.String()
	default:
		m.Kind = "image"
	}
	return m
}
