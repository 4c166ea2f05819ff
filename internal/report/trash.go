package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// Trash is the JSON document of trash list.
type Trash struct {
	Header
	Runs []TrashedRun `json:"runs"`
}

// TrashedRun is what one run has in the trash.
type TrashedRun struct {
	ID      string    `json:"id"`
	Command string    `json:"command"`
	Started time.Time `json:"started"`
	Trashed Counts    `json:"trashed"`
}

// TrashOf puts runs into a document, never nil.
func TrashOf(runs []TrashedRun) *Trash { return &Trash{Runs: append([]TrashedRun{}, runs...)} }

// RowOf is what one run has in the trash.
func RowOf(kept *trash.Kept) TrashedRun {
	return TrashedRun{kept.ID, kept.Command, kept.Started, CountsOf(kept.Total())}
}

// ListTrash writes a table of runs.
func ListTrash(w io.Writer, paint Paint, runs []TrashedRun, now time.Time) {
	paint.table(w, 0, func(w io.Writer) {
		fmt.Fprintf(w, "ID\tCOMMAND\tMOVED\tTAGS\tREVISIONS\tBLOBS\tON DISK\n")
		for _, r := range runs {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.ID), printable(r.Command), humanize.RelTime(r.Started, now, "ago", "from now"),
				Count(r.Trashed.Tags), Count(r.Trashed.Revisions), Count(r.Trashed.Blobs), Size(r.Trashed.DiskBytes))
		}
	})
}

// TrashWords are those for one thing that can be done with the trash.
type TrashWords struct {
	Question             string
	would, doing, failed string // before a path
	did, woulds          string // before figures
	op, status           string // in the JSON
	label                string // above a column
	// Counts is where a document counts what was done.
	Counts func(*Document) *Counts
}

// Restoring and Emptying are what can be done with the trash.
var (
	Restoring = &TrashWords{
		Question: "Put this back?", would: "DRY_RUN: would have restored ", doing: "Restoring ", failed: "Could not restore ",
		did: "restored", woulds: "would restore", label: "restored", op: "restore", status: "restored", Counts: func(d *Document) *Counts { return &d.Restored },
	}
	Emptying = &TrashWords{
		Question: "Remove this for good?", would: "DRY_RUN: would have deleted for good ", doing: "Deleting for good ", failed: "Could not delete ",
		did: "reclaimed", woulds: "would reclaim", label: "removed", op: "delete", status: "removed", Counts: func(d *Document) *Counts { return &d.Removed },
	}
)

// TrashSummary writes what lies in the trash and what was done with it.
func TrashSummary(w io.Writer, paint Paint, d *Document, words *TrashWords) {
	fmt.Fprintf(w, "%s\n", Where(&d.Header))
	if d.Found != (Counts{}) {
		done, label := *words.Counts(d), words.label
		if d.DryRun {
			done, label = d.Planned, "would be "+label
		}
		fmt.Fprintln(w)
		paint.table(w, tabwriter.AlignRight, func(w io.Writer) { trashTable(w, d.Found, done, label) })
	}
	concerns(w, paint, &d.Header)
	fmt.Fprintf(w, "\n%s\n", paint.bold(TrashLine(d, words)))
	left := d.Found.Blobs + d.Found.Tags - words.Counts(d).Blobs - words.Counts(d).Tags
	switch {
	case d.DryRun:
	case words == Restoring && len(d.Failures) > 0:
		fmt.Fprintf(w, "next: see above what keeps the rest from coming back, or give that up with regjanitor trash empty%s; until then nothing is swept, for what came back may wait for it\n", d.Undo)
	case left > 0:
		fmt.Fprintf(w, "next: what is left in the trash stays there until regjanitor trash empty%s\n", d.Undo)
	}
}

// TrashLine is the whole run in one line.
func TrashLine(d *Document, words *TrashWords) string {
	done, verb := *words.Counts(d), words.did
	if d.DryRun {
		done, verb = d.Planned, words.woulds
	}
	if d.Found == (Counts{}) {
		return d.Command + ": there is nothing of the kind in the trash"
	}
	return fmt.Sprintf("%s %s %s: %s, %s, %s, %s, %s; free space %s, was %s; took %s; %s", d.Command, verb, Size(done.DiskBytes),
		Some(done.Tags, "tag"), Some(done.Revisions, "revision"), Some(done.LayerLinks, "layer link"), Some(done.Blobs, "blob"),
		Some(done.Uploads, "upload"), Size(d.FreeBytesAfter), Size(d.FreeBytesBefore), took(d.DurationSeconds), Some(int64(len(d.Failures)), "failure"))
}

// TrashAction spells out what was done with one thing in the trash.
func TrashAction(words *TrashWords, e trash.Entry, dry bool, err error) Action {
	a := Action{
		Op: words.op, Kind: e.Kind.String(), Path: e.Path, Repository: e.Repository, Tag: e.Tag, Digest: e.Digest.String(),
		Reason: plan.Requested.String(), Bytes: e.Bytes, Status: words.status,
	}
	switch {
	case dry:
		a.Status = sweep.Planned.String()
	case err != nil:
		message := err.Error()
		a.Status, a.Error = sweep.Failed.String(), &message
	}
	return a
}

// TrashFailures are what did not come back, or did not go.
func TrashFailures(result *trash.Result) []Failure {
	var all []Failure
	for _, f := range result.Failures {
		all = append(all, Failure{f.Code, f.Path, f.Err.Error()})
	}
	return all
}
