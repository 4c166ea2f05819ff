package plan

import (
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
)

// Sweep plans the removal of all garbage.
func Sweep(inv *inventory.Inventory, opts Options) (*Plan, error) {
	b := newBuilder(inv, opts)
	kept := b.keptDigests()
	mark := func() *graph.Graph { return b.markWithoutDoomed(kept) }
	b.plan.Graph = mark()
	if err := b.judgeable(); err != nil {
		return nil, err
	}
	b.untag(mark)
	b.plan.Actions = make([]Action, 0, b.dead())
	b.tags()
	for r := range inv.Repositories {
		if b.open(r) {
			b.links(r, Untagged, nil)
			b.uploads(r, Stale)
			b.discarded(r)
		}
	}
	b.blobs(opts.KeepOrphans || len(opts.Scope) > 0)
	b.leftovers()
	b.unmatched()
	return b.finish()
}

// markWithoutDoomed marks what stays of a tree without its doomed tags.
func (b *builder) markWithoutDoomed(kept map[inventory.ID]bool) *graph.Graph {
	opts, inv := b.opts, b.inv
	untagged := func(r, i int) bool { return false }
	if opts.UntaggedAge > 0 && len(b.doomedTags) > 0 {
		lost := graph.Mark(inv, graph.Roots{Tag: b.isDoomed, Trace: true})
		untagged = func(r, i int) bool { return lost.Repositories[r].Revisions[i].Live() }
	}
	return graph.Mark(inv, graph.Roots{
		Tag:      func(r, i int) bool { return !b.isDoomed(r, i) },
		Revision: func(r, i int) bool { return b.staysUntagged(r, i, kept, untagged) },
		Young:    func(r, i int) bool { return opts.MinAge > 0 && opts.young(b.newest(r, i), opts.MinAge) },
		Layer:    func(r, i int) bool { return opts.young(inv.Repositories[r].Layers[i].Stamp.MTime, opts.MinAge) },
		Whole:    func(r int) bool { return !b.scope[r] },
		Proxy:    opts.Proxy,
	})
}

func (b *builder) isDoomed(r, i int) bool {
	_, doomed := b.doomedTags[ref{r, i}]
	return doomed
}

// tags dooms the tags that were found to go, with their histories.
func (b *builder) tags() {
	for r, repo := range b.inv.Repositories {
		for i := range repo.Tags {
			if reason, doomed := b.doomedTags[ref{r, i}]; doomed {
				b.add(Tag, reason, r, i, 0)
			}
		}
	}
}

// unmatched warns of globs that name no repository.
func (b *builder) unmatched() {
	for _, glob := range b.opts.Scope {
		if !slices.ContainsFunc(b.inv.Repositories, func(r *inventory.Repository) bool { return doublestar.MatchUnvalidated(glob, r.Name) }) {
			b.warn("repository-unknown", "", glob, "matches no repository")
		}
	}
}

// staysUntagged tells whether a revision is a root by itself. Its age does not
// help one that this run untags.
func (b *builder) staysUntagged(r, i int, kept map[inventory.ID]bool, untagged func(r, i int) bool) bool {
	repo := b.inv.Repositories[r]
	revision := &repo.Revisions[i]
	switch {
	case !repo.HasTags:
		return true
	case b.dataless(revision.Digest):
		return false
	case b.opts.KeepUntagged, kept[revision.Digest]:
		return true
	case b.opts.UntaggedAge > 0 && !untagged(r, i):
		return b.opts.young(b.untaggedSince(r, i), b.opts.UntaggedAge)
	}
	return false
}

// dataless tells a manifest whose blob is gone or empty.
func (b *builder) dataless(id inventory.ID) bool {
	m := b.inv.Manifest(id)
	return m == nil || m.State == inventory.Missing || m.State == inventory.Empty
}

// keptDigests finds the digests that deployments are pinned to, and warns of
// those that name no manifest here.
func (b *builder) keptDigests() map[inventory.ID]bool {
	kept := map[inventory.ID]bool{}
	if len(b.opts.KeepDigests) == 0 {
		return kept
	}
	linked := make([]bool, b.inv.Digests.Len())
	for _, repo := range b.inv.Repositories {
		for _, revision := range repo.Revisions {
			linked[revision.Digest] = true
		}
	}
	for _, k := range b.opts.KeepDigests {
		id, met := b.inv.Digests.Lookup(k.Digest)
		if met {
			kept[id] = true
			b.keptBy[id] = append(b.keptBy[id], k.Source)
		}
		if !met || !linked[id] {
			b.warn("kept-digest-unknown", "", k.Source, fmt.Sprintf("%s is no manifest that any repository links", k.Digest))
		}
	}
	return kept
}

