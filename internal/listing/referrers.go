package listing

import (
	"path"
	"slices"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/plan"
)

// The purpose of a list of referrers, as clients keep them under a tag where a
// registry has no API for them, and that of what does not say more of itself.
const (
	Index     = "index"
	Referring = "referrer"
)

// referrer is a Referrer of a repository.
type referrer struct {
	Referrer
	id inventory.ID
}

// referrersOf are a repository's, by what they are about: the tags that are about
// other manifests, and what says so itself and has no such tag.
func referrersOf(inv *inventory.Inventory, place int) map[inventory.ID][]referrer {
	about := map[inventory.ID][]referrer{}
	repo := inv.Repositories[place]
	tagged := map[inventory.ID]bool{}
	note := func(subject, id inventory.ID, tag, purpose string) {
		about[subject] = append(about[subject], referrer{Referrer{
			Tag: tag, Digest: inv.Digests.Digest(id), Purpose: purpose,
			Artifact: inv.Artifacts[id], Subject: inv.Digests.Digest(subject),
		}, id})
	}
	for i := range repo.Tags {
		tag := &repo.Tags[i]
		subjects := plan.Subjects(inv, tag)
		slices.Sort(subjects)
		for _, subject := range slices.Compact(subjects) {
			tagged[tag.Current.Target] = true
			if id, met := inv.Digests.Lookup(subject); met {
				note(id, tag.Current.Target, tag.Name, purpose(inv, tag.Name, tag.Current.Target))
			}
		}
	}
	for _, revision := range repo.Revisions {
		if !tagged[revision.Digest] {
			for _, subject := range inv.Subjects[revision.Digest] {
				note(subject, revision.Digest, "", manifest.Purpose(inv.Artifacts[revision.Digest]))
			}
		}
	}
	return about
}

// purpose is what a tag's manifest is to its subject: as the tag's name says, which
// is all that cosign leaves of it, or else its type.
func purpose(inv *inventory.Inventory, tag string, id inventory.ID) string {
	_, list, named := layout.TagSubject(tag)
	switch {
	case !named || list && len(inv.Subjects[id]) > 0:
		return manifest.Purpose(inv.Artifacts[id])
	case list:
		return Index
	}
	return map[string]string{".sig": "signature", ".att": "attestation", ".sbom": "sbom"}[path.Ext(tag)]
}

// Row is a manifest, and beneath it what a listing holds about it, and about that.
type Row struct {
	Manifest
	Beneath []Manifest
}

// Arrange puts manifests beneath what they are about, if that is in the list or
// listed by an index that is, and unless they are named themselves. Each comes once.
// What is left without a tag gets a row of its own only where untagged is wanted or
// it is named.
func Arrange(list []Manifest, untagged bool) []Row {
	a := &arrangement{list: list, places: make(map[name]int, len(list)), there: map[subject]bool{}, taken: make([]bool, len(list)), beneath: make([][]Manifest, len(list)), opened: map[subject]bool{}}
	top := make([]bool, len(list))
	for i, m := range list {
		a.places[name{m.Repository, m.Tag, m.Digest}] = i
		a.there[subject{m.Repository, m.Digest}] = true
		for _, r := range m.Referrers {
			a.there[subject{m.Repository, r.Subject}] = true
		}
	}
	// First what is about nothing, then what is about nothing that is there, and then
	// what is left, where things are about each other.
	for _, turn := range []func(m *Manifest) bool{
		func(m *Manifest) bool { return m.Subject == "" },
		func(m *Manifest) bool { return !a.there[subject{m.Repository, m.Subject}] },
		func(*Manifest) bool { return true },
	} {
		for i := range list {
			if m := &list[i]; !a.taken[i] && (m.Tag != "" || m.Named || untagged) && turn(m) {
				top[i], a.taken[i] = true, true
				a.gather(i)
			}
		}
	}
	var rows []Row
	for i, m := range list {
		if top[i] {
			rows = append(rows, Row{m, a.beneath[i]})
		}
	}
	return rows
}

type name struct {
	repository, tag string
	digest          digest.Digest
}

type subject struct {
	repository string
	digest     digest.Digest
}

type arrangement struct {
	list    []Manifest
	places  map[name]int
	there   map[subject]bool // is listed
	taken   []bool           // has its place
	opened  map[subject]bool // its referrers have theirs
	beneath [][]Manifest
}

// gather puts beneath a row what is about it and has no place yet.
func (a *arrangement) gather(top int) {
	for pending := []int{top}; len(pending) > 0; {
		m := &a.list[pending[len(pending)-1]]
		pending = pending[:len(pending)-1]
		of := subject{m.Repository, m.Digest}
		if a.opened[of] {
			continue
		}
		a.opened[of] = true
		for _, r := range m.Referrers {
			i, listed := a.places[name{m.Repository, r.Tag, r.Digest}]
			if listed && !a.taken[i] && !a.list[i].Named {
				a.taken[i] = true
				a.beneath[top] = append(a.beneath[top], a.list[i])
				pending = append(pending, i)
			}
		}
	}
}
