package usage

import (
	"cmp"
	"slices"
	"strings"
)

// cut leaves the rows that are wanted, in the order that is wanted.
func (t *tally) cut(rows []Row) []Row {
	if t.opts.By != "layer" && t.opts.Chosen != nil {
		rows = slices.DeleteFunc(rows, func(row Row) bool {
			if t.opts.Chosen(row.Repository) {
				return false
			}
			t.skip(row)
			return true
		})
	}
	rows = t.leading(rows)
	if t.opts.By == "layer" {
		t.name(rows)
	}
	return rows
}

// leading sorts rows and leaves as many as are wanted.
func (t *tally) leading(rows []Row) []Row {
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(compare(a, b, t.opts.Sort), byName(a, b)) })
	if most := t.opts.Top; most > 0 && len(rows) > most {
		for _, row := range rows[most:] {
			t.skip(row)
		}
		rows = rows[:most]
	}
	return rows
}

// skip adds a row to those that are not shown. What they share is not added up: they
// may share it with each other.
func (t *tally) skip(row Row) {
	t.add(Others, row.Bytes, row.Reclaimable)
	others := t.special[Others]
	others.Exclusive += row.Exclusive
	switch row.Kind {
	case Repository:
		others.Repositories++
		others.Tags += row.Tags
		others.Untagged += row.Untagged
	case Tag:
		others.Tags += row.Tags
	}
}

func compare(a, b Row, key string) int {
	switch key {
	case "name":
		return 0
	case "exclusive":
		return cmp.Compare(b.Exclusive, a.Exclusive)
	case "shared":
		return cmp.Compare(b.Shared, a.Shared)
	case "reclaimable":
		return cmp.Compare(b.Reclaimable, a.Reclaimable)
	}
	return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Shared, a.Shared))
}

// byName compares names, or the digests that places stand for.
func byName(a, b Row) int {
	return cmp.Or(strings.Compare(a.Repository, b.Repository), strings.Compare(a.Tag, b.Tag), cmp.Compare(a.file, b.file))
}
