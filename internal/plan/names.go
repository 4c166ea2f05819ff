package plan

import (
	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
)

// ref is a place in a repository's tags or revisions.
type ref struct{ repository, at int }

// names are the requests as places in the inventory.
type names struct {
	tags, revisions map[ref]bool
	whole, touches  map[int]bool
	untagged        map[int]bool // repositories whose untagged revisions are meant
	past            map[ref]bool // revisions of histories, meant if they are untagged
}

func (b *builder) resolve(requests []Request) (names, error) {
	n := names{map[ref]bool{}, map[ref]bool{}, map[int]bool{}, map[int]bool{}, map[int]bool{}, map[ref]bool{}}
	for _, q := range requests {
		found, err := Find(b.inv, q)
		if err != nil {
			return n, err
		}
		for _, m := range found {
			n.take(b.inv, m, q)
		}
	}
	return n, nil
}

// take notes what a request means in one repository.
func (n names) take(inv *inventory.Inventory, m Match, q Request) {
	r := m.Repository
	n.touches[r] = true
	for _, i := range m.Tags {
		n.tags[ref{r, i}] = true
		if q.Untagged {
			n.takePast(inv, r, inv.Repositories[r].Tags[i])
		}
	}
	for _, i := range m.Revisions {
		n.revisions[ref{r, i}] = true
	}
	switch {
	case m.Tags != nil || m.Revisions != nil:
	case q.Untagged:
		n.untagged[r] = true
	default:
		n.whole[r] = true
	}
}

// takePast notes the revisions that a tag has pointed to.
func (n names) takePast(inv *inventory.Inventory, r int, tag inventory.Tag) {
	for _, entry := range tag.History {
		if i, linked := inv.FindRevision(r, entry.Digest); linked {
			n.past[ref{r, i}] = true
		}
	}
}

// nameUntagged names the revisions that nothing needs, where these are meant.
// Where a repository is in doubt nobody knows which they are.
func (b *builder) nameUntagged(n names, kept map[inventory.ID]bool) {
	if len(n.untagged)+len(n.past) == 0 {
		return
	}
	g := graph.Mark(b.inv, graph.Roots{
		Tag: func(int, int) bool { return true },
		Revision: func(r, i int) bool {
			return b.staysUntagged(r, i, kept, nil) || !n.untagged[r] && !n.past[ref{r, i}]
		},
		Whole: func(r int) bool { return !n.touches[r] },
		Proxy: b.opts.Proxy,
	})
	for r := range n.touches {
		for i, via := range g.Repositories[r].Revisions {
			meant := n.untagged[r] || n.past[ref{r, i}]
			if meant && !via.Live() && !g.Repositories[r].Pinned {
				n.revisions[ref{r, i}] = true
			}
		}
	}
}

// reason is why what was named in a repository goes.
func (n names) reason(r int) Reason {
	if n.untagged[r] {
		return Untagged
	}
	return Requested
}

// list spells out what was named, in the inventory's order, tags before digests.
func (n names) list(inv *inventory.Inventory) (list []Request) {
	for r, repo := range inv.Repositories {
		if n.whole[r] {
			list = append(list, Request{Repository: repo.Name})
			continue
		}
		for i, tag := range repo.Tags {
			if n.tags[ref{r, i}] {
				list = append(list, Request{Repository: repo.Name, Tag: tag.Name})
			}
		}
		for i, revision := range repo.Revisions {
			if n.revisions[ref{r, i}] {
				list = append(list, Request{Repository: repo.Name, Digest: inv.Digests.Digest(revision.Digest)})
			}
		}
	}
	return list
}
