package why

import (
	"cmp"
	"slices"
	"time"

	"regjanitor/internal/inventory"
)

// past are the ways by which the target was needed once: of each tag the last that
// led to it, and the manifests that no history names and nothing refers to.
func (a *asker) past(n *net, r int) []root {
	var found []root
	named := map[int32]bool{}
	for i := range n.repo.Tags {
		tag := &n.repo.Tags[i]
		last := root{Chain: Chain{far: -1}}
		for _, e := range ended(tag) {
			at, far := n.distance(e.digest)
			if far < 0 {
				continue
			}
			named[at] = true
			if last.far < 0 || !e.until.Before(last.Until) {
				last = root{at, Chain{far: far, Root: RootPast, Tag: tag.Name, Since: e.since, Until: e.until, By: a.inv.Digests.Digest(e.by)}}
			}
		}
		if last.far >= 0 {
			found = append(found, last)
		}
		if _, kept := a.keeps(n, tag); tag.Current.Points() && len(kept) == 0 {
			if at, far := n.distance(tag.Current.Target); far >= 0 {
				named[at] = true
				found = append(found, root{at, Chain{far: far, Root: RootExpired, Tag: tag.Name, Since: moment(tag.Current.Stamp.MTime)}})
			}
		}
	}
	for i, revision := range n.repo.Revisions {
		at, far := n.distance(revision.Digest)
		if far >= 0 && !named[at] && n.into[at] == 0 && !a.plan.Graph.Repositories[r].Revisions[i].Live() {
			found = append(found, root{at, Chain{far: far, Root: RootNone, Since: moment(revision.Link.Stamp.MTime)}})
		}
	}
	return found
}

// former is what a tag pointed to once, from when until when, and to what then.
type former struct {
	digest, by   inventory.ID
	since, until time.Time
}

// ended reads a tag's history. An entry bears the time at which the tag last came
// to point there, so it ended when the next began.
func ended(tag *inventory.Tag) (found []former) {
	if !tag.Current.Points() {
		return nil
	}
	history := slices.DeleteFunc(slices.Clone(tag.History), func(e inventory.Entry) bool { return e.Digest == tag.Current.Target })
	slices.SortStableFunc(history, func(a, b inventory.Entry) int { return cmp.Compare(a.MTime, b.MTime) })
	for i, entry := range history {
		next := inventory.Entry{Digest: tag.Current.Target, MTime: tag.Current.Stamp.MTime}
		if i+1 < len(history) {
			next = history[i+1]
		}
		found = append(found, former{entry.Digest, next.Digest, moment(entry.MTime), moment(next.MTime)})
	}
	return found
}

// excuse notes whether a manifest may rightly lack the target.
func (a *asker) excuse(n *net, id inventory.ID) {
	if a.inv.Blob(id) != nil {
		return
	}
	for i, k := range n.knots {
		m := n.inv.Manifest(k.id)
		if n.far[i] != 1 || k.as != asManifest || m == nil {
			continue
		}
		linked := n.revisions[k.id] != 0 || n.layers[k.id] != 0
		for _, ref := range m.References {
			switch {
			case ref.Digest != id:
			case ref.Foreign, !linked, ref.Manifest && n.revisions[id] == 0 && n.layers[id] == 0:
				a.lawful = true
			default:
				a.unlawful = true
			}
		}
	}
}

// release finds what a repository needs for the sake of the target alone, if it goes.
func (a *asker) release(n *net, id inventory.ID) {
	met := map[int32]bool{}
	var pending []int32
	for as := range roles {
		if at := n.places[knot{id, as}.key()]; at != 0 && a.State == Garbage {
			pending = append(pending, at-1)
		}
	}
	for len(pending) > 0 {
		at := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if met[at] {
			continue
		}
		met[at] = true
		a.released[n.knots[at].id] = true
		for _, e := range n.edges[n.outs[at]:n.outs[at+1]] {
			pending = append(pending, e.to)
		}
	}
}
