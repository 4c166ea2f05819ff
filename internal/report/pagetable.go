package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"regjanitor/internal/usage"
)

// pageTable is one table of a page, with its rows by size.
type pageTable struct {
	ID, Title, Count, Left string
	Columns                []pageColumn
	Rows                   []pageRow
}

type pageColumn struct{ Key, Title, Class, Hint string }

type pageRow struct {
	ID, Class string
	Cells     []pageField
}

// pageField is one cell. Sort is the number that it stands for, for the script.
type pageField struct {
	Parts                    []string
	Text, Sort, Title, Class string
	Bar                      *pageBar
}

// pageBar is a share of the largest row, in percent.
type pageBar struct{ Class, Live, Gone string }

// mostRows is how many rows a table has, so that a page stays one that opens.
const mostRows = 1000

var (
	columnBytes    = pageColumn{"bytes", "Takes", "n", "what only this needs"}
	columnBar      = pageColumn{Class: "bars", Hint: "the striped part is reclaimable"}
	columnShared   = pageColumn{"shared", "Shared besides", "n minor spare", "what this needs and others need too"}
	columnGone     = pageColumn{"reclaimable", "Reclaimable", "n", "what a sweep frees of it"}
	columnTags     = pageColumn{"tags", "Tags", "n minor", ""}
	columnUntagged = pageColumn{"untagged", "Untagged", "n minor", "revisions that no tag names"}
	columnPushed   = pageColumn{"pushed", "Pushed", "when", "when the last push was"}
)

func repositoryTable(u *Usage) pageTable {
	t := pageTable{ID: "repositories", Title: "Repositories", Columns: []pageColumn{
		{"name", "Repository", "", ""}, columnBytes, columnBar, columnGone, columnShared, columnTags, columnUntagged, columnPushed,
	}}
	t.fill(u, usage.Repository, func(r UsageRow) []pageField {
		return []pageField{gone(reclaimableOf(r)), size(r.SharedBytes, "minor spare"), number(r.Tags), number(r.Untagged), pushed(r.Pushed, u.Started)}
	})
	return t
}

func tagTable(u *Usage) pageTable {
	t := pageTable{ID: "tags", Title: "Tags", Columns: []pageColumn{
		{"name", "Tag", "", ""}, columnBytes, columnBar, columnShared, {"digest", "Digest", "hex minor", ""}, columnPushed,
	}}
	t.fill(u, usage.Tag, func(r UsageRow) []pageField {
		return []pageField{size(r.SharedBytes, "minor spare"), hex(r.Digest), pushed(r.Pushed, u.Started)}
	})
	return t
}

func layerTable(u *Usage) pageTable {
	t := pageTable{ID: "layers", Title: "Layers", Columns: []pageColumn{
		{"name", "Layer", "", ""}, columnBytes, columnBar, columnGone, {"kind", "Kind", "kind minor", ""},
		{"tags", "Tags", "n", "tags that need it"}, {"repositories", "Repositories", "n minor", "repositories that link it"},
	}}
	t.fill(u, usage.Layer, func(r UsageRow) []pageField {
		return []pageField{gone(reclaimableOf(r)), {Text: orNone(r.Media), Class: "kind minor"}, number(r.Tags), number(r.Repositories)}
	})
	return t
}

