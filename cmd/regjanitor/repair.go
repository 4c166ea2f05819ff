package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/repair"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
)

// mending is one run of repair.
type mending struct {
	*session
	*repairCmd
	requests []plan.Request
	from     *store.Root // the other tree; may be nil
	plan     *repair.Plan
	document *report.Repair
}

// Run repairs.
func (c *repairCmd) Run(ctx context.Context, s *session) error {
	m := &mending{session: s, repairCmd: c}
	m.describe(nil)
	var err error
	if m.requests, err = repositoryGlobs(c.Names, "name the repository, and all its tags are looked at"); err != nil {
		return err
	}
	if err := s.open(c.AllowMounts); err != nil {
		return err
	}
	defer s.root.Close()
	if err := m.openFrom(); err != nil {
		return err
	}
	if m.from != nil {
		defer m.from.Close()
	}
	if c.DryRun {
		s.warnOfRegistry()
	} else if readOnly, err := s.seize(ctx, c.RegistryStopped); err != nil {
		return err
	} else if readOnly {
		s.warnReadOnly()
	}
	return m.run(ctx)
}

// openFrom opens the tree that --from names.
func (m *mending) openFrom() error {
	if m.From == "" {
		return nil
	}
	v2, err := store.Locate(string(m.From))
	if err != nil {
		return usagef("--from: %v", err)
	}
	from, err := store.OpenRoot(v2, true)
	if err != nil {
		return usagef("--from: %v", err)
	}
	if from.Info.Inode == m.root.Info.Inode && from.Info.Device == m.root.Info.Device {
		from.Close()
		return usagef("--from: %s is the tree that is to be repaired", v2)
	}
	m.from = from
	return nil
}

func (m *mending) run(ctx context.Context) error {
	// Strays are no matter, and all links are read.
	inv, err := m.scan(ctx, inventory.Options{AllowMounts: m.AllowMounts, ForPulls: true, LookInside: -1}, !m.DryRun)
	if err != nil {
		return err
	}
	if m.plan, err = m.make(ctx, inv); err != nil {
		return err
	}
	m.describe(nil)
	if n := len(m.plan.Elsewhere); n > 0 {
		m.warn("tag-elsewhere", m.from.Path, fmt.Sprintf("has %s that this tree has not, perhaps because they were deleted: %s; they stay where they are",
			report.Some(int64(n), "tag"), strings.Join(m.plan.Elsewhere[:min(n, 5)], ", ")))
	}
	if m.DryRun || len(m.plan.Actions) == 0 {
		m.lines()
		m.summary(m.document)
		return nil
	}
	if err := m.consent(ctx); err != nil {
		return err
	}
	return m.execute(ctx, inv)
}

func (m *mending) make(ctx context.Context, inv *inventory.Inventory) (*repair.Plan, error) {
	opts := repair.Options{Jobs: m.Jobs, TagsFromHistory: m.TagsFromHistory, Proxy: m.proxy, Observe: m.display.Observe}
	var err error
	if opts.Repositories, err = plan.Repositories(inv, m.requests); err != nil {
		return nil, err
	}
	if m.from != nil {
		opts.From, opts.FromName = m.from, m.from.Path
	}
	storage, err := m.root.Above()
	if opts.NoTrash = err; err == nil {
		storage.Close()
	}
	defer m.display.Pause()
	return repair.Make(ctx, m.root, inv, opts)
}

// describe makes the document of what is known by now.
func (m *mending) describe(result *repair.Result) {
	m.document = report.RepairOf(m.plan, result, m.DryRun)
	m.document.Flag = m.rootFlag()
	m.view = m.document
	if len(m.document.Unrepaired) > 0 {
		m.code = exitInDoubt
	}
}

// log is where lines for single paths go. Few are repaired, and all are shown.
func (m *mending) log() *report.Log {
	if m.Quiet {
		return nil
	}
	return &report.Log{Voice: m.voice, Root: m.v2, All: true}
}

// lines tells of each thing what is to become of it.
func (m *mending) lines() {
	if log := m.log(); log != nil {
		for _, a := range m.plan.Actions {
			log.Repaired(a, repair.Planned, nil)
		}
	}
}

func (m *mending) consent(ctx context.Context) error {
	if m.Yes {
		return nil
	}
	dry := *m.document
	dry.DryRun = true
	m.lines()
	if !m.canAsk() {
		m.summary(&dry)
		return errNobodyAgreed
	}
	dry.Header = m.header(m.code, nil)
	report.RepairSummary(m.voice.W, m.voice.Paint, &dry)
	return m.ask(ctx, "Repair this?")
}

func (m *mending) execute(ctx context.Context, inv *inventory.Inventory) (err error) {
	doing := repair.Doing{Observe: m.display.Observe}
	if log := m.log(); log != nil {
		doing.Done = log.Repaired
	}
	if m.from != nil {
		doing.From = m.from
	}
	if moves := repair.Entries(m.root, m.plan); moves.Len > 0 {
		if m.storage, err = m.root.Above(); err != nil {
			return err
		}
		defer m.storage.Close()
		if doing.Trash, err = m.beginTrash(ctx, moves); err != nil {
			return err
		}
		defer doing.Trash.End()
	}
	if err := m.checkUnchanged(ctx, inv, m.RegistryStopped); err != nil {
		return err
	}
	result := repair.Execute(ctx, m.root, m.plan, doing)
	m.display.Pause()
	return m.conclude(result)
}

func (m *mending) conclude(result *repair.Result) error {
	m.describe(result)
	if result.Done.Trashed > 0 {
		m.document.TrashID = m.runID
	}
	m.failures = report.RepairFailures(m.plan, result)
	if len(m.failures) > 0 {
		m.code = exitInDoubt
	}
	m.summary(m.document)
	if result.Done != (repair.Totals{}) { // the summary has said so in words
		m.warn("restart-registry", m.v2, report.Restart)
	}
	switch {
	case result.Stopped != nil:
		return stoppedError{result.Stopped}
	case result.Interrupted:
		return interruptedError{result.Done.Things(), "change"}
	}
	return nil
}

func (m *mending) summary(d *report.Repair) {
	d.Header = m.header(m.code, nil)
	m.concerns(&d.Header)
	m.text(func(w io.Writer, paint report.Paint) {
		if m.Quiet {
			fmt.Fprintln(w, report.RepairLine(d))
			return
		}
		report.RepairSummary(w, paint, d)
	})
	if m.Quiet || m.JSON || m.voice.JSON {
		m.voice.Unrepaired(d)
	}
}
