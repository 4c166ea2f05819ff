package plan

import (
	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// nowhere is a subject that the inventory knows no ID of.
const nowhere = -1

// attached are the tags of a repository that are about other manifests, by their
// places, and the places of these subjects' revisions. Such a tag keeps what it
// points to, and goes only when its subjects do.
func attached(inv *inventory.Inventory, repo *inventory.Repository) map[int][]int {
	var found map[int][]int
	var places map[inventory.ID]int
	for i, tag := range repo.Tags {
		subjects := subjectsOf(inv, &tag)
		if len(subjects) == 0 {
			continue
		}
		if found == nil {
			found, places = map[int][]int{}, map[inventory.ID]int{}
			for j, revision := range repo.Revisions {
				places[revision.Digest] = j + 1
			}
		}
		for _, subject := range subjects {
			place := nowhere
			if subject != nowhere {
				place = places[inventory.ID(subject)] - 1
			}
			found[i] = append(found[i], place)
		}
	}
	return found
}

// subjectsOf are what a tag is about, by the name that its client gave it and by
// what the manifest says.
func subjectsOf(inv *inventory.Inventory, tag *inventory.Tag) (subjects []int64) {
	if !tag.Current.Points() {
		return nil
	}
	for _, id := range inv.Subjects[tag.Current.Target] {
		subjects = append(subjects, int64(id))
	}
	named, index, ok := layout.TagSubject(tag.Name)
	if !ok {
		return subjects
	}
	id, met := inv.Digests.Lookup(named)
	if m := inv.Manifest(tag.Current.Target); index && (met && id == tag.Current.Target || m == nil || !m.IsIndex()) {
		return subjects
	}
	if !met {
		return append(subjects, nowhere)
	}
	return append(subjects, int64(id))
}

// nameAttached names the tags that are about manifests which go with what was
// named, and tells whether there are any more of them.
func (b *builder) nameAttached(n names, only *graph.Graph) (more bool) {
	for r := range n.touches {
		marked := &b.plan.Graph.Repositories[r]
		if n.whole[r] || marked.Pinned {
			continue
		}
		goes := func(place int) bool {
			return !marked.Revisions[place].Live() && (only.Repositories[r].Revisions[place].Live() || n.revisions[ref{r, place}])
		}
		for i, subjects := range attached(b.inv, b.inv.Repositories[r]) {
			if at := (ref{r, i}); !n.tags[at] && lost(subjects, goes) {
				n.tags[at], more = true, true
			}
		}
	}
	return more
}

// lost tells whether the run takes the last subject that was there.
func lost(subjects []int, goes func(place int) bool) bool {
	taken := 0
	for _, place := range subjects {
		switch {
		case place == nowhere:
		case goes(place):
			taken++
		default:
			return false
		}
	}
	return taken > 0
}