// fill takes the rows, the largest first. Those of another kind stay whatever their
// size, so that with what is left out the rows add up; beside tags and layers they
// are so large that they are not drawn to the same scale.
func (t *pageTable) fill(u *Usage, kind string, more func(UsageRow) []pageField) {
	order := bySize(u.Rows)
	var largest, left, total, leftBytes int64
	measured := func(r UsageRow) bool { return r.Kind == kind || kind == usage.Repository }
	for _, r := range u.Rows {
		if measured(r) {
			largest = max(largest, r.Bytes)
		}
	}
	for _, at := range order {
		r := u.Rows[at]
		own := r.Kind == kind
		if own {
			total++
		}
		if own && total > mostRows {
			left, leftBytes = left+1, leftBytes+r.Bytes
			continue
		}
		row := pageRow{Cells: []pageField{named(r, u.By), size(r.Bytes, ""), {Class: "bars"}}}
		if measured(r) {
			row.Cells[2].Bar = bar(r, largest)
		}
		row.Cells = append(row.Cells, more(r)...)
		if t.ID == "repositories" {
			row.ID = rowID(at)
		}
		if !own {
			row.Class = "special"
		}
		t.Rows = append(t.Rows, row)
	}
	t.Count = Count(total)
	if left > 0 {
		t.Left = fmt.Sprintf("The %s smaller %s, %s together, are left out here: regjanitor du --by %s --top 0 shows them.",
			Count(left), t.ID, Size(leftBytes), u.By)
	}
}

// bySize are the places of rows, the largest first.
func bySize(rows []UsageRow) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b].Bytes, rows[a].Bytes) })
	return order
}

func rowID(at int) string { return "r" + strconv.Itoa(at) }

func named(r UsageRow, by string) pageField {
	name := printable(r.name(by))
	f := pageField{Parts: pageParts(name)}
	if r.Kind == usage.Layer {
		f.Parts, f.Title = []string{digestText(name, false)}, name
	}
	return f
}

func titleOf(r UsageRow, name string, total int64) string {
	lines := []string{name, titleOfBytes(r.Bytes, total)}
	if gone := reclaimableOf(r); gone > 0 {
		lines = append(lines, Size(gone)+" of it reclaimable")
	}
	if r.SharedBytes > 0 {
		lines = append(lines, Size(r.SharedBytes)+" shared besides")
	}
	if r.Kind == usage.Repository {
		lines = append(lines, Some(int64(r.Tags), "tag")+", "+Count(int64(r.Untagged))+" untagged")
	}
	return strings.Join(lines, "\n")
}

func titleOfBytes(bytes, total int64) string {
	return fmt.Sprintf("%s, %s of all (%s)", Size(bytes), percent(bytes, total), Some(bytes, "byte"))
}

func size(bytes int64, class string) pageField {
	f := pageField{Text: Size(bytes), Sort: strconv.FormatInt(bytes, 10), Title: Some(bytes, "byte"), Class: strings.TrimSpace("n " + class)}
	if bytes == 0 {
		f.Text, f.Class = "–", f.Class+" zero"
	}
	return f
}

// gone is a size that a sweep frees.
func gone(bytes int64) pageField {
	if bytes == 0 {
		return size(0, "")
	}
	return size(bytes, "some")
}

func number(n int) pageField {
	f := pageField{Text: Count(int64(n)), Sort: strconv.Itoa(n), Class: "n minor"}
	if n == 0 {
		f.Text, f.Class = "–", "n minor zero"
	}
	return f
}

func hex(digest string) pageField {
	return pageField{Text: printable(digestText(digest, false)), Title: printable(digest), Class: "hex minor"}
}

func pushed(t *time.Time, now time.Time) pageField {
	if t == nil {
		return pageField{Text: "–", Class: "when zero"}
	}
	return pageField{Text: ago(t, now), Sort: strconv.FormatInt(t.Unix(), 10), Title: t.UTC().Format("2006-01-02 15:04 UTC"), Class: "when"}
}

func bar(r UsageRow, largest int64) *pageBar {
	if r.Bytes <= 0 || largest <= 0 {
		return nil
	}
	width := func(bytes int64) string { // of something there is something to be seen
		return strconv.FormatFloat(max(100*float64(bytes)/float64(largest), 0.7), 'f', 1, 64)
	}
	reclaimable := reclaimableOf(r)
	b := &pageBar{Class: classOf(r.Kind), Live: "0"}
	if live := r.Bytes - reclaimable; live > 0 {
		b.Live = width(live)
	}
	if reclaimable > 0 {
		b.Gone = width(reclaimable)
	}
	return b
}
