package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/repair"
	"regjanitor/internal/store"
)

// Repair is the JSON document of repair.
type Repair struct {
	Header
	DryRun     bool           `json:"dry_run"`
	Planned    RepairCounts   `json:"planned"`
	Done       RepairCounts   `json:"done"`
	Repaired   []RepairAction `json:"repaired"`
	Unrepaired []Unrepaired   `json:"unrepaired"`
	BlobsRead  int            `json:"blobs_read"`
	BytesRead  int64          `json:"bytes_read"`
	TrashID    string         `json:"trash_id"` // of what was moved there

	Flag string `json:"-"` // what names the tree to other commands
}

// RepairCounts are repair.Totals under the names of the document.
type RepairCounts struct {
	Tags            int64 `json:"tags"`
	Revisions       int64 `json:"revisions"`
	TagIndexEntries int64 `json:"tag_index_entries"`
	LayerLinks      int64 `json:"layer_links"`
	Copied          int64 `json:"blobs_copied"`
	Trashed         int64 `json:"blobs_trashed"`
	BytesCopied     int64 `json:"bytes_copied"`
	BytesTrashed    int64 `json:"bytes_trashed"`
}

// RepairAction is one file that is written, or moved aside.
type RepairAction struct {
	Kind       string  `json:"kind"`
	Action     string  `json:"action"`
	Path       string  `json:"path"`
	Repository string  `json:"repository"`
	Tag        string  `json:"tag"`
	Digest     string  `json:"digest"`
	Bytes      int64   `json:"bytes"`
	Reason     string  `json:"reason"`
	Source     string  `json:"source"`
	Status     string  `json:"status"`
	Error      *string `json:"error"`
}

// Unrepaired is something that nobody but a person can repair.
type Unrepaired struct {
	Code       string   `json:"code"`
	Repository string   `json:"repository"`
	Tags       []string `json:"tags"`
	Digest     string   `json:"digest"`
	Path       string   `json:"path"`
	Problem    string   `json:"problem"`
	Hint       string   `json:"hint"`
}

// RepairOf puts a plan into a document, with what became of it where that is
// known. Of a nil plan nothing is known yet.
func RepairOf(p *repair.Plan, result *repair.Result, dryRun bool) *Repair {
	d := &Repair{DryRun: dryRun, Repaired: []RepairAction{}, Unrepaired: []Unrepaired{}}
	if p == nil {
		return d
	}
	var planned repair.Totals
	for i, a := range p.Actions {
		planned.Add(a)
		status, failed := repair.Planned, error(nil)
		if result != nil {
			status, failed = result.Statuses[i], result.Errors[i]
		}
		d.Repaired = append(d.Repaired, RepairAction{a.Kind.String(), a.Op.String(), a.Path, a.Repository, a.Tag,
			string(a.Digest), a.Bytes, a.Reason, a.Source, status.String(), messageOf(failed)})
	}
	d.Planned = RepairCounts(planned)
	if result != nil {
		d.Done = RepairCounts(result.Done)
	}
	for _, u := range p.Problems {
		d.Unrepaired = append(d.Unrepaired, Unrepaired{string(u.Code), u.Repository, append([]string{}, u.Tags...), string(u.Digest), u.Path, u.Problem, u.Hint})
	}
	d.BlobsRead, d.BytesRead = p.Read.Blobs, p.Read.Bytes
	return d
}

func messageOf(err error) *string {
	if err == nil {
		return nil
	}
	message := err.Error()
	return &message
}

// RepairFailures are what was planned and not done.
func RepairFailures(p *repair.Plan, result *repair.Result) []Failure {
	var all []Failure
	for i, err := range result.Errors {
		switch result.Statuses[i] {
		case repair.Skipped:
			all = append(all, Failure{Code: "changed", Path: p.Actions[i].Path, Error: err.Error()})
		case repair.Failed:
			all = append(all, Failure{store.Word(err), p.Actions[i].Path, err.Error()})
		}
	}
	return all
}

// Repaired tells what became of an action, or of one that is only planned would.
func (l *Log) Repaired(a repair.Action, status repair.Status, err error) {
	words := map[repair.Op][2]string{
		repair.Trashing:  {"Moving to the trash ", "moved to the trash "},
		repair.Copying:   {"Copying from " + printable(a.Source) + " ", "copied from " + printable(a.Source) + " "},
		repair.Rewriting: {"Rewriting ", "rewritten "},
		repair.Creating:  {"Creating ", "created "},
	}[a.Op]
	item := plan.Item{Kind: a.Kind, Path: a.Path, Bytes: a.Bytes, Disk: a.Bytes}
	switch status {
	case repair.Planned:
		l.line(levelInfo, item, "DRY_RUN: would have "+words[1], "")
	case repair.Done:
		l.line(levelInfo, item, words[0], "")
	default:
		l.line(levelError, item, "Could not be "+words[1], ": "+err.Error())
	}
}

