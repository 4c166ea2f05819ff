package why

import (
	"cmp"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/retention"
)

// chains finds, repository by repository, the links to a digest and the ways that
// lead to it.
func (a *asker) chains(id inventory.ID, repositories []int) {
	n := newNet(a.inv)
	var past []Chain
	pasts, kept := 0, false
	for _, r := range repositories {
		n.enter(a.inv.Repositories[r])
		a.links(r, id)
		if !n.search(id) {
			continue
		}
		a.excuse(n, id)
		a.release(n, id)
		live := a.roots(n, r)
		a.ChainsTotal += len(live)
		a.Chains = a.spell(n, a.Chains, live, byLength)
		if a.State == Kept {
			continue
		}
		gone := a.past(n, r)
		pasts += len(gone)
		past = a.spell(n, past, gone, byEnd)
		kept = kept || slices.ContainsFunc(gone, func(r root) bool { return n.revisions[n.knots[r.at].id] != 0 })
	}
	if len(a.Chains) == 0 {
		a.Chains, a.ChainsTotal = past, pasts
		if kept {
			a.KeepWith = []string{"--keep-untagged", "--keep-digests"}
		}
	}
	for _, c := range a.Chains {
		switch c.Root {
		case RootHistory:
			a.paths = append(a.paths, layout.Tag(c.Repository, c.Tag))
		case RootPin:
			a.pins[c.Repository] = true
		}
	}
	a.LinksTotal = len(a.Links)
	a.name(id)
}

// name finds the word for a digest: what it is, else what it is to who needs it.
func (a *asker) name(id inventory.ID) {
	m := a.inv.Manifest(id)
	switch {
	case m != nil && m.State != inventory.Missing:
		a.What = manifestWord(m)
	case len(a.Chains) > 0:
		steps := a.Chains[0].Steps
		a.What = steps[len(steps)-1].What
	default:
		a.What = "blob"
	}
}

// root is where a chain begins, before its steps are spelt out.
type root struct {
	at int32
	Chain
}

// roots are what keeps the target in a repository, a tag once, by its shortest
// way.
func (a *asker) roots(n *net, r int) []root {
	var found []root
	for i := range n.repo.Tags {
		tag := &n.repo.Tags[i]
		best := root{Chain: Chain{far: -1}}
		kind, ids := a.keeps(n, tag)
		for _, id := range ids {
			if at, far := n.distance(id); far >= 0 && (best.far < 0 || far < best.far) {
				best = root{at, Chain{far: far, Root: kind, Tag: tag.Name, Since: moment(tag.Current.Stamp.MTime)}}
			}
		}
		if best.far >= 0 {
			best.About, best.AboutGone = a.about(r, tag)
			found = append(found, best)
		}
	}
	for _, revision := range n.repo.Revisions {
		if at, far := n.distance(revision.Digest); !n.repo.HasTags && far >= 0 {
			found = append(found, root{at, Chain{far: far, Root: RootUntagged, Since: moment(revision.Link.Stamp.MTime)}})
		}
	}
	if len(found) == 0 && a.plan.Graph.Repositories[r].Pinned {
		return n.pinned()
	}
	return found
}

// keeps are the manifests that a tag keeps for its own sake, as package graph has
// it.
func (a *asker) keeps(n *net, tag *inventory.Tag) (Root, []inventory.ID) {
	if !tag.Current.Points() {
		ids := make([]inventory.ID, len(tag.History))
		for i, entry := range tag.History {
			ids[i] = entry.Digest
		}
		return RootHistory, ids
	}
	target := tag.Current.Target
	if expired := a.opts.Proxy && n.revisions[target] == 0 && n.layers[target] == 0; expired {
		return RootTag, nil
	}
	return RootTag, []inventory.ID{target}
}

// about is the manifest that a tag is about, and whether the repository lacks it.
func (a *asker) about(r int, tag *inventory.Tag) (subject digest.Digest, gone bool) {
	if !plan.Refers(a.inv, tag) {
		return "", false
	}
	if named, _, ok := layout.TagSubject(tag.Name); ok {
		subject = named
	} else {
		subject = a.inv.Digests.Digest(a.inv.Subjects[tag.Current.Target][0])
	}
	id, met := a.inv.Digests.Lookup(subject)
	if met {
		_, met = a.inv.FindRevision(r, id)
	}
	return subject, !met
}

// pinned is the shortest way from any link of the repository.
func (n *net) pinned() []root {
	best := root{Chain: Chain{far: -1}}
	try := func(at int32, stamp inventory.Stamp) {
		if far := n.far[at]; far >= 0 && (best.far < 0 || far < best.far) {
			best = root{at, Chain{far: far, Root: RootPin, Since: moment(stamp.MTime)}}
		}
	}
	for _, revision := range n.repo.Revisions {
		try(n.place(revision.Digest, asManifest), revision.Link.Stamp)
	}
	for i := 0; best.far < 0 && i < len(n.repo.Layers); i++ {
		try(n.place(n.repo.Layers[i].Digest, asPart), n.repo.Layers[i].Stamp)
	}
	if best.far < 0 {
		return nil
	}
	return []root{best}
}

// spell adds the chains of a repository to those found before, of which the first
// in order are told.
func (a *asker) spell(n *net, chains []Chain, roots []root, order func(a, b Chain) int) []Chain {
	slices.SortStableFunc(roots, func(a, b root) int { return order(a.Chain, b.Chain) })
	for _, r := range roots[:a.most(len(roots))] {
		r.Repository, r.Steps = n.repo.Name, n.steps(r.at)
		chains = append(chains, r.Chain)
	}
	slices.SortStableFunc(chains, order)
	return chains[:a.most(len(chains))]
}

// most is how many of so many are told.
func (a *asker) most(n int) int {
	if a.opts.Most > 0 {
		return min(n, a.opts.Most)
	}
	return n
}

// byLength puts the shortest chain first.
func byLength(a, b Chain) int {
	return cmp.Or(cmp.Compare(a.far, b.far), strings.Compare(a.Repository, b.Repository), retention.Natural(a.Tag, b.Tag))
}

// byEnd puts the chain first that ended last.
func byEnd(a, b Chain) int { return cmp.Or(b.Until.Compare(a.Until), byLength(a, b)) }

// links finds where a repository links a digest, or what is another name of it.
func (a *asker) links(r int, id inventory.ID) {
	repo, marked := a.inv.Repositories[r], &a.plan.Graph.Repositories[r]
	add := func(revision bool, by, target inventory.ID, stamp inventory.Stamp, goes bool) {
		a.Links = append(a.Links, Link{repo.Name, revision, a.inv.Digests.Digest(by), a.inv.Digests.Digest(target), moment(stamp.MTime), goes})
	}
	if i, found := a.inv.FindRevision(r, id); found {
		add(true, id, id, repo.Revisions[i].Link.Stamp, !marked.Revisions[i].Live())
	}
	for i, layer := range repo.Layers {
		if layer.Digest == id || layer.Target == id {
			add(false, layer.Digest, layer.Target, layer.Stamp, !marked.Layers[i].Live())
		}
	}
}
