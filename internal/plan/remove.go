package plan

import (
	"slices"
	"strings"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/refusal"
)

// Remove plans the removal of what is requested, with the history of a named tag
// and with what only these kept. Garbage that was there before stays.
func Remove(inv *inventory.Inventory, opts Options) (*Plan, error) {
	b := newBuilder(inv, opts)
	named, err := b.resolve(opts.Requests)
	if err != nil {
		return nil, err
	}
	b.named = &named
	kept := b.keptDigests()
	b.nameUntagged(named, kept)
	referring := map[int]map[int][]int{}
	for r := range named.touches {
		referring[r] = referringTags(inv, r)
	}
	only := b.without(named, kept)
	for round := uint16(1); round <= mostRounds && b.plan.Graph.Refused == nil && b.nameAttached(named, referring, only, round); round++ {
		only = b.without(named, kept)
	}
	if b.plan.Graph.Refused != nil {
		return nil, b.plan.Graph.Refused
	}
	if err := b.needed(named); err != nil {
		return nil, err
	}
	b.requested(named, only)
	b.plan.Named = named.list(inv)
	b.unknown(named)
	b.blobs(true)
	return b.finish()
}

// without marks what stays without the named things, and returns what these
// reach.
func (b *builder) without(n names, kept map[inventory.ID]bool) *graph.Graph {
	inv, only := b.inv, n.reach(b.inv)
	stays := func(live graph.Via) bool { return !live.Live() }
	b.plan.Graph = graph.Mark(inv, graph.Roots{
		Tag: func(r, i int) bool { return !n.tags[ref{r, i}] },
		Revision: func(r, i int) bool {
			return !n.revisions[ref{r, i}] &&
				(stays(only.Repositories[r].Revisions[i]) || kept[inv.Repositories[r].Revisions[i].Digest])
		},
		Layer: func(r, i int) bool { return stays(only.Repositories[r].Layers[i]) },
		Whole: func(r int) bool { return !n.touches[r] },
		Gone:  func(r int) bool { return n.whole[r] },
		Dropped: func(r, i int) bool {
			return only.Repositories[r].Revisions[i].Live() && (n.revisions[ref{r, i}] || !b.unread(inv.Repositories[r].Revisions[i].Digest))
		},
		Named: func(r, i int) bool { return n.revisions[ref{r, i}] },
		Proxy: b.opts.Proxy,
	})
	return only
}

// unread tells a manifest that the disk does not give. It may be about one that
// stays, and then it stays too.
func (b *builder) unread(id inventory.ID) bool {
	m := b.inv.Manifest(id)
	return m != nil && m.State == inventory.Unreadable
}

// reach is what the named things reach, whatever else does too.
func (n names) reach(inv *inventory.Inventory) *graph.Graph {
	return graph.Mark(inv, graph.Roots{
		Tag:      func(r, i int) bool { return n.tags[ref{r, i}] },
		Revision: func(r, i int) bool { return n.revisions[ref{r, i}] },
		Whole:    func(r int) bool { return n.whole[r] },
		Trace:    true,
	})
}

// needed refuses to remove a manifest by its digest while a tag that stays
// points to it or an index that stays lists it, and any that --keep-digests
// names, with its repository too.
func (b *builder) needed(n names) error {
	for r, repo := range b.inv.Repositories {
		for i, revision := range repo.Revisions {
			if !n.whole[r] && !n.revisions[ref{r, i}] {
				continue
			}
			users := b.pinnedTo(revision.Digest)
			if !n.whole[r] {
				users = append(users, b.users(n, r, i)...)
			}
			if len(users) > 0 {
				return refusal.New("still-needed", "remove these first, or name them too",
					"%s@%s is needed by %s", repo.Name, b.inv.Digests.Digest(revision.Digest), strings.Join(users, ", "))
			}
		}
	}
	return nil
}

// pinnedTo are the lines of --keep-digests that name a manifest which is there.
func (b *builder) pinnedTo(id inventory.ID) []string {
	if b.dataless(id) {
		return nil
	}
	return slices.Clone(b.keptBy[id])
}

// users are what stays in a repository and needs one of its manifests.
func (b *builder) users(n names, r, at int) (users []string) {
	repo, marked := b.inv.Repositories[r], b.plan.Graph.Repositories[r]
	id := repo.Revisions[at].Digest
	for i, tag := range repo.Tags {
		if tag.Current.Points() && tag.Current.Target == id && !n.tags[ref{r, i}] {
			users = append(users, repo.Name+":"+tag.Name)
		}
	}
	via := marked.Revisions[at]
	if len(users) > 0 || !via.Live() {
		return users
	}
	if via.Kind == graph.ByManifest {
		return []string{repo.Name + "@" + b.inv.Digests.Digest(inventory.ID(via.From)).String()}
	}
	// What is kept in doubt may have been come to before an index that lists it.
	for i, revision := range repo.Revisions {
		if marked.Revisions[i].Live() && !n.revisions[ref{r, i}] && b.lists(revision.Digest, id) {
			return []string{repo.Name + "@" + b.inv.Digests.Digest(revision.Digest).String()}
		}
	}
	if via.Kind != graph.ByPin {
		return []string{"what else " + repo.Name + " keeps"}
	}
	return nil
}

func (b *builder) lists(parent, child inventory.ID) bool {
	m := b.inv.Manifest(parent)
	return m != nil && slices.ContainsFunc(m.References, func(r inventory.Reference) bool { return r.Digest == child })
}

// requested dooms the named things and the links that only they needed.
func (b *builder) requested(n names, only *graph.Graph) {
	for r, repo := range b.inv.Repositories {
		if !n.touches[r] {
			continue
		}
		for i := range repo.Tags {
			if n.tags[ref{r, i}] || n.whole[r] {
				b.add(Tag, Requested, r, i, 0)
				b.doomedTags[ref{r, i}] = Requested
			}
		}
		switch {
		case n.whole[r]:
			b.links(r, Requested, nil)
			b.uploads(r, Requested)
			b.temporaries(r)
			b.discarded(r)
		case !b.plan.Graph.Repositories[r].Pinned:
			b.links(r, n.reason(r), &only.Repositories[r])
		default:
			for i := range repo.Revisions {
				if n.revisions[ref{r, i}] {
					b.add(Revision, n.reason(r), r, i, 0)
				}
			}
		}
	}
}

// temporaries dooms a repository's leftovers of any age.
func (b *builder) temporaries(r int) {
	for i, leftover := range b.inv.Leftovers {
		if leftover.Repository == b.inv.Repositories[r].Name {
			b.add(Leftover, Requested, r, i, 0)
		}
	}
}
