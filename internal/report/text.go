package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
)

// Size is a size for people, binary.
func Size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }

// Count is a number for people.
func Count(n int64) string { return humanize.Comma(n) }

// Summary writes what a run found, planned and did.
func Summary(w io.Writer, d *Document) {
	fmt.Fprintf(w, "registry %s (%s)\n\n", d.Root, source(d.RootSource))
	done, label := d.Removed, "removed"
	bytes := func(r RepositoryRow) int64 { return r.ReclaimedBytes }
	if d.DryRun {
		done, label = d.Planned, "to remove"
		bytes = func(r RepositoryRow) int64 { return r.PlannedBytes }
	}
	table(w, d.Found, done, label)
	if top := largest(d.Repositories, 10, bytes); len(top) > 0 {
		fmt.Fprintf(w, "\nlargest by repository (what it alone links):\n")
		for _, row := range top {
			name := row.Name
			if name == "" {
				name = "shared or nobody's"
			}
			fmt.Fprintf(w, "  %9s  %s\n", Size(bytes(row)), printable(name))
		}
	}
	Concerns(w, &d.Header)
	fmt.Fprintf(w, "\n%s\n", Line(d))
	if d.Removed.LayerLinks+d.Removed.Blobs+d.Removed.Revisions > 0 {
		fmt.Fprintf(w, "next: flush the registry's Redis cache if it has one, then restart the registry before it takes a push:\n"+
			"      it remembers blobs that are gone, and would not store them again\n")
	}
}

func source(of string) string {
	switch of {
	case "flag":
		return "from --root"
	case "registry-config":
		return "from --registry-config"
	case "default":
		return "the default"
	}
	return "from " + of
}

func table(w io.Writer, found, gone Counts, label string) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tw.Flush()
	fmt.Fprintf(tw, "\tfound\t%s\tkept\t\n", label)
	row := func(name string, f, g int64, show func(int64) string) {
		if f != 0 || g != 0 {
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t\n", name, show(f), show(g), show(f-g))
		}
	}
	row("repositories", found.Repositories, gone.Repositories, Count)
	row("tags", found.Tags, gone.Tags, Count)
	row("revisions", found.Revisions, gone.Revisions, Count)
	row("tag history entries", found.TagIndexEntries, gone.TagIndexEntries, Count)
	row("layer links", found.LayerLinks, gone.LayerLinks, Count)
	row("blobs", found.Blobs, gone.Blobs, Count)
	row("uploads", found.Uploads, gone.Uploads, Count)
	row("leftovers", found.Leftovers, gone.Leftovers, Count)
	if gone.Directories > 0 {
		fmt.Fprintf(tw, "empty directories\t\t%s\t\t\n", Count(gone.Directories))
	}
	row("size", found.Bytes, gone.Bytes, Size)
	row("on disk", found.DiskBytes, gone.DiskBytes, Size)
}

// Concerns writes what a person should look at.
func Concerns(w io.Writer, h *Header) {
	if len(h.Doubts) > 0 {
		fmt.Fprintf(w, "\nkept in doubt (%d):\n", len(h.Doubts))
		for _, d := range h.Doubts {
			fmt.Fprintf(w, "  %s: %s [%s]\n", printable(d.Path), printable(d.Problem), d.Code)
			hint(w, d.Hint)
		}
	}
	if len(h.Failures) > 0 {
		fmt.Fprintf(w, "\nnot removed (%d):\n", len(h.Failures))
		for _, f := range h.Failures {
			fmt.Fprintf(w, "  %s: %s [%s]\n", printable(f.Path), printable(f.Error), f.Code)
		}
	}
	const most = 20
	if len(h.Warnings) > 0 {
		fmt.Fprintf(w, "\nwarnings (%d):\n", len(h.Warnings))
		for _, warning := range h.Warnings[:min(most, len(h.Warnings))] {
			fmt.Fprintf(w, "  %s: %s [%s]\n", printable(warning.Path), printable(warning.Message), warning.Code)
		}
		if more := len(h.Warnings) - most; more > 0 {
			fmt.Fprintf(w, "  … and %d more, see --json\n", more)
		}
	}
}

func hint(w io.Writer, text string) {
	if text != "" {
		fmt.Fprintf(w, "    hint: %s\n", text)
	}
}

// Line is the whole run in one line.
func Line(d *Document) string {
	took := time.Duration(d.DurationSeconds * float64(time.Second)).Round(10 * time.Millisecond)
	var b strings.Builder
	if d.DryRun {
		fmt.Fprintf(&b, "%s would reclaim %s", d.Command, Size(d.Planned.DiskBytes))
	} else {
		fmt.Fprintf(&b, "%s reclaimed %s", d.Command, Size(d.Removed.DiskBytes))
	}
	gone := d.Removed
	if d.DryRun {
		gone = d.Planned
	}
	fmt.Fprintf(&b, ": %s tags, %s revisions, %s layer links, %s blobs, %s uploads",
		Count(gone.Tags), Count(gone.Revisions), Count(gone.LayerLinks), Count(gone.Blobs), Count(gone.Uploads))
	if d.DryRun {
		fmt.Fprintf(&b, "; %s free", Size(d.FreeBytesBefore))
	} else {
		fmt.Fprintf(&b, "; free space %s, was %s", Size(d.FreeBytesAfter), Size(d.FreeBytesBefore))
	}
	fmt.Fprintf(&b, "; took %s; %d doubts, %d failures", took, len(d.Doubts), len(d.Failures))
	return b.String()
}

// Refusal writes why a run did not start or did not end, and what to do.
func Refusal(w io.Writer, p *Problem) {
	fmt.Fprintf(w, "error: %s [%s]\n", printable(p.Message), p.Code)
	if p.Hint != "" {
		fmt.Fprintf(w, "hint: %s\n", p.Hint)
	}
}

// printable escapes what a terminal could take for a command, and what is no
// UTF-8: names in a tree may be any bytes.
func printable(s string) string {
	quoted := fmt.Sprintf("%q", s)
	if inner := quoted[1 : len(quoted)-1]; inner != s && strings.ReplaceAll(strings.ReplaceAll(inner, `\"`, `"`), `\\`, `\`) != s {
		return inner
	}
	return s
}
