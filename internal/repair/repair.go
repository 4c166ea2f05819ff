// Package repair mends a tree as far as it can be proven how it was.
//
// A link is proven by its own path and by a blob that hashes to the digest in it;
// one that is missing besides by a manifest of the same repository that a tag
// leads to. What a blob has to be its name says. Nothing else is written: what
// was deleted stays deleted, and where a tag pointed is never guessed.
//
// Its invariants: what is good is never replaced, nor is anything that has changed
// since it was looked at; corrupt data is moved to the trash and never removed;
// and whatever is referred to is there before what refers to it, so that a run
// killed at any instant leaves nothing worse than it was, and can be done again. It
// then ends where it would have: what a run writes proves nothing that it had not
// proven before.
//
// Make decides and changes nothing, Execute changes and decides nothing.
package repair

import (
	"context"
	"slices"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
	"regjanitor/internal/verify"
)

// ID is the inventory's.
type ID = inventory.ID

// Op is what an action does with a file.
type Op uint8

// What can be done with one.
const (
	Trashing  Op = iota // corrupt data is moved to the trash
	Copying             // data is taken from the other tree
	Rewriting           // a link that is there is replaced
	Creating            // a link that is missing is written
)

func (o Op) String() string { return [...]string{"trash", "copy", "rewrite", "create"}[o] }

// Action is one file that is written, or moved aside.
type Action struct {
	Op         Op
	Kind       plan.Kind // Blob, LayerLink, Revision, TagIndexEntry or Tag
	Path       string    // of the file, relative to the v2 directory
	Repository string    // empty for a blob
	Tag        string
	Digest     digest.Digest // of the blob, or that the link is to name
	Bytes      int64         // of data
	Reason     string        // what is wrong, and what proves what is right
	Source     string        // the other tree, if it comes from there

	was   inventory.Stamp // of the file that is there
	proof inventory.Stamp // of the blob that a link needs; zero: it is copied first
	disk  int64           // bytes allocated to what is moved
	order int             // among revisions: children have a lower one
}

// Problem is something that cannot be repaired.
type Problem struct {
	Code       Code
	Repository string
	Tags       []string // that cannot be pulled for it
	Digest     digest.Digest
	Path       string
	Problem    string
	Hint       string
}

// Code is what is wrong with something.
type Code string

// What can be wrong.
const (
	Missing    Code = "missing"    // it is gone
	Corrupt    Code = "corrupt"    // the bytes are not those of the digest
	Broken     Code = "broken"     // a link names no digest
	Unreadable Code = "unreadable" // the disk does not give it, or not twice the same
	NotFile    Code = "not-a-file" // a directory, a symbolic link, a FIFO …
)

// Plan is what a run repairs, in the order of writing, and what it cannot.
type Plan struct {
	Actions  []Action
	Problems []Problem
	// Elsewhere are tags that only the other tree has, perhaps because they were
	// deleted here.
	Elsewhere []string
	Read      verify.Result // what was hashed here
}

// Options of a repair.
type Options struct {
	Jobs int // requests in flight at once, at least 1
	// Repositories are the places of those that are looked at.
	Repositories []int
	// TagsFromHistory: a broken tag points to the newest entry of its history
	// again, where that can be told.
	TagsFromHistory bool
	From            store.Dir // the v2 directory of another tree; may be nil
	FromName        string    // what to call it
	// NoTrash is why corrupt data cannot be moved aside; nil where it can.
	NoTrash error
	// Proxy: this is a pull-through cache, whose gaps are not damage.
	Proxy   bool
	Observe func(progress.Event) // may be nil
}

// Make finds what there is to repair in a tree. The scan has to have been for pulls.
// Its error is that of the context, or what says nothing of the tree.
func Make(ctx context.Context, root store.Dir, inv *inventory.Inventory, opts Options) (*Plan, error) {
	p := &planner{
		ctx: ctx, root: root, inv: inv, opts: opts, plan: &Plan{},
		manifests: map[ID]*inventory.Manifest{}, subjects: map[ID][]ID{}, blobs: map[ID]*blob{},
	}
	for _, place := range opts.Repositories {
		p.repositories = append(p.repositories, newRepository(inv.Repositories[place]))
	}
	for _, step := range []func() error{p.readLinks, p.followTags, p.hash, p.ask} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.compareTags()
	p.decide()
	return p.plan, nil
}

// planner makes one plan.
type planner struct {
	ctx  context.Context
	root store.Dir
	inv  *inventory.Inventory
	opts Options
	plan *Plan

	repositories []*repository
	manifests    map[ID]*inventory.Manifest   // those that the scan has not understood
	subjects     map[ID][]ID                  // of these
	linked       map[ID]bool                  // manifests that any repository links
	claims       map[ID]*inventory.Repository // manifests by who may have had them; nil: several
	blobs        map[ID]*blob                 // those that matter
}

// decide turns what was found into actions, in the order of writing.
func (p *planner) decide() {
	p.decideBlobs()
	for _, r := range p.repositories {
		p.decideLinks(r)
		p.decideTags(r)
	}
	slices.SortStableFunc(p.plan.Actions, func(a, b Action) int {
		if a.Kind != b.Kind {
			return int(b.Kind) - int(a.Kind)
		}
		return a.order - b.order
	})
}

func (p *planner) digest(id ID) digest.Digest { return p.inv.Digests.Digest(id) }

// Totals counts the actions, and the bytes of each kind.
type Totals struct {
	Tags, Revisions, TagIndexEntries, LayerLinks int64 // links written
	Copied, Trashed                              int64 // blobs
	BytesCopied, BytesTrashed                    int64
}

// Things is how many files were written or moved.
func (t Totals) Things() int64 {
	return t.Tags + t.Revisions + t.TagIndexEntries + t.LayerLinks + t.Copied + t.Trashed
}

// Add counts one action.
func (t *Totals) Add(a Action) {
	switch a.Op {
	case Copying:
		t.Copied++
		t.BytesCopied += a.Bytes
		return
	case Trashing:
		t.Trashed++
		t.BytesTrashed += a.Bytes
		return
	}
	switch a.Kind {
	case plan.Tag:
		t.Tags++
	case plan.Revision:
		t.Revisions++
	case plan.TagIndexEntry:
		t.TagIndexEntries++
	case plan.LayerLink:
		t.LayerLinks++
	}
}
