package main

import (
	"context"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/retention"
)

// Run sweeps.
func (c *sweepCmd) Run(ctx context.Context, s *session) error {
	s.document = report.NewDocument(c.DryRun || c.Plan != "")
	if err := validGlobs("--repo", c.Repo); err != nil {
		return err
	}
	var policy *retention.Policy
	if c.Policy != "" {
		var err error
		if policy, err = loadPolicy(c.Policy); err != nil {
			return err
		}
	}
	r := reclaim{session: s, changing: c.changing, options: plan.Options{
		Scope: c.Repo, KeepUntagged: c.KeepUntagged, KeepOrphans: c.KeepOrphans, KeepUploads: c.KeepUploads, AllowEmpty: c.AllowEmpty,
		UntaggedAge: time.Duration(c.UntaggedOlderThan), UploadAge: time.Duration(c.UploadsOlderThan), MinAge: time.Duration(c.MinAge),
		Policy: policy, OrphanedReferrers: c.OrphanedReferrers, MaxTagsPercent: float64(c.MaxDeleteTags),
	}}
	return r.run(ctx)
}

// validGlobs refuses what is no glob.
func validGlobs(flag string, globs []string) error {
	for _, glob := range globs {
		if glob == "" || !doublestar.ValidatePattern(glob) {
			return usagef("%s: %q is not a glob", flag, glob)
		}
	}
	return nil
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
