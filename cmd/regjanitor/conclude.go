package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/sweep"
)

// conclude completes the document with what was done.
func (r *reclaim) conclude(ctx context.Context, p *plan.Plan, result *sweep.Result) error {
	d := r.document
	if r.Trash {
		d.Trashed = report.CountsOf(result.Removed)
		if d.Trashed != (report.Counts{}) {
			d.TrashID, d.Undo = r.runID, r.rootFlag()+" "+r.runID
		}
	} else {
		d.Removed = report.CountsOf(result.Removed)
	}
	d.Repositories = report.RepositoriesOf(p, result)
	if r.Verbose {
		d.Actions = report.ActionsOf(p, result)
	}
	if free, err := r.root.Free(); err == nil {
		d.FreeBytesAfter = free
	}
	r.failures = report.FailuresOf(result)
	if len(r.failures) > 0 {
		r.code = exitInDoubt
	}
	if result.Interrupted && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		r.late(p, result)
	}
	r.summary()
	if d.Stale() { // the summary has said so in words
		r.warn("restart-registry", r.v2, report.Restart)
		switch {
		case r.script && r.beside:
			r.voice.Warn(report.Restart)
		case r.script:
			r.debug("%s", report.Restart)
		}
	}
	switch {
	case result.Stopped != nil:
		return stoppedError{result.Stopped}
	case result.Interrupted && r.code != exitDeadline:
		return interruptedError{result.Removed.Things(), "removal"}
	}
	return nil
}

// late says what the deadline has left for the next run.
func (r *reclaim) late(p *plan.Plan, result *sweep.Result) {
	r.code = exitDeadline
	left := p.Planned.Things() - result.Removed.Things()
	r.warn("deadline", r.v2, fmt.Sprintf("the deadline of %s came first: %s and %s are left for the next run",
		r.Deadline, report.Some(left, "thing"), report.Size(p.Planned.DiskBytes-result.Removed.DiskBytes)))
}

func (r *reclaim) summary() {
	r.document.Header = r.header(r.code, nil)
	r.tell(r.document)
}

// tell writes a document for people, as far as they want it.
func (r *reclaim) tell(d *report.Document) {
	r.concerns(&d.Header)
	r.text(func(w io.Writer, paint report.Paint) {
		if r.Quiet {
			fmt.Fprintln(w, report.Line(d))
			return
		}
		report.Summary(w, paint, d)
	})
}
