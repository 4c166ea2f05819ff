package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// reclaim is what sweep, rm and apply have in common: make a plan, show it, ask,
// carry it out, report.
type reclaim struct {
	*session
	changing
	options plan.Options
	beside  bool // a read-only registry is running on the tree
	// choose names what is to go, once it is known what there is: none of it is
	// then nothing to do, never a sweep. It is nil where the options say all.
	choose func(context.Context, *inventory.Inventory) ([]plan.Request, error)
	// adjust has the last word on a fresh plan; may be nil.
	adjust func(*plan.Plan) (*plan.Plan, error)
}

func (r *reclaim) run(ctx context.Context) error {
	if err := r.open(r.AllowMounts); err != nil {
		return err
	}
	defer r.root.Close()
	changes := !r.DryRun && r.Plan == ""
	if changes && r.Deadline > 0 {
		var end func()
		ctx, end = context.WithDeadline(ctx, r.started.Add(time.Duration(r.Deadline)))
		defer end()
	}
	if err := r.prepare(ctx, changes); err != nil {
		return err
	}
	inv, err := r.scan(ctx, inventory.Options{AllowMounts: r.AllowMounts, HistoryTimes: r.options.UsesAges(), EveryLink: r.byName() || r.options.UsesLinks()}, changes)
	if err != nil {
		return err
	}
	r.options.Now, r.options.Proxy = r.started, r.proxy
	r.options.MaxDeletePercent = float64(r.MaxDelete)
	p, err := r.make(ctx, inv)
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
	if err := r.consent(ctx, p); err != nil {
		return err
	}
	return r.execute(ctx, p)
}

// byName tells a run that removes what is named, and no other garbage.
func (r *reclaim) byName() bool { return r.choose != nil || len(r.options.Requests) > 0 }

func (r *reclaim) make(ctx context.Context, inv *inventory.Inventory) (p *plan.Plan, err error) {
	if r.choose != nil {
		if r.options.Requests, err = r.choose(ctx, inv); err != nil {
			return nil, err
		}
		return plan.Remove(inv, r.options)
	}
	if r.options.Created, err = r.created(ctx, inv, r.options.Policy); err != nil {
		return nil, err
	}
	return plan.Make(inv, r.options)
}

// prepare looks at all that can stop a run before it scans.
func (r *reclaim) prepare(ctx context.Context, changes bool) error {
	if r.KeepDigests != "" {
		kept, err := keptDigests(string(r.KeepDigests))
		if err != nil {
			return err
		}
		r.options.KeepDigests = kept
	}
	for _, file := range []filename{r.MetricsFile, r.Plan} {
		if file == "" || file == "-" || file == r.MetricsFile && !changes {
			continue
		}
		err := r.checkApart(file)
		if err == nil {
			err = store.CheckWriteFile(string(file))
		}
		if err != nil {
			return refusal.New("cannot-write", "name a file in a directory that can be written, or none", "%s could not be written afterwards: %v", file, err)
		}
	}
	if r.Trash {
		if r.AllowMounts {
			return usagef("--trash and --allow-mounts: what lies on another mount cannot be moved to the trash; give one of them")
		}
		if err := r.openStorage(); err != nil {
			return err
		}
	}
	if !changes {
		r.warnOfRegistry()
		return nil
	}
	if err := r.refuseUnfinished(r.byName()); err != nil {
		return err
	}
	readOnly, err := r.seize(ctx, r.RegistryStopped)
	if readOnly {
		// A registry writes to the uploads that it has, even when it is read-only.
		r.options.KeepUploads, r.beside = true, true
		r.warnReadOnly()
	}
	return err
}

// describe begins the document with what the plan says.
func (r *reclaim) describe(p *plan.Plan) {
	free, err := r.root.Free()
	if err != nil {
		r.warn("free-space-unknown", r.v2, err.Error())
	}
	r.warnOfTrash()
	r.doubts = report.DoubtsOf(p.Doubts)
	r.warnings = append(r.warnings, report.WarningsOf(p.Warnings)...)
	if len(r.doubts) > 0 {
		r.code = exitInDoubt
	}
	r.document = &report.Document{
		DryRun: r.DryRun || r.Plan != "", ToTrash: r.Trash, Found: report.CountsOf(p.Found), Planned: report.CountsOf(p.Planned),
		FreeBytesBefore: free, FreeBytesAfter: free,
		Repositories: report.RepositoriesOf(p, nil), ByRule: report.RuleRowsOf(r.options.Policy, p), Actions: []report.Action{}, Options: r.options,
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
	if err := store.WriteFile(string(r.Plan), []byte(out.String())); err != nil {
		return refusal.New("cannot-write", "free some space, or name another file", "save plan: %v", err)
	}
	r.summary()
	r.text(func(w io.Writer, _ report.Paint) {
		fmt.Fprintf(w, "next: regjanitor apply%s %s\n", r.rootFlag(), quoted(string(r.Plan)))
	})
	return nil
}

// show prints the plan, as a dry run does.
func (r *reclaim) show(p *plan.Plan) {
	r.preview(p)
	r.lines(p)
	if r.DetailedExitcode && r.code == exitDone && len(p.Actions) > 0 {
		r.code = exitFoundWork
	}
	r.summary()
}

// preview says what globs came to, before anybody agrees to it.
func (r *reclaim) preview(p *plan.Plan) {
	if !r.JSON && !r.Quiet && slices.ContainsFunc(r.options.Requests, plan.Request.IsGlob) {
		report.Preview(r.voice, p.Named, r.Verbose)
	}
}

// lines tells of each removal that a plan is about.
func (r *reclaim) lines(p *plan.Plan) {
	if log := r.logOf(p); log != nil {
		for _, a := range p.Actions {
			log.Would(p.Item(a))
		}
	}
}

func (r *reclaim) execute(ctx context.Context, p *plan.Plan) (err error) {
	var bin *trash.Run
	if r.Trash {
		if bin, err = r.beginTrash(ctx, sweep.Entries(ctx, r.root, p, r.Jobs)); err != nil {
			return err
		}
		defer bin.End()
	}
	if err := r.checkUnchanged(ctx, p.Inventory, r.RegistryStopped); err != nil {
		return err
	}
	opts := sweep.Options{
		Jobs: r.Jobs, Run: r.runID, Trash: bin, Observe: r.display.Observe,
		BeforeBlobs: func() error { return r.look().Judge(r.RegistryStopped) },
	}
	if log := r.logOf(p); log != nil {
		opts.Done = log.Done
	}
	result := sweep.Execute(ctx, r.root, p, opts)
	r.display.Pause()
	return r.conclude(ctx, p, result)
}
