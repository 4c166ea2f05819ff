package plan

import (
	"cmp"
	"slices"

	"regjanitor/internal/inventory"
)

// ages is what a repository's tag histories tell of the times of its manifests,
// in nanoseconds.
type ages struct {
	lost    map[inventory.ID]int64 // when a tag was last moved away from it
	written map[inventory.ID]int64 // when a tag was last moved to it
}

// agesOf reads the histories. A tag's entry bears the time at which the tag
// last came to point there, so it ended when the next entry began.
func agesOf(repo *inventory.Repository) ages {
	a := ages{map[inventory.ID]int64{}, map[inventory.ID]int64{}}
	for _, tag := range repo.Tags {
		history := slices.Clone(tag.History)
		slices.SortFunc(history, func(a, b inventory.Entry) int { return cmp.Compare(a.MTime, b.MTime) })
		for i, entry := range history {
			end := entry.MTime
			if i+1 < len(history) {
				end = history[i+1].MTime
			}
			a.lost[entry.Digest] = max(a.lost[entry.Digest], end)
			a.written[entry.Digest] = max(a.written[entry.Digest], entry.MTime)
		}
	}
	return a
}

// age is agesOf, once for each repository.
func (b *builder) age(r int) ages {
	a, ok := b.ages[r]
	if !ok {
		a = agesOf(b.inv.Repositories[r])
		b.ages[r] = a
	}
	return a
}

// newest is when a revision or a history entry that names it was last written.
func (b *builder) newest(r, i int) int64 {
	revision := b.inv.Repositories[r].Revisions[i]
	return max(revision.Link.Stamp.MTime, b.age(r).written[revision.Digest])
}

// untaggedSince is when a revision lost its last tag, as far as the tags'
// histories tell, and else when it was pushed.
func (b *builder) untaggedSince(r, i int) int64 {
	revision := b.inv.Repositories[r].Revisions[i]
	return max(revision.Link.Stamp.MTime, b.age(r).lost[revision.Digest])
}