// Unrepaired says what a person has to look at, where the summary does not.
func (v Voice) Unrepaired(d *Repair) {
	for _, u := range d.Unrepaired {
		path := place(&d.Header, u.Path)
		if v.JSON {
			v.object(levelWarning, u.Problem, map[string]any{"code": u.Code, "repository": u.Repository, "tags": u.Tags, "path": path, "hint": u.Hint})
			continue
		}
		fmt.Fprintf(v.W, "%s: %s [%s]; %s\n", path, printable(u.Problem), u.Code, printable(u.Hint))
	}
}

// RepairSummary writes what a run repaired, and what it could not.
func RepairSummary(w io.Writer, paint Paint, d *Repair) {
	fmt.Fprintf(w, "%s\n", Where(&d.Header))
	if d.Planned != (RepairCounts{}) {
		fmt.Fprintln(w)
		paint.table(w, tabwriter.AlignRight, func(w io.Writer) { repairTable(w, d) })
	}
	if len(d.Unrepaired) > 0 {
		fmt.Fprintf(w, "\n%s\n", paint.red(fmt.Sprintf("not repaired (%d):", len(d.Unrepaired))))
		for _, u := range d.Unrepaired {
			fmt.Fprintf(w, "  %s: %s [%s]\n", place(&d.Header, u.Path), printable(u.Problem), u.Code)
			if len(u.Tags) > 0 {
				fmt.Fprintf(w, "    needed by %s\n", printable(u.Repository+":"+few(u.Tags)))
			}
			fmt.Fprintf(w, "    hint: %s\n", printable(u.Hint))
		}
	}
	concerns(w, paint, &d.Header)
	fmt.Fprintf(w, "\n%s\n", paint.bold(RepairLine(d)))
	if d.TrashID != "" {
		fmt.Fprintf(w, "free: what was corrupt lies in the trash until regjanitor trash empty%s %s\n", d.Flag, d.TrashID)
	}
	if d.Done != (RepairCounts{}) {
		fmt.Fprintf(w, "next: %s; then see with regjanitor verify%s\n", Restart, d.Flag)
	}
}

// few are some names, and how many more there are.
func few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func repairTable(w io.Writer, d *Repair) {
	label := "repaired"
	if d.DryRun {
		label = "to repair"
	}
	fmt.Fprintf(w, "\t%s\t\n", label)
	counts := d.shown()
	for _, row := range []struct {
		name   string
		things int64
		bytes  int64
	}{
		{"tags", counts.Tags, 0}, {"revisions", counts.Revisions, 0}, {"tag history entries", counts.TagIndexEntries, 0},
		{"layer links", counts.LayerLinks, 0}, {"blobs copied", counts.Copied, counts.BytesCopied},
		{"blobs to the trash", counts.Trashed, counts.BytesTrashed},
	} {
		if row.things > 0 {
			fmt.Fprintf(w, "%s\t%s\t\n", row.name, Count(row.things))
		}
	}
}

// shown is what was done, or in a dry run what would be.
func (d *Repair) shown() RepairCounts {
	if d.DryRun {
		return d.Planned
	}
	return d.Done
}

// RepairLine is the whole run in one line.
func RepairLine(d *Repair) string {
	if len(d.Repaired)+len(d.Unrepaired) == 0 {
		return fmt.Sprintf("%s: there is nothing to repair; %s of %s read; took %s", d.Command, Some(int64(d.BlobsRead), "blob"), Size(d.BytesRead), took(d.DurationSeconds))
	}
	verb, c := "wrote", d.shown()
	if d.DryRun {
		verb = "would write"
	}
	line := fmt.Sprintf("%s %s %s, copy %s (%s), move %s (%s) to the trash; %s not repaired; took %s; %s", d.Command, verb,
		Some(c.Tags+c.Revisions+c.TagIndexEntries+c.LayerLinks, "link"), Some(c.Copied, "blob"), Size(c.BytesCopied),
		Some(c.Trashed, "blob"), Size(c.BytesTrashed), Some(int64(len(d.Unrepaired)), "problem"), took(d.DurationSeconds), Some(int64(len(d.Failures)), "failure"))
	if !d.DryRun {
		line = strings.NewReplacer(" copy ", " copied ", " move ", " moved ").Replace(line)
	}
	if d.Done != (RepairCounts{}) {
		line += "; restart the registry"
	}
	return line
}

// Metrics are those of a repair.
func (d *Repair) Metrics(previous []byte, now time.Time) []byte {
	g := gaugesOf(&d.Header, previous, now)
	g.set("last_run_dry_run", "1 if the last run changed nothing on purpose.", flag(d.DryRun))
	g.set("last_run_trashed_bytes", "Disk space of what the last run moved to the trash.", float64(d.Done.BytesTrashed))
	g.set("last_run_failures", "What the last run could not write.", float64(len(d.Failures)))
	g.set("last_run_doubts", "What the last run could not repair.", float64(len(d.Unrepaired)))
	return g.end(&d.Header)
}
