package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"regjanitor/internal/usage"
)

// ListUsage writes what takes the space as a table, in which the sizes add up to the
// last, and its sum in a line. The bars are drawn with blocks where a terminal has
// them.
func ListUsage(w io.Writer, paint Paint, u *Usage, now time.Time, blocks bool) {
	own := 0
	for own < len(u.Rows) && u.Rows[own].isOwn() {
		own++
	}
	total := UsageRow{Kind: totalRow, Bytes: u.TotalBytes, ReclaimableBytes: u.ReclaimableBytes}
	bars := barsOf(u.Rows, blocks)
	var aligned bytes.Buffer
	paint.table(&aligned, 0, func(w io.Writer) {
		fmt.Fprintf(w, "NAME\t%s\tSIZE\tEXCLUSIVE\tSHARED\tRECLAIMABLE\t\n", usageHeadings(u.By))
		for _, r := range append(u.Rows[:len(u.Rows):len(u.Rows)], total) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.name(u.By)), r.facts(u.By, now),
				sizeOrNone(r.Bytes), sizeOrNone(r.ExclusiveBytes), sizeOrNone(r.SharedBytes), sizeOrNone(r.ReclaimableBytes), bars(r))
		}
	})
	lines := strings.SplitAfter(aligned.String(), "\n")
	rule := ruleFor(lines[1:], blocks)
	for i, line := range lines {
		if i == own+1 && own > 0 || i == len(u.Rows)+1 && own < len(u.Rows) {
			fmt.Fprintln(w, rule)
		}
		io.WriteString(w, line)
	}
	fmt.Fprintf(w, "\n%s\n", paint.bold(UsageLine(u)))
}

// totalRow is the kind of the last row, which is in no document.
const totalRow = "total"

// isOwn tells a row of a repository, tag or layer.
func (r *UsageRow) isOwn() bool {
	return r.Kind == usage.Repository || r.Kind == usage.Tag || r.Kind == usage.Layer
}

// name is what a row is called.
func (r *UsageRow) name(by string) string {
	switch r.Kind {
	case usage.Repository:
		return r.Repository
	case usage.Tag:
		return r.Repository + ":" + r.Tag
	case usage.Layer:
		return r.Digest
	case usage.Others:
		switch by {
		case "repo":
			return "others (" + Count(int64(r.Repositories)) + ")"
		case "tag":
			return "others (" + Count(int64(r.Tags)) + ")"
		}
	case usage.Shared:
		if by == "tag" {
			return "shared by tags"
		}
		return "shared by repositories"
	}
	return usageNames[r.Kind]
}

var usageNames = map[string]string{
	usage.Others: "others", usage.Kept: "kept besides", usage.Garbage: "garbage", usage.Orphans: "orphan blobs",
	usage.Uploads: "unfinished uploads", usage.Leftovers: "leftover files", usage.Links: "links and directories",
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

// barsOf draws a row's share of the largest.
func barsOf(rows []UsageRow, blocks bool) func(UsageRow) string {
	const width, parts = 16, 8
	var largest int64 = 1
	for _, r := range rows {
		largest = max(largest, r.Bytes)
	}
	return func(r UsageRow) string {
		if r.Kind == totalRow || r.Bytes == 0 {
			return ""
		}
		share := float64(r.Bytes) / float64(largest)
		if !blocks {
			return strings.Repeat("#", int(share*width+0.5))
		}
		n := max(1, int(share*width*parts+0.5))
		bar := strings.Repeat("█", n/parts)
		if n%parts > 0 {
			bar += string([]rune("▏▎▍▌▋▊▉")[n%parts-1])
		}
		return bar
	}
}

// ruleFor is a line as long as the longest of others.
func ruleFor(lines []string, blocks bool) string {
	longest := 0
	for _, line := range lines {
		longest = max(longest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	if blocks {
		return strings.Repeat("─", longest)
	}
	return strings.Repeat("-", longest)
}
