package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"regjanitor/internal/usage"
)

// ListUsage writes what takes the space as a table, in which the sizes add up to the
// last, and its sum in a line. The bars are drawn with blocks where a terminal has
// them, and as long as it has room for.
func ListUsage(w io.Writer, paint Paint, u *Usage, now time.Time, blocks bool) {
	bar := longestBar
	if over := widest(u.lines(Paint{}, now, bar, blocks)) - paint.Width; paint.Width > 0 && over > 0 {
		if bar -= over; bar < shortestBar {
			bar = 0
		}
	}
	lines := u.lines(paint, now, bar, blocks)
	rule := "-"
	if blocks {
		rule = "─"
	}
	rule = strings.Repeat(rule, widest(lines[1:]))
	own := len(u.Rows) - len(u.special())
	for i, line := range lines {
		if i == own+1 && own > 0 || i == len(u.Rows)+1 && own < len(u.Rows) {
			fmt.Fprintln(w, rule)
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\n%s\n", paint.bold(UsageLine(u)))
}

// The lengths of bars, in characters.
const longestBar, shortestBar = 16, 4

// lines are the table's: the heading, a line for each row, and the total.
func (u *Usage) lines(paint Paint, now time.Time, bar int, blocks bool) []string {
	rows := append(slices.Clone(u.Rows), UsageRow{Kind: totalRow, Bytes: u.TotalBytes, ReclaimableBytes: u.ReclaimableBytes})
	var largest int64 = 1
	for _, r := range u.Rows {
		largest = max(largest, r.Bytes)
	}
	var aligned strings.Builder
	paint.table(&aligned, 0, func(w io.Writer) {
		fmt.Fprintf(w, "NAME\t%s\tSIZE\tEXCLUSIVE\tSHARED\tRECLAIMABLE\t\n", usageHeadings(u.By))
		for _, r := range rows {
			share := float64(r.Bytes) / float64(largest)
			if r.Kind == totalRow {
				share = 0
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.shortName(u.By)), r.facts(u.By, now),
				sizeOrNone(r.Bytes), sizeOrNone(r.ExclusiveBytes), sizeOrNone(r.SharedBytes), sizeOrNone(r.ReclaimableBytes), drawn(share, bar, blocks))
		}
	})
	return strings.Split(strings.TrimSuffix(aligned.String(), "\n"), "\n")
}

// special are the rows behind those that were asked for.
func (u *Usage) special() []UsageRow {
	own := 0
	for own < len(u.Rows) && slices.Contains([]string{usage.Repository, usage.Tag, usage.Layer}, u.Rows[own].Kind) {
		own++
	}
	return u.Rows[own:]
}

// totalRow is the kind of the last row, which is in no document.
const totalRow = "total"

// name is what a row is called.
func (r *UsageRow) name(by string) string {
	switch r.Kind {
	case usage.Repository:
		return r.Repository
	case usage.Tag:
		return r.Repository + ":" + r.tags()
	case usage.Layer:
		return r.Digest
	case usage.Others:
		switch by {
		case "repo":
			return "others (" + Count(int64(r.Repositories)) + ")"
		case "tag":
			return "others (" + Count(int64(r.Tags)) + ")"
		}
	}
	return usageNames[r.Kind]
}

// tags are those that a row is about, the first of them.
func (r *UsageRow) tags() string {
	const most = 3
	names := append([]string{r.Tag}, r.Aliases...)
	if len(names) <= most+1 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + Count(int64(len(names)-most)) + " more"
}

// shortName is as much of a name as a person needs to ask for more.
func (r *UsageRow) shortName(by string) string {
	if r.Kind == usage.Layer {
		return digestText(r.Digest, false)
	}
	return r.name(by)
}

var usageNames = map[string]string{
	usage.Others: "others", usage.Shared: "shared by several", usage.Kept: "kept besides", usage.Garbage: "garbage", usage.Orphans: "orphan blobs",
	usage.Uploads: "unfinished uploads", usage.Leftovers: "leftover files", usage.Links: "links, directories",
	usage.Other: "nobody's files", totalRow: "total",
}

// usageHeadings are of what there is to know of a row besides sizes.
func usageHeadings(by string) string {
	switch by {
	case "tag":
		return "PUSHED"
	case "layer":
		return "KIND\tREPOSITORIES\tTAGS"
	}
	return "TAGS\tUNTAGGED"
}

func (r *UsageRow) facts(by string, now time.Time) string {
	switch by {
	case "tag":
		return ago(r.Pushed, now)
	case "layer":
		return orNone(r.Media) + "\t" + countOrNone(r.Repositories) + "\t" + countOrNone(r.Tags)
	}
	return countOrNone(r.Tags) + "\t" + countOrNone(r.Untagged)
}

func sizeOrNone(bytes int64) string {
	if bytes == 0 {
		return "-"
	}
	return Size(bytes)
}

func countOrNone(n int) string {
	if n == 0 {
		return "-"
	}
	return Count(int64(n))
}

// drawn is a bar of a share of width characters.
func drawn(share float64, width int, blocks bool) string {
	if !blocks {
		return strings.Repeat("#", int(share*float64(width)+0.5))
	}
	const parts = 8 // of a block
	n := int(share*float64(width*parts) + 0.5)
	bar := strings.Repeat("█", n/parts)
	if n%parts > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[n%parts-1])
	}
	return bar
}

// widest is how many characters the longest of lines has.
func widest(lines []string) (width int) {
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line))
	}
	return width
}
