package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/retention"
)

// largestPolicy is far more than anybody writes. Whatever is larger is something
// else, and would take the parser minutes.
const largestPolicy = 64 << 10

// loadPolicy reads a retention policy.
func loadPolicy(file filename) (*retention.Policy, error) {
	data, err := readFile(file, largestPolicy)
	if err != nil {
		return nil, usagef("policy: %w", err)
	}
	policy, err := retention.Parse(string(file), data)
	if err != nil {
		return nil, usageError{err: err}
	}
	return policy, nil
}

// created reads when images were built, if a policy goes by that.
func (s *session) created(ctx context.Context, inv *inventory.Inventory, policy *retention.Policy) (map[inventory.ID]inventory.Created, error) {
	if policy == nil || !policy.UsesCreated() {
		return nil, nil
	}
	var tagged []inventory.ID
	for _, repo := range inv.Repositories {
		for _, tag := range repo.Tags {
			if tag.Current.Points() {
				tagged = append(tagged, tag.Current.Target)
			}
		}
	}
	return inv.Created(ctx, s.root, tagged, s.Jobs)
}

// Run checks a policy, for which no tree is needed.
func (c *retentionCheckCmd) Run(s *session) error {
	view := &report.Check{Policy: string(c.File), Rules: report.RulesOf(nil)}
	s.view = view
	policy, err := loadPolicy(c.File)
	if err != nil {
		return err
	}
	view.Rules = report.RulesOf(policy)
	for _, shadow := range policy.Shadows() {
		s.warn("rule-shadowed", shadow.Rule.Name, fmt.Sprintf("gets no tag, for %s before it, in line %d, takes them all: put the narrower rule first",
			shadow.By.Name, shadow.By.Line))
	}
	s.voice.Concerns(&report.Header{Warnings: s.warnings})
	s.text(func(w io.Writer, paint report.Paint) {
		if !s.Quiet {
			report.CheckPolicy(w, paint, view)
		}
	})
	return nil
}

// Run says what a policy does to the tags of a tree.
func (c *retentionExplainCmd) Run(ctx context.Context, s *session) error {
	now := s.started
	if c.Now != (instant{}) {
		now = time.Time(c.Now)
	}
	s.view = report.ExplanationOf(string(c.Policy), nil, nil, now)
	if err := validGlobs("--repo", c.Repo); err != nil {
		return err
	}
	policy, err := loadPolicy(c.Policy)
	if err != nil {
		return err
	}
	p, err := c.plan(ctx, s, policy, now)
	if err != nil {
		return err
	}
	view := report.ExplanationOf(string(c.Policy), policy, p, now)
	c.sort(view.Tags)
	s.doubts, s.warnings = report.DoubtsOf(p.Doubts), append(s.warnings, report.WarningsOf(p.Warnings)...)
	if len(s.doubts) > 0 {
		s.code = exitInDoubt
	}
	s.list(view, func(w io.Writer, paint report.Paint) {
		if s.Quiet {
			fmt.Fprintln(w, report.ExplainLine(view))
			return
		}
		report.Explain(w, paint, view)
	})
	return nil
}

// plan is the sweep of which the verdicts are shown, so that they are those of a
// sweep.
func (c *retentionExplainCmd) plan(ctx context.Context, s *session, policy *retention.Policy, now time.Time) (*plan.Plan, error) {
	if err := s.open(true); err != nil {
		return nil, err
	}
	defer s.root.Close()
	s.warnOfRegistry()
	opts := plan.Options{Policy: policy, Scope: c.Repo, Now: now, Proxy: s.proxy, AllowEmpty: true, MaxDeletePercent: -1, MaxTagsPercent: -1}
	inv, err := s.scan(ctx, inventory.Options{AllowMounts: true, EveryLink: opts.UsesLinks()}, false)
	if err != nil {
		return nil, err
	}
	if opts.Created, err = s.created(ctx, inv, policy); err != nil {
		return nil, err
	}
	return plan.Make(inv, opts)
}

// sort puts verdicts into the order asked for, and within that into that of names.
func (c *retentionExplainCmd) sort(tags []report.JudgedTag) {
	slices.SortFunc(tags, func(a, b report.JudgedTag) int {
		return cmp.Or(c.compare(a, b), strings.Compare(a.Repository, b.Repository), retention.Natural(a.Tag, b.Tag))
	})
}

func (c *retentionExplainCmd) compare(a, b report.JudgedTag) int {
	switch c.Sort {
	case "age":
		return timeOf(b).Compare(timeOf(a))
	case "verdict":
		return cmp.Compare(a.Verdict, b.Verdict)
	case "rule":
		return cmp.Compare(a.Rule, b.Rule)
	}
	return 0
}

func timeOf(t report.JudgedTag) time.Time {
	if t.Time == nil {
		return time.Time{}
	}
	return *t.Time
}
