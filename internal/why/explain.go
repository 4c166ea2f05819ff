package why

import (
	"slices"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
)

// Options of an answer.
type Options struct {
	Most  int  // chains and links that are told; 0 is all
	Proxy bool // the tree is a pull-through cache, whose gaps are lawful
}

// Explain says why a target that Named or At has found stays or goes by a plan.
func Explain(p *plan.Plan, target Target, opts Options) *Answer {
	a := &asker{plan: p, inv: p.Inventory, opts: opts, Answer: &Answer{Target: target}, pins: map[string]bool{}, released: map[inventory.ID]bool{}}
	r, _ := a.inv.Find(target.Repository)
	id, _ := a.inv.Digests.Lookup(target.Digest)
	switch target.Kind {
	case OfDigest:
		a.digest(id)
	case OfTag:
		a.tag(r)
	case OfRevision:
		a.revision(r, id)
	case OfLayer:
		a.layer(r, id)
	case OfEntry:
		a.entry(r, id)
	case OfRepository:
		a.repository(r)
	case OfUpload:
		a.upload(r)
	case OfPath:
		a.path()
	}
	a.consequences()
	a.concerns()
	return a.Answer
}

// asker gathers one answer.
type asker struct {
	*Answer
	plan *plan.Plan
	inv  *inventory.Inventory
	opts Options

	lawful, unlawful bool            // what is missing may be, to some and to others
	paths            []string        // what doubts about the target name
	pins             map[string]bool // repositories that keep it only because they are kept in doubt
	released         map[inventory.ID]bool
}

// digest answers for a blob, or for the lack of one, in all repositories.
func (a *asker) digest(id inventory.ID) {
	a.paths = append(a.paths, layout.Blob(a.Target.Digest))
	blob := a.inv.Blob(id)
	if blob != nil {
		a.stored(blob)
		a.judge(plan.Blob, -1, a.blobAt(id))
	} else {
		a.State, a.Reason = Missing, ""
	}
	if a.State == Garbage {
		a.released[id] = true
	}
	all := make([]int, len(a.inv.Repositories))
	for r := range all {
		all[r] = r
	}
	a.chains(id, all)
	if blob == nil {
		a.lacking()
		return
	}
	a.needed(a.plan.Graph.Blob(id))
	switch {
	case a.Reason != "":
	case a.inv.LedTo(*blob):
		a.State, a.Reason = Doubt, BySymlink
	case a.plan.Graph.AnyBlob:
		a.State, a.Reason = Doubt, ByUnknown
	}
}

// lacking says how things stand with a digest of which there is no blob: it may
// be the other name of one.
func (a *asker) lacking() {
	for _, l := range a.Links {
		target, _ := a.inv.Digests.Lookup(l.Target)
		blob := a.inv.Blob(target)
		if l.Digest != a.Target.Digest || l.Target == l.Digest || blob == nil {
			continue
		}
		a.stored(blob)
		if l.Goes && a.State == Missing {
			a.State, a.Reason = Garbage, plan.Unneeded.String()
		} else if !l.Goes {
			a.State, a.Reason = Kept, ByChain
		}
	}
	a.Lawful = a.State == Missing && (a.lawful && !a.unlawful || a.opts.Proxy)
}

// needed tells what is needed from what is only kept in doubt.
func (a *asker) needed(via graph.Via) {
	switch {
	case a.State != Kept:
	case slices.ContainsFunc(a.Chains, func(c Chain) bool { return c.Root != RootPin }):
		a.Reason = ByChain
	case via.Live():
		a.State, a.Reason = Doubt, ByPin
		a.pins[a.inv.Repositories[via.Repository].Name] = true
	}
}

// stored notes what a blob is like.
func (a *asker) stored(blob *inventory.Blob) {
	a.Bytes, a.Disk, a.Since = blob.Stamp.Size, blob.Disk, moment(blob.Stamp.MTime)
}

func (a *asker) blobAt(id inventory.ID) int {
	at, _ := slices.BinarySearchFunc(a.inv.Blobs, id, func(b inventory.Blob, id inventory.ID) int { return a.inv.Digests.Compare(b.Digest, id) })
	return at
}

// judge takes the plan's word: a thing goes if there is an action for it.
func (a *asker) judge(kind plan.Kind, r, at int) {
	a.State, a.Reason = Kept, ""
	for _, action := range a.plan.Actions {
		if action.Kind == kind && action.Repository == int32(r) && action.At == int32(at) {
			a.State, a.Reason = Garbage, action.Reason.String()
			_, a.Frees = a.plan.Weigh(action)
		}
	}
}

// consequences says what a sweep frees with garbage, and what would keep it.
func (a *asker) consequences() {
	if a.State != Garbage {
		return
	}
	if len(a.released) > 0 {
		a.Frees = 0
	}
	for _, action := range a.plan.Actions {
		if action.Kind == plan.Blob && a.released[a.inv.Blobs[action.At].Digest] {
			_, disk := a.plan.Weigh(action)
			a.Frees += disk
			a.FreesBlobs++
		}
	}
	switch {
	case a.What == "upload":
		a.KeepWith = []string{"--keep-uploads"}
	case a.Target.Kind == OfDigest && a.LinksTotal == 0 && len(a.KeepWith) == 0:
		a.KeepWith = []string{"--keep-orphans"}
	}
}

// revision answers for a manifest as one repository links it.
func (a *asker) revision(r int, id inventory.ID) {
	at, _ := a.inv.FindRevision(r, id)
	a.judge(plan.Revision, r, at)
	a.link(r, id, a.inv.Repositories[r].Revisions[at].Link.Stamp)
	a.needed(a.plan.Graph.Repositories[r].Revisions[at])
	if a.State == Kept && a.inv.Blob(id) == nil {
		a.State, a.Reason, a.Lawful = Missing, "", a.opts.Proxy
	}
}

// layer answers for a layer link.
func (a *asker) layer(r int, id inventory.ID) {
	at, _ := findLayer(a.inv, r, id)
	a.judge(plan.LayerLink, r, at)
	a.link(r, id, a.inv.Repositories[r].Layers[at].Stamp)
	a.needed(a.plan.Graph.Repositories[r].Layers[at])
}

// link answers for a link of one repository, which the plan has judged.
func (a *asker) link(r int, id inventory.ID, stamp inventory.Stamp) {
	name := a.inv.Repositories[r].Name
	if blob := a.inv.Blob(id); blob != nil {
		a.stored(blob)
	}
	a.Since = moment(stamp.MTime)
	a.paths = append(a.paths, layout.Blob(a.Target.Digest), layout.Revision(name, a.Target.Digest), layout.Layer(name, a.Target.Digest))
	a.chains(id, []int{r})
}
