package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// cells are a table's rows, of which the first is the heading.
type cells [][]string

// gap is the space between columns, and shortest what is left of a name at least.
const (
	gap      = 2
	shortest = 20
)

// long are the headings of what may be of any length and can be shortened.
var long = []string{"NAME", "REPOSITORY"}

// tableOfCells takes rows apart that are written as for a tabwriter.
func tableOfCells(rows func(w io.Writer)) cells {
	var text bytes.Buffer
	rows(&text)
	var t cells
	for line := range strings.Lines(text.String()) {
		t = append(t, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return t
}

// fit shortens names until the table is no wider than width, if that is enough; 0
// is any width.
func (t cells) fit(width int) {
	if width == 0 || len(t) == 0 {
		return
	}
	column := slices.IndexFunc(t[0], func(heading string) bool { return slices.Contains(long, heading) })
	if column < 0 {
		return
	}
	var widest []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(widest) {
				widest = append(widest, 0)
			}
			widest[i] = max(widest[i], utf8.RuneCountInString(cell))
		}
	}
	over := -gap - width
	for _, w := range widest {
		over += w + gap
	}
	if over <= 0 {
		return
	}
	most := max(shortest, widest[column]-over)
	for _, row := range t {
		if column < len(row) {
			row[column] = shorten(row[column], most)
		}
	}
}

// shorten leaves the middle out of what has more than most characters: where a name
// ends tells as much as where it begins.
func shorten(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	end := most / 2
	return string(runes[:most-end-1]) + "…" + string(runes[len(runes)-end:])
}

// write aligns the table. It is coloured last, for the escapes would count as
// width.
func (t cells) write(w io.Writer, flags uint, paint Paint) {
	var aligned bytes.Buffer
	tw := tabwriter.NewWriter(&aligned, 0, 0, gap, ' ', flags)
	for _, row := range t {
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	tw.Flush()
	for i, line := range strings.SplitAfter(aligned.String(), "\n") {
		text := strings.TrimRight(line, " \n")
		switch {
		case line == "":
		case i == 0:
			fmt.Fprintln(w, paint.bold(text))
		default:
			fmt.Fprintln(w, text)
		}
	}
}