// judgeable refuses where no blob can be called dead.
func (b *builder) judgeable() error {
	g := b.plan.Graph
	if g.Refused != nil {
		return g.Refused
	}
	roots := 0
	for r := range g.Repositories {
		roots += g.Repositories[r].Roots
		if g.Repositories[r].Pinned && b.inv.Repositories[r].HasTags || !b.scope[r] {
			roots++
		}
	}
	if roots > 0 || len(b.inv.Blobs) == 0 || b.opts.AllowEmpty {
		return nil
	}
	seen := fmt.Sprintf("%d repositories without a tag", len(b.inv.Repositories))
	if len(b.inv.Repositories) == 0 {
		seen = "no repository"
	}
	return refusal.New("no-roots",
		"is a volume not mounted, is this not the registry's tree, or does its registry keep tags in a database, as Harbor does? "+
			"If everything is to go, give --allow-empty",
		"found %d blobs and %s: nothing would be kept", len(b.inv.Blobs), seen)
}

// links dooms what the graph did not reach of a repository's links. A nil only
// is everything; else the revisions and layers outside it stay.
func (b *builder) links(r int, reason Reason, only *graph.Repository) {
	repo, marked := b.inv.Repositories[r], b.plan.Graph.Repositories[r]
	doomed := map[inventory.ID]bool{}
	for i := range repo.Revisions {
		if marked.Revisions[i].Live() || only != nil && !only.Revisions[i].Live() {
			continue
		}
		b.add(Revision, reason, r, i, 0)
		doomed[repo.Revisions[i].Digest] = true
		b.warnDataless(repo, i)
	}
	for _, entry := range marked.Unneeded {
		link := repo.Tags[entry.Tag].History[entry.Entry]
		if b.isDoomed(r, int(entry.Tag)) || only != nil && !doomed[link.Digest] || b.opts.young(link.MTime, b.opts.MinAge) {
			continue
		}
		b.add(TagIndexEntry, reason, r, int(entry.Tag), int(entry.Entry))
	}
	for i := range repo.Layers {
		if !marked.Layers[i].Live() && (only == nil || only.Layers[i].Live()) {
			b.add(LayerLink, Unneeded, r, i, 0)
		}
	}
}

func (b *builder) warnDataless(repo *inventory.Repository, i int) {
	id := repo.Revisions[i].Digest
	if b.inv.Manifest(id) == nil || b.opts.Proxy || !b.dataless(id) {
		return
	}
	b.warn("untagged-without-data", repo.Name, layout.Revision(repo.Name, b.inv.Digests.Digest(id)),
		"an untagged revision whose manifest is gone or empty")
}

// blobs dooms the blobs that nothing live refers to: all of them, or only those
// that the links doomed so far let go.
func (b *builder) blobs(onlyReleased bool) {
	if b.plan.Graph.AnyBlob {
		return
	}
	var released []bool
	if onlyReleased {
		released = b.released()
	}
	for i, blob := range b.inv.Blobs {
		switch {
		case b.plan.Graph.Blob(blob.Digest).Live(), b.inv.LedTo(blob):
		case onlyReleased && !released[blob.Digest]:
		case b.opts.young(blob.Stamp.MTime, b.opts.MinAge):
		default:
			b.add(Blob, Orphan, -1, i, 0)
		}
	}
}

// released is what the links that go referred to.
func (b *builder) released() []bool {
	set := make([]bool, b.inv.Digests.Len())
	for _, a := range b.plan.Actions {
		switch a.Kind {
		case Revision:
			revision := b.inv.Repositories[a.Repository].Revisions[a.At]
			set[revision.Digest] = true
			for _, id := range b.inv.Repositories[a.Repository].Signatures[revision.Digest] {
				set[id] = true
			}
			if m := b.inv.Manifest(revision.Digest); m != nil {
				for _, ref := range m.References {
					set[ref.Digest] = true
				}
			}
		case LayerLink:
			layer := b.inv.Repositories[a.Repository].Layers[a.At]
			set[layer.Digest], set[layer.Target] = true, true
		}
	}
	return set
}
