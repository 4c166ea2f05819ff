package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
	"regjanitor/internal/why"
)

// mostChains is how many are told without -v.
const mostChains = 10

// Run says why one thing stays or goes.
func (c *whyCmd) Run(ctx context.Context, s *session) error {
	s.view = report.WhyOf(nil)
	if c.Name == "" {
		return usagef("the name is empty")
	}
	if err := s.open(true); err != nil {
		return err
	}
	defer s.root.Close()
	s.warnOfRegistry()
	inv, err := s.scan(ctx, inventory.Options{AllowMounts: true, EveryLink: true, HistoryTimes: true}, false)
	if err != nil {
		return err
	}
	target, err := c.target(s, inv)
	if err != nil {
		return err
	}
	p, err := s.plainSweep(inv)
	if err != nil {
		return err
	}
	opts := why.Options{Most: mostChains, Proxy: s.proxy}
	if s.Verbose {
		opts.Most = 0
	}
	answer := why.Explain(p, target, opts)
	s.platforms(answer)
	s.doubts = report.DoubtsOf(answer.Doubts)
	s.warnings = append(s.warnings, report.WarningsOf(answer.Warnings)...)
	view := report.WhyOf(answer)
	s.list(view, func(w io.Writer, paint report.Paint) {
		report.WhyText{Now: s.started, Full: c.Digests || s.Verbose, Quiet: s.Quiet}.Explain(w, paint, view)
	})
	return nil
}

// target finds what the user means. What is no link and no blob has to be there.
func (c *whyCmd) target(s *session, inv *inventory.Inventory) (target why.Target, err error) {
	if !strings.HasPrefix(c.Name, "/") && !strings.HasPrefix(c.Name, ".") {
		target, err = c.named(s, inv)
	} else if below, inside := s.inside(absolute(c.Name)); inside {
		target = why.At(inv, below)
	} else {
		return target, usageError{fmt.Errorf("%s is not in this tree", c.Name), "name what lies below " + s.v2}
	}
	if err == nil && target.Kind == why.OfPath {
		err = s.there(target.Path)
	}
	return target, err
}

// named finds a name or, as the shell completes it where the user stands, a path.
func (c *whyCmd) named(s *session, inv *inventory.Inventory) (why.Target, error) {
	target, err := why.Named(inv, strings.TrimSuffix(c.Name, "/"))
	if err == nil {
		return target, nil
	}
	if below, inside := s.inside(absolute(c.Name)); inside && s.there(below) == nil {
		return why.At(inv, below), nil
	}
	if strings.Contains(c.Name, "/_") { // which no repository's name does
		return target, s.nothingAt(c.Name)
	}
	return target, err
}

func (s *session) nothingAt(at string) error {
	return &why.UnknownError{Name: at, Hint: "paths are absolute, or relative to " + s.v2 + " or to the current directory"}
}

// inside is a path relative to the v2 directory, by whatever way it leads there.
func (s *session) inside(abs string) (below string, inside bool) {
	for at := abs; at != "/"; at = path.Dir(at) {
		info, err := host.StatFrom("/", at)
		if err == nil && info.Device == s.root.Info.Device && info.Inode == s.root.Info.Inode {
			return strings.TrimPrefix(strings.TrimPrefix(abs, at), "/"), true
		}
	}
	return "", false
}

// there tells whether anything lies at a path.
func (s *session) there(at string) error {
	_, err := s.root.Stat(at)
	switch {
	case errors.Is(err, store.ErrOutside):
		return usageError{fmt.Errorf("%s is not a path in this tree", at), "leave out .. and empty names"}
	case errors.Is(err, fs.ErrNotExist):
		return s.nothingAt(at)
	}
	return err
}

// platforms notes for which platforms the images on the way are, as far as their
// indexes can be read.
func (s *session) platforms(a *why.Answer) {
	read := map[digest.Digest]map[digest.Digest]string{}
	for _, chain := range a.Chains {
		for i := range chain.Steps[:max(len(chain.Steps)-1, 0)] {
			index, child := &chain.Steps[i], &chain.Steps[i+1]
			if index.What != "index" || child.By != why.ByReference {
				continue
			}
			if _, done := read[index.Digest]; !done {
				data, _, _ := s.root.Read(layout.BlobData(index.Digest), manifest.Limit, nil)
				read[index.Digest] = manifest.Platforms(data)
			}
			child.Platform = read[index.Digest][child.Digest]
		}
	}
}
