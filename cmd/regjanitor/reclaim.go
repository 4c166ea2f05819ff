package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
	"regjanitor/internal/sweep"
)

// reclaim is what sweep, rm and apply have in common: make a plan, show it, ask,
// carry it out, report.
type reclaim struct {
	*session
	changing
	options plan.Options
	// adjust has the last word on a fresh plan; may be nil.
	adjust func(*plan.Plan) (*plan.Plan, error)
}

func (r *reclaim) run(ctx context.Context) error {
	if err := r.open(r.AllowMounts); err != nil {
		return err
	}
	defer r.root.Close()
	changes := !r.DryRun && r.Plan == ""
	if err := r.prepare(ctx, changes); err != nil {
		return err
	}
	inv, err := r.scan(ctx, inventory.Options{AllowMounts: r.AllowMounts, HistoryTimes: r.options.UsesAges()}, changes)
	if err != nil {
		return err
	}
	r.options.Now, r.options.Proxy = r.started, r.proxy
	r.options.MaxDeletePercent = float64(r.MaxDelete)
	p, err := plan.Make(inv, r.options)
	if err == nil && r.adjust != nil {
		p, err = r.adjust(p)
	}
	if err != nil {
		return err
	}
	r.describe(p)
	switch {
	case r.Plan != "":
		return r.save(p)
	case r.DryRun:
		r.show(p)
		return nil
	case len(p.Actions) == 0:
		r.summary()
		return nil
	}
	if err := r.consent(p); err != nil {
		return err
	}
	return r.execute(ctx, p)
}

// prepare looks at all that can stop a run before it scans.
func (r *reclaim) prepare(ctx context.Context, changes bool) error {
	if r.KeepDigests != "" {
		kept, err := keptDigests(r.KeepDigests)
		if err != nil {
			return err
		}
		r.options.KeepDigests = kept
	}
	for _, file := range []string{r.MetricsFile, r.Plan} {
		if file == "" || file == "-" || file == r.MetricsFile && !changes {
			continue
		}
		if err := store.CheckWriteFile(file); err != nil {
			return refusal.New("cannot-write", "name a file in a directory that can be written", "%s could not be written afterwards: %v", file, err)
		}
	}
	if !changes {
		if s := r.look(); s.Judge(true) != nil {
			r.warn("registry-running", r.v2, "a registry is running on this tree and can write to it: the numbers may move")
		}
		return nil
	}
	readOnly, err := r.seize(ctx, r.RegistryStopped)
	if readOnly {
		// A registry writes to the uploads that it has, even when it is read-only.
		r.options.KeepUploads = true
		r.warn("registry-read-only", r.v2, "a registry in read-only mode is running on this tree: uploads are left alone")
	}
	return err
}

// describe begins the document with what the plan says.
func (r *reclaim) describe(p *plan.Plan) {
	free, err := r.root.Free()
	if err != nil {
		r.warn("free-space-unknown", r.v2, err.Error())
	}
	r.doubts = report.DoubtsOf(p.Doubts)
	r.warnings = append(r.warnings, report.WarningsOf(p.Warnings)...)
	if len(r.doubts) > 0 {
		r.code = exitInDoubt
	}
	r.document = &report.Document{
		DryRun: r.DryRun || r.Plan != "", Found: report.CountsOf(p.Found), Planned: report.CountsOf(p.Planned),
		FreeBytesBefore: free, FreeBytesAfter: free,
		Repositories: report.RepositoriesOf(p, nil), Actions: []report.Action{}, Options: r.options,
	}
	if r.Verbose || r.Plan != "" {
		r.document.Actions = report.ActionsOf(p, nil)
	}
}

func (r *reclaim) save(p *plan.Plan) error {
	r.document.Header = r.header(r.code, nil)
	var out strings.Builder
	if err := report.Write(&out, r.document); err != nil {
		return err
	}
	if r.Plan == "-" {
		r.written = true
		_, err := io.WriteString(r.stdout, out.String())
		return err
	}
	if err := store.WriteFile(r.Plan, []byte(out.String())); err != nil {
		return refusal.New("cannot-write", "free some space, or name another file", "save plan: %v", err)
	}
	r.summary()
	r.text(func(w io.Writer) { fmt.Fprintf(w, "next: regjanitor apply %s\n", r.Plan) })
	return nil
}

// show prints the plan, as a dry run does.
func (r *reclaim) show(p *plan.Plan) {
	if log := r.log(); log != nil {
		for _, a := range p.Actions {
			log.Would(p.Item(a))
		}
	}
	if r.DetailedExitcode && r.code == exitDone && len(p.Actions) > 0 {
		r.code = exitFoundWork
	}
	r.summary()
}

// log is where lines for single paths go, nil where nobody wants them.
func (r *reclaim) log() *report.Log {
	if r.Quiet || r.terminal && !r.Verbose {
		return nil
	}
	return &report.Log{W: r.display.Above(), Root: r.v2, JSON: r.LogFormat == "json", All: r.Verbose, Now: time.Now}
}

// consent asks where somebody can answer, and else wants --yes.
func (r *reclaim) consent(p *plan.Plan) error {
	if r.Yes {
		return nil
	}
	declined := refusal.New("not-confirmed", "give --yes to do it without being asked", "nobody agreed to the plan")
	dry := *r.document
	dry.DryRun = true
	if !isTerminal(r.stdin) || !r.terminal {
		if !r.JSON {
			report.Summary(r.stdout, &dry)
		}
		return declined
	}
	dry.Header = r.header(r.code, nil)
	report.Summary(r.stderr, &dry)
	fmt.Fprintf(r.stderr, "\nRemove this for good? [y/N] ")
	answer, err := bufio.NewReader(r.stdin).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return declined
}

func (r *reclaim) execute(ctx context.Context, p *plan.Plan) error {
	changed, err := p.Inventory.Changed(ctx, r.root, r.Jobs)
	if err != nil {
		return err
	}
	if changed != "" {
		return refusal.New("tree-changed", "stop the registry, or make it read-only, and try again",
			"%s has changed since it was scanned: somebody is writing to the tree", changed)
	}
	if err := r.look().Judge(r.RegistryStopped); err != nil {
		return err
	}
	opts := sweep.Options{
		Jobs: r.Jobs, Run: runName(), Observe: r.observer(),
		BeforeBlobs: func() error { return r.look().Judge(r.RegistryStopped) },
	}
	if log := r.log(); log != nil {
		opts.Done = log.Done
	}
	result := sweep.Execute(ctx, r.root, p, opts)
	r.display.Pause()
	return r.conclude(p, result)
}

// conclude completes the document with what was done.
func (r *reclaim) conclude(p *plan.Plan, result *sweep.Result) error {
	d := r.document
	d.Removed = report.CountsOf(result.Removed)
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
	r.summary()
	switch {
	case result.Stopped != nil:
		return stopped{result.Stopped}
	case result.Interrupted:
		return fmt.Errorf("interrupted after %s removals: %w", report.Count(result.Removed.Things()), context.Canceled)
	}
	return nil
}

// stopped is what ended a sweep halfway. Even where a refusal did, something has
// been changed by then, so that it is an error.
type stopped struct{ err error }

func (s stopped) Error() string { return s.err.Error() }

func (r *reclaim) summary() {
	r.document.Header = r.header(r.code, nil)
	if r.Quiet || r.JSON {
		report.Concerns(r.stderr, &report.Header{Doubts: r.doubts, Failures: r.failures})
	}
	r.text(func(w io.Writer) {
		if r.Quiet {
			fmt.Fprintln(w, report.Line(r.document))
			return
		}
		report.Summary(w, r.document)
	})
}

func runName() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
