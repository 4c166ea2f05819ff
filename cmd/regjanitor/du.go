package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
	"regjanitor/internal/usage"
)

// fewRows are how many tags or layers are shown unless somebody wants more.
const fewRows = 20

// Run says what takes the space.
func (c *duCmd) Run(ctx context.Context, s *session) error {
	s.view = report.UsageOf(nil, c.By, 0)
	opts, requests, err := c.options(s)
	if err != nil {
		return err
	}
	if err := c.checkPage(s); err != nil {
		return err
	}
	if err := s.open(true); err != nil {
		return err
	}
	defer s.root.Close()
	if err := c.checkFile(s); err != nil {
		return err
	}
	s.warnOfRegistry()
	inv, err := s.scan(ctx, inventory.Options{AllowMounts: true, Space: true}, false)
	if err != nil {
		return err
	}
	if opts.Chosen, err = chosen(inv, requests); err != nil {
		return err
	}
	if c.Ncdu {
		return s.browse(inv, opts.Chosen)
	}
	sweep, err := s.sweepOf(inv)
	if err != nil {
		return err
	}
	free, err := s.root.Free()
	if err != nil {
		s.warn("free-space-unknown", s.v2, err.Error())
	}
	if err := c.writePage(s, inv, sweep, opts, free); err != nil {
		return err
	}
	view := report.UsageOf(usage.Of(inv, sweep, opts), c.By, free)
	s.list(view, func(w io.Writer, paint report.Paint) {
		if c.HTML != "" {
			c.sayPage(w, view)
			return
		}
		if s.Quiet {
			fmt.Fprintln(w, report.UsageLine(view))
			return
		}
		report.ListUsage(w, paint, view, s.started, s.hasBlocks())
	})
	return nil
}

// options are what the flags ask for, and the repositories that are named.
func (c *duCmd) options(s *session) (opts usage.Options, requests []plan.Request, err error) {
	opts = usage.Options{By: c.By, Sort: c.Sort}
	if c.By != "repo" {
		opts.Top = fewRows
	}
	if c.Top != nil {
		opts.Top = *c.Top
	}
	switch {
	case opts.Top < 0:
		return opts, nil, usagef("--top: a number of rows is needed, or 0 for all, not %d", opts.Top)
	case c.Ncdu && s.JSON:
		return opts, nil, usagef("--ncdu and --json: there is one document on stdout; give one of them")
	}
	requests, err = repositoryGlobs(c.Names, "--by tag has a row for each tag of a repository")
	return opts, requests, err
}

// chosen tells the repositories that requests mean; nil is all.
func chosen(inv *inventory.Inventory, requests []plan.Request) (func(string) bool, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	places, err := plan.Repositories(inv, requests)
	set := map[string]bool{}
	for _, place := range places {
		set[inv.Repositories[place].Name] = true
	}
	return func(name string) bool { return set[name] }, err
}

// browse writes the tree for a program to walk through.
func (s *session) browse(inv *inventory.Inventory, chosen func(string) bool) error {
	header := s.header(exitDone, nil)
	if !s.Quiet {
		s.voice.Note(report.Where(&header))
		s.voice.Concerns(&report.Header{Root: s.v2, Warnings: s.warnings})
	}
	if err := report.Ncdu(s.stdout, &header, inv, chosen); err != nil {
		s.lost = err
	}
	return nil
}

// sweepOf is what a sweep would do, and nil where it would be refused. Its doubts and
// warnings are told.
func (s *session) sweepOf(inv *inventory.Inventory) (*plan.Plan, error) {
	p, err := s.plainSweep(inv)
	var refused *refusal.Error
	if errors.As(err, &refused) {
		s.warn("blobs-not-judged", s.v2, "nothing counts as reclaimable, for a sweep would be refused: "+refused.Message)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.doubts, s.warnings = report.DoubtsOf(p.Doubts), append(s.warnings, report.WarningsOf(p.Warnings)...)
	if len(s.doubts) > 0 {
		s.code = exitInDoubt
	}
	return p, nil
}

// plainSweep is what a sweep without flags would do.
func (s *session) plainSweep(inv *inventory.Inventory) (*plan.Plan, error) {
	return plan.Sweep(inv, plan.Options{
		UploadAge: plan.DefaultUploadAge, AllowEmpty: true, Now: s.started, Proxy: s.proxy, MaxDeletePercent: -1, MaxTagsPercent: -1,
	})
}

// hasBlocks tells whether stdout shows what is not ASCII.
func (s *session) hasBlocks() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(s.getenv(name)); locale != "" {
			return isTerminal(s.stdout) && (strings.HasSuffix(locale, "utf-8") || strings.HasSuffix(locale, "utf8"))
		}
	}
	return false
}
