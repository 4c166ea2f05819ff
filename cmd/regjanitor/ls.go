package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/listing"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/retention"
)

// Run lists.
func (c *lsCmd) Run(ctx context.Context, s *session) error {
	s.view = report.ListingOf(nil, nil)
	var requests []plan.Request
	for _, name := range c.Names {
		request, err := parseGlob(name)
		if err != nil {
			return err
		}
		requests = append(requests, request)
	}
	if err := s.open(true); err != nil {
		return err
	}
	defer s.root.Close()
	s.warnOfRegistry()
	inv, err := s.scan(ctx, inventory.Options{AllowMounts: true, LookInside: -1}, false)
	if err != nil {
		return err
	}
	if len(requests) == 0 {
		c.repositories(s, inv)
		return nil
	}
	return c.tags(ctx, s, inv, requests)
}

func (c *lsCmd) repositories(s *session, inv *inventory.Inventory) {
	list := listing.Repositories(inv)
	slices.SortFunc(list, func(a, b listing.Repository) int { return retention.Natural(a.Name, b.Name) })
	inOrder(list, c.Sort, func(r *listing.Repository) (int64, time.Time) { return r.Bytes, r.Pushed })
	s.list(report.ListingOf(list, nil), func(w io.Writer, paint report.Paint) {
		switch {
		case s.Quiet:
			report.NameRepositories(w, list)
		case len(list) > 0:
			report.ListRepositories(w, paint, list, s.started)
		}
	})
	if len(list) == 0 {
		s.note("there are no repositories: the registry is empty")
	}
}

func (c *lsCmd) tags(ctx context.Context, s *session, inv *inventory.Inventory, requests []plan.Request) error {
	wanted, err := c.wanted(inv, requests, !s.JSON)
	if err != nil {
		return err
	}
	list := listing.Manifests(inv, wanted)
	inOrder(list, c.Sort, func(m *listing.Manifest) (int64, time.Time) { return m.Bytes, m.Pushed })
	if s.JSON {
		if err := s.images(ctx, inv, places(list)); err != nil {
			return err
		}
		s.list(report.ListingOf(nil, list), nil)
		return nil
	}
	rows := listing.Arrange(list, c.Untagged)
	var shown []*listing.Manifest
	hidden := 0
	for i := range rows {
		shown = append(shown, &rows[i].Manifest)
		if s.Verbose {
			shown = append(shown, places(rows[i].Beneath)...)
		} else {
			hidden += len(rows[i].Beneath)
		}
	}
	if !s.Quiet {
		if err := s.images(ctx, inv, shown); err != nil {
			return err
		}
	}
	s.list(report.ListingOf(nil, nil), func(w io.Writer, paint report.Paint) {
		switch {
		case s.Quiet:
			report.NameManifests(w, shown)
		case len(rows) > 0:
			report.ListManifests(w, paint, rows, report.Look{Now: s.started, Digests: c.Digests, Beneath: s.Verbose})
		}
	})
	switch {
	case len(rows) == 0 && c.Untagged:
		s.note("there are no tags, and no untagged manifests")
	case len(rows) == 0:
		s.note("there are no tags; --untagged shows manifests without one")
	case hidden > 0:
		s.note(fmt.Sprintf("not listed: %s (signatures, SBOMs and the like); -v lists them beneath their images", report.Some(int64(hidden), "referrer")))
	}
	return nil
}

func places(list []listing.Manifest) []*listing.Manifest {
	var all []*listing.Manifest
	for i := range list {
		all = append(all, &list[i])
	}
	return all
}

// wanted is what requests mean, each repository once and in the inventory's order.
func (c *lsCmd) wanted(inv *inventory.Inventory, requests []plan.Request, referring bool) ([]listing.Wanted, error) {
	places := map[int]*listing.Wanted{}
	for _, request := range requests {
		found, err := plan.Find(inv, request)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			want := places[m.Repository]
			if want == nil {
				want = &listing.Wanted{Repository: m.Repository, Tags: map[int]bool{}, Revisions: map[int]bool{}}
				places[m.Repository] = want
			}
			for _, i := range m.Tags {
				want.Tags[i] = true
			}
			for _, i := range m.Revisions {
				want.Revisions[i] = true
			}
			if m.Tags == nil && m.Revisions == nil {
				want.All, want.Untagged, want.Referring = true, c.Untagged, referring
			}
		}
	}
	var wanted []listing.Wanted
	for _, place := range slices.Sorted(maps.Keys(places)) {
		wanted = append(wanted, *places[place])
	}
	return wanted, nil
}

// list writes a table for people, and beside it, where no program that reads
// the table stumbles over it, of which tree it is.
func (s *session) list(view report.View, table func(io.Writer, report.Paint)) {
	s.view = view
	header := report.Header{Root: s.v2, RootSource: s.source, Warnings: s.warnings}
	if !s.Quiet && !s.JSON {
		s.voice.Note(report.Where(&header))
		s.voice.Concerns(&header)
	}
	s.voice.Concerns(&report.Header{Command: s.command, Root: s.v2, Doubts: s.doubts, Failures: s.failures})
	concerned := len(s.doubts)+len(s.failures) > 0 || len(s.warnings) > 0 && !s.Quiet
	if concerned && s.terminal && isTerminal(s.stdout) && !s.JSON && !s.voice.JSON {
		fmt.Fprintln(s.voice.W) // where both are seen as one text
	}
	s.text(table)
}

// note says something beside a table.
func (s *session) note(text string) {
	if !s.Quiet && !s.JSON {
		s.voice.Note(text)
	}
}

// inOrder sorts a listing, which is in the order of names, as --sort wants it.
func inOrder[T any](list []T, by string, key func(*T) (bytes int64, pushed time.Time)) {
	slices.SortStableFunc(list, func(a, b T) int {
		bytesA, pushedA := key(&a)
		bytesB, pushedB := key(&b)
		switch by {
		case "size":
			return cmp.Compare(bytesB, bytesA)
		case "pushed":
			return pushedB.Compare(pushedA)
		}
		return 0
	})
}

// images notes what the images of manifests say of themselves.
func (s *session) images(ctx context.Context, inv *inventory.Inventory, list []*listing.Manifest) error {
	ids := make([]inventory.ID, 0, len(list))
	for _, m := range list {
		if id, met := inv.Digests.Lookup(m.Digest); met {
			ids = append(ids, id)
		}
	}
	images, err := inv.Images(ctx, s.root, ids, s.Jobs)
	if err != nil {
		return err
	}
	for _, m := range list {
		if id, met := inv.Digests.Lookup(m.Digest); met {
			m.Created, m.Platforms = images[id].Time, images[id].Platforms
		}
	}
	return nil
}
