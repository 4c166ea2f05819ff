package report

import (
	"cmp"
	"slices"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
)

// RepositoriesOf splits a plan, and what became of it, by repository: each gets
// what it alone linked, the last row, without a name, the rest. result may be nil.
func RepositoriesOf(p *plan.Plan, result *sweep.Result) []RepositoryRow {
	inv := p.Inventory
	rows := make([]RepositoryRow, len(inv.Repositories)+1)
	for i, r := range inv.Repositories {
		rows[i].Name, rows[i].Tags, rows[i].Revisions = r.Name, int64(len(r.Tags)), int64(len(r.Revisions))
	}
	owners := ownersOf(inv)
	for i, a := range p.Actions {
		row := &rows[len(rows)-1]
		switch {
		case a.Repository >= 0:
			row = &rows[a.Repository]
		case a.Kind == plan.Blob:
			if owner := owners[inv.Blobs[a.At].Digest]; owner > 0 {
				row = &rows[owner-1]
			}
		}
		_, disk := p.Weigh(a)
		removed := result != nil && result.Statuses[i] == sweep.Removed
		row.PlannedBytes += disk
		if removed {
			row.ReclaimedBytes += disk
		}
		if a.Kind == plan.Revision {
			row.PlannedRevisions++
			if removed {
				row.RemovedRevisions++
			}
		}
	}
	return rows
}

// shared is an owner's number that stands for several.
const shared = -1

// ownersOf is by digest the number of the repository that alone links it, which
// is its place plus one.
func ownersOf(inv *inventory.Inventory) []int32 {
	owners := make([]int32, inv.Digests.Len())
	claim := func(id inventory.ID, number int32) {
		if owners[id] == 0 {
			owners[id] = number
		} else if owners[id] != number {
			owners[id] = shared
		}
	}
	for i, r := range inv.Repositories {
		number := int32(i) + 1
		for _, revision := range r.Revisions {
			claim(revision.Digest, number)
		}
		for _, layer := range r.Layers {
			claim(layer.Digest, number)
			claim(layer.Target, number)
		}
	}
	return owners
}

// largest are at most n rows with anything to reclaim, the most first.
func largest(rows []RepositoryRow, n int, bytes func(RepositoryRow) int64) []RepositoryRow {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r RepositoryRow) bool { return bytes(r) == 0 })
	slices.SortStableFunc(rows, func(a, b RepositoryRow) int { return cmp.Compare(bytes(b), bytes(a)) })
	return rows[:min(n, len(rows))]
}
