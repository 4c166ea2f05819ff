package main

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/listing"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
)

// Run lists.
func (c *lsCmd) Run(ctx context.Context, s *session) error {
	s.view = report.ListingOf(nil, nil)
	var wanted []plan.Request
	for _, name := range c.Names {
		request, err := parseRef(name)
		if err != nil {
			return err
		}
		wanted = append(wanted, request)
	}
	if err := s.open(true); err != nil {
		return err
	}
	defer s.root.Close()
	s.warnOfRegistry()
	inv, err := s.scan(ctx, inventory.Options{AllowMounts: true, EveryLink: true}, false)
	if err != nil {
		return err
	}
	if len(wanted) == 0 {
		repositories := listing.Repositories(inv)
		inOrder(repositories, c.Sort, func(r listing.Repository) (int64, time.Time) { return r.Bytes, r.Pushed })
		list := report.ListingOf(repositories, nil)
		s.list(list, func(w io.Writer, paint report.Paint) {
			report.ListRepositories(w, paint, list.Repositories, s.started)
		})
		return nil
	}
	var manifests []listing.Manifest
	for _, request := range wanted {
		found := c.manifests(inv, request)
		if found == nil {
			return &plan.UnknownError{Request: request}
		}
		manifests = append(manifests, found...)
	}
	if err := s.built(ctx, inv, manifests); err != nil {
		return err
	}
	inOrder(manifests, c.Sort, func(m listing.Manifest) (int64, time.Time) { return m.Bytes, m.Pushed })
	list := report.ListingOf(nil, manifests)
	s.list(list, func(w io.Writer, paint report.Paint) {
		report.ListManifests(w, paint, list.Tags, s.started, c.Digests)
	})
	return nil
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
	s.text(table)
}

// manifests are those that a request names, nil where the name is not there.
func (c *lsCmd) manifests(inv *inventory.Inventory, request plan.Request) []listing.Manifest {
	place, there := inv.Find(request.Repository)
	if !there {
		return nil
	}
	r := inv.Repositories[place]
	if request.Tag == "" && request.Digest == "" {
		return append([]listing.Manifest{}, listing.Manifests(inv, r, c.Untagged)...)
	}
	var found []listing.Manifest
	for _, m := range listing.Manifests(inv, r, true) {
		if request.Tag != "" && m.Tag == request.Tag || request.Digest != "" && m.Digest == request.Digest {
			found = append(found, m)
		}
	}
	return found
}

// inOrder sorts a listing, which is in the order of names, as --sort wants it.
func inOrder[T any](list []T, by string, key func(T) (bytes int64, pushed time.Time)) {
	slices.SortStableFunc(list, func(a, b T) int {
		bytesA, pushedA := key(a)
		bytesB, pushedB := key(b)
		switch by {
		case "size":
			return cmp.Compare(bytesB, bytesA)
		case "pushed":
			return pushedB.Compare(pushedA)
		}
		return 0
	})
}

// built notes when the images of manifests were built.
func (s *session) built(ctx context.Context, inv *inventory.Inventory, manifests []listing.Manifest) error {
	places := map[inventory.ID][]int{}
	for i, m := range manifests {
		if id, met := inv.Digests.Lookup(m.Digest); met {
			places[id] = append(places[id], i)
		}
	}
	created, err := inv.Created(ctx, s.root, slices.Collect(maps.Keys(places)), s.Jobs)
	for id, images := range created {
		for _, i := range places[id] {
			manifests[i].Created = images.Time
		}
	}
	return err
}
