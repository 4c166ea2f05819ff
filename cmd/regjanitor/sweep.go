package main

import (
	"context"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"regjanitor/internal/plan"
	"regjanitor/internal/report"
)

// Run sweeps.
func (c *sweepCmd) Run(ctx context.Context, s *session) error {
	s.document = report.NewDocument(c.DryRun || c.Plan != "")
	for _, glob := range c.Repo {
		if glob == "" || !doublestar.ValidatePattern(glob) {
			return usagef("--repo: %q is not a glob", glob)
		}
	}
	r := reclaim{session: s, changing: c.changing, options: plan.Options{
		Scope: c.Repo, KeepUntagged: c.KeepUntagged, KeepOrphans: c.KeepOrphans, KeepUploads: c.KeepUploads, AllowEmpty: c.AllowEmpty,
		UntaggedAge: time.Duration(c.UntaggedOlderThan), UploadAge: time.Duration(c.UploadsOlderThan), MinAge: time.Duration(c.MinAge),
	}}
	return r.run(ctx)
}

// Run removes what is named.
func (c *rmCmd) Run(ctx context.Context, s *session) error {
	s.document = report.NewDocument(c.DryRun || c.Plan != "")
	r := reclaim{session: s, changing: c.changing, options: plan.Options{UploadAge: plan.DefaultUploadAge}}
	for _, name := range c.Names {
		request, err := parseGlob(name)
		if err != nil {
			return err
		}
		r.options.Requests = append(r.options.Requests, request)
	}
	r.adjust = func(p *plan.Plan) (*plan.Plan, error) {
		opts := r.options
		opts.Requests = nil
		if all, err := plan.Sweep(p.Inventory, opts); err == nil {
			s.besides(p.Besides(all))
		}
		return p, nil
	}
	return r.run(ctx)
}
