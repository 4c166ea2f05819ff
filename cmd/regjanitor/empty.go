package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/trash"
)

// Run puts back what a run has moved aside.
func (c *trashRestoreCmd) Run(ctx context.Context, s *session) error {
	look := func() error { // what could not be scanned cannot be restored into either
		_, err := s.scan(ctx, inventory.Options{AllowMounts: c.AllowMounts}, !c.DryRun)
		return err
	}
	e := emptier{session: s, emptying: c.emptying, words: report.Restoring, before: look, do: func(kept *trash.Kept, opts trash.Options) *trash.Result {
		return kept.Restore(ctx, s.storage, s.root, opts)
	}}
	return e.run(ctx, func() ([]string, error) { return s.oneRun(string(c.ID)) })
}

// Run removes for good what runs have moved aside.
func (c *trashEmptyCmd) Run(ctx context.Context, s *session) error {
	e := emptier{session: s, emptying: c.emptying, words: report.Emptying, do: func(kept *trash.Kept, opts trash.Options) *trash.Result {
		return kept.Empty(ctx, s.storage, opts)
	}}
	if c.OlderThan > 0 {
		e.young = func(k *trash.Kept) bool { return s.started.Sub(k.Started) < time.Duration(c.OlderThan) }
	}
	return e.run(ctx, func() ([]string, error) {
		if c.ID == "" {
			return s.runs()
		}
		return s.oneRun(string(c.ID))
	})
}

func (s *session) oneRun(prefix string) ([]string, error) {
	ids, err := s.runs()
	if err != nil {
		return nil, err
	}
	id, err := trash.Find(ids, prefix)
	return []string{id}, err
}

// emptier is what restoring and emptying have in common: to take things out of
// the trash.
type emptier struct {
	*session
	emptying
	words        *report.TrashWords
	do           func(*trash.Kept, trash.Options) *trash.Result
	young        func(*trash.Kept) bool // not to be touched yet; may be nil
	leaveUploads bool
	before       func() error // a last condition; may be nil
}

func (e *emptier) run(ctx context.Context, choose func() ([]string, error)) error {
	e.document = report.NewDocument(e.DryRun)
	if err := e.openTrash(e.AllowMounts); err != nil {
		return err
	}
	defer e.root.Close()
	defer e.storage.Close()
	if e.DryRun {
		e.warnOfRegistry()
	} else if err := e.take(ctx); err != nil {
		return err
	}
	ids, err := choose()
	if err != nil {
		return err
	}
	all := e.openRuns(ids)
	defer closeAll(all)
	runs := all
	if e.young != nil {
		runs = slices.DeleteFunc(slices.Clone(all), e.young)
	}
	if e.before != nil {
		if err := e.before(); err != nil {
			return err
		}
		e.foretell(runs)
	}
	e.describe(runs)
	if e.DryRun || len(runs) == 0 {
		e.would(runs)
		e.summary(e.document)
		return nil
	}
	if err := e.consent(ctx, runs); err != nil {
		return err
	}
	if err := e.look().Judge(e.RegistryStopped); err != nil {
		return err
	}
	return e.execute(runs)
}

// take makes sure that nobody else writes to the tree.
func (e *emptier) take(ctx context.Context) (err error) {
	e.leaveUploads, err = e.seize(ctx, e.RegistryStopped)
	if e.leaveUploads {
		e.warnReadOnly()
	}
	return err
}

// describe begins the document with what lies in the trash.
func (e *emptier) describe(runs []*trash.Kept) {
	var total plan.Totals
	for _, kept := range runs {
		total.Sum(kept.Total())
	}
	d := e.document
	if len(runs) == 1 {
		d.Undo = e.rootFlag() + " " + runs[0].ID
	}
	d.Found, d.Planned = report.CountsOf(total), report.CountsOf(total)
	d.FreeBytesBefore, _ = e.root.Free()
	d.FreeBytesAfter = d.FreeBytesBefore
}

