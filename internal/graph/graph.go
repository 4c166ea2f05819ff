// Package graph is what reaches what, through what.
//
// Blobs are global, links are per repository, and so is descent: a digest met
// as a child in one repository is descended into anew where another repository
// links it, because the links that it needs are that repository's own. Within
// one repository each manifest is descended into once, so that diamonds cost
// nothing and cycles end.
//
// What cannot be understood widens what is kept: a repository with a damaged
// link or manifest that a root reaches is pinned, which keeps everything that
// it links. Nothing here looks at a disk or at a clock, and nothing is doomed:
// the graph says what is live and first through what, the plan says what goes.
package graph

import (
	"regjanitor/internal/inventory"
	"regjanitor/internal/refusal"
)

// ID is the inventory's.
type ID = inventory.ID

// Graph is what the roots reach.
type Graph struct {
	Repositories []Repository // as in the inventory
	Doubts       []Doubt
	Notices      []Doubt // legitimate, and worth a mention
	// AnyBlob: something kept needs a blob of which nobody knows which one it is.
	AnyBlob bool
	// Refused says why blobs cannot be judged at all; nil where they can.
	Refused *refusal.Error

	blobs []Via // by ID
}

// Repository is what the roots reach of one repository's links. The slices lie
// beside those of the inventory's repository.
type Repository struct {
	Pinned    bool
	Revisions []Via
	Layers    []Via
	// Unneeded are history entries of kept tags that name no kept manifest.
	Unneeded []Entry
	Roots    int
}

// Entry is a place in a repository's tags and in that tag's history.
type Entry struct{ Tag, Entry int32 }

// Via is the first thing that was found to refer to a live one.
type Via struct {
	Kind       ViaKind
	Repository int32
	From       uint32 // a tag's place, or a manifest's ID
}

// ViaKind is how a live thing is referred to.
type ViaKind uint8

// The ways in which something is kept alive; Nothing means that it is not.
const (
	Nothing    ViaKind = iota
	ByTag              // From is the tag
	ByHistory          // From is a tag that lost its current link
	ByItself           // a revision or link that stays by the run's options
	ByLoss             // a revision of a repository without tags, which may have lost them
	ByAge              // a revision that is too young to go
	ByManifest         // From is the manifest that refers to it
	BySubject          // From is the kept subject that it is about
	ByLink             // From is the link whose content names it
	ByPin              // its repository is kept in doubt
)

// Live tells whether anything refers to it.
func (v Via) Live() bool { return v.Kind != Nothing }

// Blob is what keeps a blob.
func (g *Graph) Blob(id ID) Via {
	if int(id) >= len(g.blobs) {
		return Via{}
	}
	return g.blobs[id]
}

// Doubt is something that a person has to look at.
type Doubt struct {
	Code       string
	Repository string
	Path       string
	Problem    string
	Hint       string
	Pins       bool // the whole repository stays
}

// Roots is where the marking begins. A nil function means none.
type Roots struct {
	Tag      func(repository, tag int) bool
	Revision func(repository, revision int) bool
	Layer    func(repository, layer int) bool
	// Young revisions are too new to go, and stay with all that they need.
	Young func(repository, revision int) bool
	// Whole keeps everything that a repository links.
	Whole func(repository int) bool
	// Gone repositories are to go as a whole: nothing in them is a root.
	Gone func(repository int) bool
	// Dropped revisions are to go with what was named: unless something that
	// stays reaches them, their own damage pins nothing.
	Dropped func(repository, revision int) bool
	// Named revisions are to go although the subject that they are about stays.
	Named func(repository, revision int) bool
	// Proxy: this is a pull-through cache, whose gaps are not damage.
	Proxy bool
	// Trace: only see what is reached, and let damage pin nothing.
	Trace bool
	// Pins: in a trace too the damage that is reached pins, without a word.
	Pins bool
}

// Mark finds what the roots reach.
func Mark(inv *inventory.Inventory, roots Roots) *Graph {
	n := inv.Digests.Len()
	m := &marker{
		inv: inv, roots: roots,
		graph:   &Graph{Repositories: make([]Repository, len(inv.Repositories)), blobs: make([]Via, n)},
		here:    make([]here, n),
		doubted: map[doubtKey]bool{},
	}
	for i := range inv.Repositories {
		m.repository(i)
	}
	return m.graph
}
