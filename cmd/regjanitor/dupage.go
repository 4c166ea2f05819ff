package main

import (
	"bytes"
	"fmt"
	"io"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
	"regjanitor/internal/usage"
)

// checkPage refuses what does not go together.
func (c *duCmd) checkPage(s *session) error {
	switch {
	case c.HTML != "" && c.Ncdu:
		return usagef("--html and --ncdu: each is another picture of the same; give one of them")
	case c.HTML == "-" && s.JSON:
		return usagef("--html - and --json: there is one document on stdout; name a file for the page")
	}
	return nil
}

// checkFile tells before a long look whether the page can be written at all.
func (c *duCmd) checkFile(s *session) error {
	if c.HTML == "" || c.HTML == "-" {
		return nil
	}
	err := s.checkApart(c.HTML)
	if err == nil {
		err = store.CheckWriteFile(string(c.HTML))
	}
	if err != nil {
		return usagef("--html: %s could not be written afterwards: %w", c.HTML, err)
	}
	return nil
}

// writePage writes what takes the space as a page where one is wanted: of repositories,
// of tags and of layers, whatever rows stdout is to show.
func (c *duCmd) writePage(s *session, inv *inventory.Inventory, sweep *plan.Plan, opts usage.Options, free int64) error {
	if c.HTML == "" {
		return nil
	}
	var by [3]*report.Usage
	for i, what := range []string{"repo", "tag", "layer"} {
		by[i] = report.UsageOf(usage.Of(inv, sweep, usage.Options{By: what, Sort: "size", Chosen: opts.Chosen}), what, free)
		by[i].Begin(s.header(s.code, nil))
	}
	var out bytes.Buffer
	if err := report.Page(&out, "regjanitor sweep -n"+s.rootAnywhere(), by[0], by[1], by[2]); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if c.HTML == "-" {
		s.written = true
		_, err := s.stdout.Write(out.Bytes())
		return err
	}
	if err := store.WriteFile(string(c.HTML), out.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// rootAnywhere names the tree to who reads of it in another place.
func (s *session) rootAnywhere() string {
	if s.source == "default" {
		return ""
	}
	return " --root " + quoted(s.v2)
}

// sayPage says where the page is, unless it is on stdout.
func (c *duCmd) sayPage(w io.Writer, view *report.Usage) {
	if c.HTML != "-" {
		fmt.Fprintf(w, "%s\npage: %s\n", report.UsageLine(view), absolute(string(c.HTML)))
	}
}
