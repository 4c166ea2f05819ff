package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"regjanitor/internal/treemap"
	"regjanitor/internal/usage"
)

// pageCell is a piece of the picture. Gone tells that a part of it is reclaimable.
type pageCell struct {
	Class, Place, Row string
	Below             []string // the parts of a name before the last
	Name, Size, Title string
	Gone              bool

	bytes, reclaimable int64
}

// pageShare is a line of the legend.
type pageShare struct {
	Class, Label, Share string
	Size                pageSize
}

// The classes of what takes space, in the order of the legend.
const (
	classLive   = "live"
	classShared = "shared"
	classGone   = "gone"
	classOther  = "other"
)

// mostCells is how many repositories the picture shows one by one.
const mostCells = 240

// pageLayouts are the shapes in which the picture is laid out, with the media for
// which they are; they are those of page.css.
var pageLayouts = []struct {
	media string
	shape treemap.Rect
}{
	{"", treemap.Rect{W: 1120, H: 500}},
	{"@media (max-width: 44rem)", treemap.Rect{W: 360, H: 460}},
}

// classOf is what a row's bytes are as far as they are not reclaimable.
func classOf(kind string) string {
	switch kind {
	case usage.Repository, usage.Tag, usage.Layer, usage.Others:
		return classLive
	case usage.Shared, usage.Kept:
		return classShared
	}
	return classOther
}

// picture makes the cells and the legend, and returns the style that gives each
// cell its place.
func (p *page) picture(u *Usage) string {
	taken := map[string]int64{}
	for _, r := range u.Rows {
		gone := reclaimableOf(r)
		taken[classOf(r.Kind)] += r.Bytes - gone
		taken[classGone] += gone
	}
	for _, s := range []pageShare{
		{Class: classLive, Label: "kept by one repository"}, {Class: classShared, Label: "shared by several"},
		{Class: classGone, Label: "reclaimable"}, {Class: classOther, Label: "links and other files"},
	} {
		if taken[s.Class] == 0 {
			continue
		}
		s.Size, s.Share = pageSizeOf(taken[s.Class]), percent(taken[s.Class], u.TotalBytes)
		p.Legend = append(p.Legend, s)
	}
	p.Cells = cellsOf(u)
	p.Described = describe(u, p.Cells, p.Legend)
	var style strings.Builder
	for _, l := range pageLayouts {
		pieces := layOut(p.Cells, l.shape)
		if l.media != "" {
			fmt.Fprintf(&style, "%s {\n", l.media)
		}
		for i, r := range pieces {
			fmt.Fprintf(&style, ".%s{left:%s;top:%s;width:%s;height:%s}\n", p.Cells[i].Place,
				part(r.X, l.shape.W), part(r.Y, l.shape.H), part(r.W, l.shape.W), part(r.H, l.shape.H))
		}
		if l.media != "" {
			style.WriteString("}\n")
		}
	}
	for _, c := range p.Cells {
		if c.Gone {
			fmt.Fprintf(&style, ".%s i{height:%s}\n", c.Place, part(float64(c.reclaimable), float64(c.bytes)))
		}
	}
	return style.String()
}

func part(of, whole float64) string { return fmt.Sprintf("%.3f%%", 100*of/whole) }

// reclaimableOf is what of a row's bytes a sweep frees.
func reclaimableOf(r UsageRow) int64 { return min(max(r.ReclaimableBytes, 0), r.Bytes) }

// cellsOf are the pieces of the picture, the largest first: the largest
// repositories, the rest of them in one, and what belongs to none.
func cellsOf(u *Usage) []pageCell {
	var cells []pageCell
	rest := pageCell{Class: classLive, Row: "repositories-title"}
	var left int64
	for _, i := range bySize(u.Rows) {
		r := u.Rows[i]
		gone := reclaimableOf(r)
		switch {
		case r.Bytes <= 0:
		case r.Kind == usage.Repository && len(cells) >= mostCells:
			rest.bytes, rest.reclaimable = rest.bytes+r.Bytes, rest.reclaimable+gone
			left++
		default:
			name := printable(r.name(u.By))
			parts := pageParts(name)
			cells = append(cells, pageCell{
				Class: classOf(r.Kind), Row: rowID(i), Below: parts[:len(parts)-1], Name: parts[len(parts)-1],
				Title: titleOf(r, name, u.TotalBytes), bytes: r.Bytes, reclaimable: gone,
			})
		}
	}
	if left > 0 {
		name := "the " + Count(left) + " smaller ones"
		rest.Name, rest.Title = name, name+"\n"+titleOfBytes(rest.bytes, u.TotalBytes)
		cells = append(cells, rest)
		slices.SortStableFunc(cells, func(a, b pageCell) int { return cmp.Compare(b.bytes, a.bytes) })
	}
	for i := range cells {
		c := &cells[i]
		c.Place, c.Size = fmt.Sprintf("p%d", i), Size(c.bytes)
		c.Gone = c.reclaimable > 0 && c.reclaimable < c.bytes
		if c.reclaimable == c.bytes {
			c.Class = classGone
		}
	}
	return cells
}

// layOut gives each cell its place: those of a class lie together.
func layOut(cells []pageCell, shape treemap.Rect) []treemap.Rect {
	groups, sum := map[string][]int{}, map[string]float64{}
	var classes []string
	for i, c := range cells {
		class := c.Class
		if class == classGone {
			class = classOther
		}
		if groups[class] == nil {
			classes = append(classes, class)
		}
		groups[class] = append(groups[class], i)
		sum[class] += float64(c.bytes)
	}
	slices.SortStableFunc(classes, func(a, b string) int { return cmp.Compare(sum[b], sum[a]) })
	weights := make([]float64, len(classes))
	for i, class := range classes {
		weights[i] = sum[class]
	}
	places := make([]treemap.Rect, len(cells))
	for i, within := range treemap.Squarify(weights, shape) {
		members := groups[classes[i]]
		weights := make([]float64, len(members))
		for j, at := range members {
			weights[j] = float64(cells[at].bytes)
		}
		for j, piece := range treemap.Squarify(weights, within) {
			places[members[j]] = piece
		}
	}
	return places
}

// describe is the picture in words, for those who do not see it.
func describe(u *Usage, cells []pageCell, legend []pageShare) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s in all:", Size(u.TotalBytes))
	for _, s := range legend {
		fmt.Fprintf(&text, " %s %s %s,", s.Size.Number, s.Size.Unit, s.Label)
	}
	text.WriteString(" in pieces of which the largest are")
	for _, c := range cells[:min(5, len(cells))] {
		fmt.Fprintf(&text, " %s with %s,", strings.Join(c.Below, "")+c.Name, c.Size)
	}
	return strings.TrimSuffix(text.String(), ",") + ". The table of repositories has all figures."
}
