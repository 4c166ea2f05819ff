package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
)

// Size is a size for people, binary.
func Size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }

// Count is a number for people.
func Count(n int64) string { return humanize.Comma(n) }

// Where names the tree that a run works on, and who said so.
func Where(h *Header) string {
	return fmt.Sprintf("registry %s (%s)", printable(h.Root), source(h.RootSource))
}

// Summary writes what a run found, planned and did.
func Summary(w io.Writer, paint Paint, d *Document) {
	fmt.Fprintf(w, "%s\n\n", Where(&d.Header))
	done, label := d.gone(), "removed"
	if d.ToTrash {
		label = "to the trash"
	}
	bytes := func(r RepositoryRow) int64 { return r.ReclaimedBytes }
	if d.DryRun {
		done = d.Planned
		if !d.ToTrash {
			label = "to remove"
		}
		bytes = func(r RepositoryRow) int64 { return r.PlannedBytes }
	}
	paint.table(w, tabwriter.AlignRight, func(w io.Writer) { table(w, d.Found, done, label) })
	if top := largest(d.Repositories, 10, bytes); len(top) > 0 {
		fmt.Fprintf(w, "\n%s\n", paint.bold("largest by repository (what it alone links):"))
		for _, row := range top {
			name := row.Name
			if name == "" {
				name = "shared or nobody's"
			}
			fmt.Fprintf(w, "  %9s  %s\n", Size(bytes(row)), printable(name))
		}
	}
	if len(d.ByRule) > 0 {
		fmt.Fprintln(w)
		ListRules(w, paint, d.ByRule)
	}
	concerns(w, paint, &d.Header)
	fmt.Fprintf(w, "\n%s\n", paint.bold(Line(d)))
	if d.TrashID != "" {
		fmt.Fprintf(w, "undo: regjanitor trash restore%s\nfree: regjanitor trash empty%s\n", d.Undo, d.Undo)
	}
	if d.Stale() {
		fmt.Fprintf(w, "next: %s\n", Restart)
	}
}

// gone is what is no longer in the tree.
func (d *Document) gone() Counts {
	if d.ToTrash {
		return d.Trashed
	}
	return d.Removed
}

// Restart is what has to be done after links or blobs were removed.
const Restart = "flush the registry's Redis cache if it has one, then restart the registry before it takes a push: " +
	"it remembers blobs that are gone, and would not store them again"

// Stale tells whether a registry may remember something that the run removed.
func (d *Document) Stale() bool {
	gone := d.gone()
	return gone.Revisions+gone.LayerLinks+gone.Blobs > 0
}

func source(of string) string {
	switch of {
	case "flag":
		return "from --root"
	case "registry-config":
		return "from the registry's configuration"
	case "default":
		return "the default"
	}
	return "from " + of
}

func table(tw io.Writer, found, gone Counts, label string) {
	tableOf(tw, found, gone, "found", label, "kept")
}

// trashTable is of what lies in the trash.
func trashTable(tw io.Writer, found, done Counts, label string) {
	tableOf(tw, found, done, "in the trash", label, "left there")
}

func tableOf(tw io.Writer, found, gone Counts, before, label, after string) {
	fmt.Fprintf(tw, "\t%s\t%s\t%s\t\n", before, label, after)
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

// concerns writes what a person should look at.
func concerns(w io.Writer, paint Paint, h *Header) {
	if len(h.Doubts) > 0 {
		what := "kept in doubt"
		if h.Command == "verify" {
			what = "could not be looked at"
		}
		fmt.Fprintf(w, "\n%s\n", paint.yellow(fmt.Sprintf("%s (%d):", what, len(h.Doubts))))
		for _, d := range h.Doubts {
			fmt.Fprintf(w, "  %s: %s [%s]\n", place(h, d.Path), printable(d.Problem), d.Code)
			if d.Hint != "" {
				fmt.Fprintf(w, "    hint: %s\n", printable(d.Hint))
			}
		}
	}
	if len(h.Failures) > 0 {
		what := "not removed"
		switch h.Command {
		case "trash restore":
			what = "not restored"
		case "repair":
			what = "not written"
		case "trash list":
			what = "not readable"
		}
		fmt.Fprintf(w, "\n%s\n", paint.red(fmt.Sprintf("%s (%d):", what, len(h.Failures))))
		for _, f := range h.Failures {
			fmt.Fprintf(w, "  %s: %s [%s]\n", place(h, f.Path), printable(f.Error), f.Code)
		}
	}
	const most = 20
	if len(h.Warnings) > 0 {
		fmt.Fprintf(w, "\n%s\n", paint.bold(fmt.Sprintf("warnings (%d):", len(h.Warnings))))
		for _, warning := range h.Warnings[:min(most, len(h.Warnings))] {
			fmt.Fprintf(w, "  %s: %s [%s]\n", place(h, warning.Path), printable(warning.Message), warning.Code)
		}
		if more := len(h.Warnings) - most; more > 0 {
			fmt.Fprintf(w, "  … and %d more, see --json\n", more)
		}
	}
}

// Line is the whole run in one line.
func Line(d *Document) string {
	gone, verb := d.gone(), "reclaimed"
	free := fmt.Sprintf("free space %s, was %s", Size(d.FreeBytesAfter), Size(d.FreeBytesBefore))
	if d.DryRun {
		gone, verb = d.Planned, "would reclaim"
		free = Size(d.FreeBytesBefore) + " free"
	}
	size := Size(gone.DiskBytes)
	if d.ToTrash {
		verb, size = "moved", size+" to the trash"
		if d.DryRun {
			verb = "would move"
		}
	}
	line := fmt.Sprintf("%s %s %s: %s, %s, %s, %s, %s; %s; took %s; %s, %s", d.Command, verb, size,
		Some(gone.Tags, "tag"), Some(gone.Revisions, "revision"), Some(gone.LayerLinks, "layer link"),
		Some(gone.Blobs, "blob"), Some(gone.Uploads, "upload"), free, took(d.DurationSeconds),
		Some(int64(len(d.Doubts)), "doubt"), Some(int64(len(d.Failures)), "failure"))
	if d.TrashID != "" {
		line += "; undo with regjanitor trash restore" + d.Undo
	}
	if d.Stale() {
		line += "; restart the registry"
	}
	return line
}

// Some is a number of things.
func Some(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Count(n) + " " + thing
}

// took rounds to what matters of a duration.
func took(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond)
	case d < time.Minute:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
