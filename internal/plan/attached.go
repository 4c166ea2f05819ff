package plan

import (
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/retention"
)

// mostRounds bounds how long a chain of signatures of signatures falls in one run:
// each link of it costs a marking, and anybody who may push can make it as long as
// he likes. What is left of a longer one stays, and is mentioned as orphaned.
const mostRounds = 32

// nowhere is a subject that the repository does not link.
const nowhere = -1

// referringTags are the tags of a repository that are about other manifests, by their
// places, and the places of these subjects' revisions. Such a tag keeps what it
// points to, and goes only when its subjects do.
func referringTags(inv *inventory.Inventory, r int) map[int][]int {
	found := map[int][]int{}
	for i := range inv.Repositories[r].Tags {
		for _, subject := range Subjects(inv, &inv.Repositories[r].Tags[i]) {
			place := nowhere
			if id, met := inv.Digests.Lookup(subject); met {
				if at, linked := inv.FindRevision(r, id); linked {
					place = at
				}
			}
			found[i] = append(found[i], place)
		}
	}
	return found
}

// Refers tells a tag that is about other manifests: a signature's, say.
func Refers(inv *inventory.Inventory, tag *inventory.Tag) bool { return len(Subjects(inv, tag)) > 0 }

// Subjects are what a tag is about, by what the manifest says and by the name that
// its client gave the tag. They need not be there.
func Subjects(inv *inventory.Inventory, tag *inventory.Tag) (subjects []digest.Digest) {
	if !tag.Current.Points() {
		return nil
	}
	for _, id := range inv.Subjects[tag.Current.Target] {
		subjects = append(subjects, inv.Digests.Digest(id))
	}
	named, index, ok := layout.TagSubject(tag.Name)
	if !ok {
		return subjects
	}
	m := inv.Manifest(tag.Current.Target)
	if index && (named == inv.Digests.Digest(tag.Current.Target) || m == nil || !m.IsIndex()) {
		return subjects
	}
	return append(subjects, named)
}

// nameAttached names the tags that are about manifests which go with what was
// named, and tells whether there are any more of them.
func (b *builder) nameAttached(n names, referring map[int]map[int][]int, only *graph.Graph, round uint16) (more bool) {
	for r, tags := range referring {
		marked := &b.plan.Graph.Repositories[r]
		if n.whole[r] || marked.Pinned {
			continue
		}
		goes := func(place int) bool {
			return !marked.Revisions[place].Live() && (only.Repositories[r].Revisions[place].Live() || n.revisions[ref{r, place}])
		}
		for i, subjects := range tags {
			if at := (ref{r, i}); !n.tags[at] && lost(subjects, goes) {
				n.tags[at], b.rounds[at], more = true, round, true
			}
		}
	}
	return more
}

// lost tells whether the run takes the last subject that was there.
func lost(subjects []int, goes func(place int) bool) bool {
	return !slices.ContainsFunc(subjects, func(place int) bool { return place != nowhere && !goes(place) }) &&
		slices.ContainsFunc(subjects, func(place int) bool { return place != nowhere })
}

// fall dooms the tags that are about manifests which the policy's drops take away
// or, if that is wanted, about none that stay; and tells whether there were any.
// What a policy did not reach before had no tag before: whoever moved that away
// may want its signatures still.
func (b *builder) fall(before *graph.Graph, referring []map[int][]int, round uint16) (more bool) {
	for r, tags := range referring {
		if len(tags) == 0 || !b.open(r) {
			continue
		}
		repo := b.inv.Repositories[r]
		gone := b.gone(r)
		dropped := func(place int) bool { return gone(place) && before.Repositories[r].Revisions[place].Live() }
		for i, subjects := range tags {
			at := ref{r, i}
			if b.isDoomed(r, i) || b.opts.young(repo.Tags[i].Current.Stamp.MTime, b.opts.MinAge) {
				continue
			}
			switch {
			case lost(subjects, dropped):
				b.doomedTags[at], b.rounds[at], more = Policy, round, true
				b.rejudge(r, i, false, attached, "what it is about goes")
			case b.opts.OrphanedReferrers && !slices.ContainsFunc(subjects, stays(gone)):
				b.doomedTags[at], b.rounds[at], more = Orphan, round, true
				b.rejudge(r, i, false, orphaned, "what it is about is gone")
			}
		}
	}
	return more
}

// gone tells whether a revision of a repository goes, by its place.
func (b *builder) gone(r int) func(place int) bool {
	marked := &b.plan.Graph.Repositories[r]
	return func(place int) bool { return !marked.Revisions[place].Live() }
}

// stays tells a subject that is there and does not go.
func stays(gone func(place int) bool) func(place int) bool {
	return func(place int) bool { return place != nowhere && !gone(place) }
}

// rejudge changes the verdict on a tag, where there are verdicts.
func (b *builder) rejudge(r, i int, keep bool, code retention.ReasonCode, detail string) {
	if from, judged := b.verdicts[r]; judged {
		v := &b.plan.Verdicts[from+i]
		v.Keep, v.Reasons = keep, []retention.Reason{{Code: code, Detail: detail}}
	}
}

// orphans mentions the tags that stay about nothing that does.
func (b *builder) orphans(referring []map[int][]int) {
	for r, tags := range referring {
		n := 0
		for i, subjects := range tags {
			if b.isDoomed(r, i) || slices.ContainsFunc(subjects, stays(b.gone(r))) {
				continue
			}
			n++
			b.rejudge(r, i, true, orphaned, "what it is about is gone; --orphaned-referrers removes it")
		}
		if n > 0 {
			name := b.inv.Repositories[r].Name
			b.warn("orphaned-referrers", name, layout.Repository(name)+"/"+layout.Tags,
				fmt.Sprintf("tags of signatures and the like whose image is gone: %d; --orphaned-referrers removes them", n))
		}
	}
}
