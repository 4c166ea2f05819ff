package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
)

// largestPlan bounds what is read of a saved plan: some millions of actions.
const largestPlan = 4 << 30

// Run carries out a saved plan.
func (c *applyCmd) Run(ctx context.Context, s *session) error {
	data, err := readFile(filename(c.PlanFile), largestPlan)
	if err != nil {
		return usagef("plan: %w", err)
	}
	doc, saved, err := report.ReadPlan(data)
	if err != nil {
		return usagef("read plan %s: %w", c.PlanFile, err)
	}
	r := reclaim{session: s, options: doc.Options}
	r.AllowMounts, r.RegistryStopped, r.Yes, r.MaxDelete = c.AllowMounts, c.RegistryStopped, true, 100
	r.options.MaxTagsPercent = 100
	r.adjust = func(fresh *plan.Plan) (*plan.Plan, error) {
		if doc.Root != s.v2 {
			return nil, refusal.New("drift", "name the tree that the plan is for with --root", "the plan is for %s", doc.Root)
		}
		return fresh.Only(saved)
	}
	r.Trash, r.Deadline = c.Trash, c.Deadline
	return r.run(ctx)
}

// keptDigests reads a file of digests that are to stay.
func keptDigests(file string) ([]plan.KeptDigest, error) {
	data, err := readFile(filename(file), largestConfig*64)
	if err != nil {
		return nil, usagef("--keep-digests: %w", err)
	}
	var kept []plan.KeptDigest
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		text := line[strings.LastIndexByte(line, '@')+1:]
		d, err := layout.ParseDigest(text)
		if err != nil {
			return nil, usagef("%s, line %d: %w", file, n, err)
		}
		kept = append(kept, plan.KeptDigest{Digest: d, Source: fmt.Sprintf("%s:%d", file, n)})
	}
	return kept, lines.Err()
}