// foretell warns of what has something in its place by now.
func (e *emptier) foretell(runs []*trash.Kept) {
	for _, kept := range runs {
		if kept.Command == "repair" {
			e.warn("was-corrupt", trash.Dir+"/"+kept.ID, "a repair moved corrupt data there: it comes back, and what needs it cannot be pulled any more")
		}
		if n := kept.Occupied(e.root); n > 0 {
			e.warn("already-there", trash.Dir+"/"+kept.ID, report.Some(int64(n), "thing")+
				" cannot come back: something is in its place, and stays")
		}
	}
}

// would tells of each thing what is to become of it.
func (e *emptier) would(runs []*trash.Kept) {
	for _, kept := range runs {
		for i, entry := range kept.Entries {
			if kept.There[i] {
				e.tell(entry, true, nil)
			}
		}
	}
}

func (e *emptier) tell(entry trash.Entry, dry bool, err error) {
	if log := e.log(); log != nil {
		log.Entry(e.words, entry, dry, err)
	}
	if e.Verbose {
		e.document.Actions = append(e.document.Actions, report.TrashAction(e.words, entry, dry, err))
	}
}

func (e *emptier) consent(ctx context.Context, runs []*trash.Kept) error {
	if e.Yes {
		return nil
	}
	dry := *e.document
	dry.DryRun = true
	if !e.canAsk() {
		e.would(runs)
		e.summary(&dry)
		return errNobodyAgreed
	}
	dry.Header = e.header(e.code, nil)
	report.TrashSummary(e.voice.W, e.voice.Paint, &dry, e.words)
	return e.ask(ctx, e.words.Question)
}

func (e *emptier) execute(runs []*trash.Kept) error {
	opts := trash.Options{Jobs: e.Jobs, Observe: e.display.Observe, LeaveUploads: e.leaveUploads, Done: func(entry trash.Entry, err error) { e.tell(entry, false, err) }}
	var done plan.Totals
	var result *trash.Result
	for _, kept := range runs {
		result = e.do(kept, opts)
		done.Sum(result.Done)
		e.explain(kept, result)
		e.failures = append(e.failures, report.TrashFailures(result)...)
		if result.Stopped != nil || result.Interrupted {
			break
		}
	}
	e.display.Pause()
	return e.conclude(done, result)
}

// explain adds to what is said of a tag that lacks something where that is: in
// the trash of another run.
func (e *emptier) explain(kept *trash.Kept, result *trash.Result) {
	if !slices.ContainsFunc(result.Failures, func(f trash.Failure) bool { return trash.Lacking(f.Err) != nil }) {
		return
	}
	ids, err := e.runs()
	if err != nil {
		return
	}
	for _, id := range ids {
		if id == kept.ID {
			continue
		}
		other, err := trash.Open(e.storage, id)
		if err != nil {
			continue
		}
		for i, f := range result.Failures {
			if slices.ContainsFunc(trash.Lacking(f.Err), other.Holds) {
				result.Failures[i].Err = fmt.Errorf("%w; it is in the trash of %s: restore that first, and then this again", f.Err, id)
			}
		}
		other.Close()
	}
}

func (e *emptier) conclude(done plan.Totals, last *trash.Result) error {
	d := e.document
	*e.words.Counts(d) = report.CountsOf(done)
	if free, err := e.root.Free(); err == nil {
		d.FreeBytesAfter = free
	}
	if len(e.failures) > 0 {
		e.code = exitInDoubt
	}
	e.summary(d)
	switch {
	case last.Stopped != nil:
		return stoppedError{last.Stopped}
	case last.Interrupted:
		return interruptedError{done.Things(), "change"}
	}
	return nil
}

func (e *emptier) summary(d *report.Document) {
	d.Header = e.header(e.code, nil)
	e.concerns(&d.Header)
	e.text(func(w io.Writer, paint report.Paint) {
		if e.Quiet {
			fmt.Fprintln(w, report.TrashLine(d, e.words))
			return
		}
		report.TrashSummary(w, paint, d, e.words)
	})
}
