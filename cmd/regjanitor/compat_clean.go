package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
)

// cleanVersions stands in the place of clean_old_versions.
type cleanVersions struct {
	Image      *expression `short:"i" placeholder:"REGEXP" help:"The repositories: those in whose names it is found. Required."`
	Include    *expression `short:"E" placeholder:"REGEXP" help:"Only the tags in which it is found."`
	Exclude    *expression `short:"e" placeholder:"REGEXP" help:"Not the tags in which it is found."`
	Last       int         `short:"l" default:"5" placeholder:"N" help:"Keep the last N of these tags (${default}); 0 keeps none."`
	Order      string      `short:"o" enum:"name,date" default:"name" placeholder:"KEY" help:"Which are the last: by ${enum} (${default})."`
	BeforeDate date        `short:"b" placeholder:"DATE" help:"Of the others delete only those whose image was created before this, as in 2016-06-25T12:00:00 (UTC)."`
	AfterDate  date        `short:"a" placeholder:"DATE" help:"… and only those created after this."`
	DryRun     bool        `help:"Show which tags would be deleted, and change nothing."`
	scriptFlags

	RegistryURL        *string `name:"registry-url" short:"u" placeholder:"URL" group:"Without effect:" help:"Has no effect: the tags are read from the disk."`
	User               *string `short:"U" placeholder:"NAME" group:"Without effect:" help:"Likewise."`
	Password           *string `short:"P" placeholder:"WORD" group:"Without effect:" help:"Likewise."`
	NoCheckCertificate bool    `name:"no_check_certificate" group:"Without effect:" help:"Likewise."`
	ScriptPath         *string `short:"s" placeholder:"FILE" group:"Without effect:" help:"Has no effect: the tags are deleted by this program."`
}

// Help is what the help begins with.
func (*cleanVersions) Help() string {
	return `Deletes the tags that two expressions select, but for the last few, with the blobs
that nothing else in the registry needs. This is regjanitor, in the place of
burnettk's script. That one asked the registry over HTTP, this one reads the disk
and needs the registry stopped or read-only.

A repository all of whose tags are deleted is deleted itself. By name, tags are
ordered by the numbers in them; every other character but the dot counts as a 9.
Tags that are broken, and those that are about other images (signatures, say), are
neither counted nor deleted: the latter go with the image that they are about.
A tag whose date is asked for and not known stays, and the exit code is 3.

Examples:
  # of all tags that begin with 0.1. in repositories that begin with team/: all but
  # the last two, if they were created in the first half of 2016
  clean_old_versions --image '^team/' --include '^0\.1\.' -l 2 -a 2016-01-01T00:00:00 -b 2016-07-01T00:00:00 --dry-run

  # all but the newest ten of each repository
  clean_old_versions --image . -l 10 -o date` + scriptExits
}

// expression is a regular expression. An empty one would be found everywhere: it
// is a mistake, say of a script whose variable is not set.
type expression struct{ *regexp.Regexp }

// UnmarshalText reads RE2's dialect. Where Python has another meaning for what is
// none in RE2, it is refused as what RE2 lacks is.
func (e *expression) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		return fmt.Errorf("the expression is empty; . is found in every name")
	}
	if e.Regexp, err = regexp.Compile(string(text)); err != nil {
		return fmt.Errorf("%w; lookahead, lookbehind and backreferences cannot be understood here: select by --include and --exclude", err)
	}
	for _, other := range []string{"{,", "[["} {
		if strings.Contains(string(text), other) {
			return fmt.Errorf("%q: %s means something else here than in Python: write it in another way", text, other)
		}
	}
	return nil
}

func (e *expression) in(name string) bool { return e.MatchString(name) }

// date is a moment in UTC, zero where none is given.
type date struct{ time.Time }

// UnmarshalText reads 2016-06-25T12:00:00.
func (d *date) UnmarshalText(text []byte) (err error) {
	d.Time, err = time.Parse("2006-1-2T15:4:5", string(text))
	if err != nil || strings.ContainsAny(string(text), ".,") { // Go reads fractions unasked
		return fmt.Errorf("not a valid date: %q: write it as in 2016-06-25T12:00:00", text)
	}
	return nil
}

// Run cleans.
func (c *cleanVersions) Run(ctx context.Context, s *session) error {
	if c.Image == nil {
		return usageError{fmt.Errorf("argument -i/--image is required"), "as in --image '^team/app$'"}
	}
	if c.Last < 0 {
		return usageError{fmt.Errorf("argument -l/--last: %d is no number of tags", c.Last), "0 keeps none"}
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"registry-url", c.RegistryURL != nil}, {"user", c.User != nil}, {"password", c.Password != nil},
		{"no_check_certificate", c.NoCheckCertificate}, {"script-path", c.ScriptPath != nil},
	} {
		if flag.given {
			s.voice.Note("--" + flag.name + " has no effect: tags are read from the disk, and deleted by this program")
		}
	}
	return c.release(ctx, s, c.DryRun, false, func(ctx context.Context, inv *inventory.Inventory) ([]plan.Request, error) {
		return c.choose(ctx, s, inv)
	})
}

// choose names the tags that go, and the repositories that lose their last one.
func (c *cleanVersions) choose(ctx context.Context, s *session, inv *inventory.Inventory) (requests []plan.Request, err error) {
	lists := c.candidates(s, inv)
	if c.Order == "date" {
		if err := s.date(ctx, inv, lists); err != nil {
			return nil, err
		}
	}
	for _, list := range lists {
		list.sort(c.Order == "date")
		list.keepLast(c.Last)
	}
	if !c.BeforeDate.IsZero() || !c.AfterDate.IsZero() {
		if err := s.date(ctx, inv, lists); err != nil {
			return nil, err
		}
		for _, list := range lists {
			list.versions = slices.DeleteFunc(list.versions, func(v datedTag) bool { return !c.between(v.created) })
		}
	}
	for _, list := range lists {
		requests = append(requests, list.requests()...)
		for _, v := range list.versions {
			s.debug("Deleting repository '%s' with tag '%s'", list.repository.Name, v.tag)
			if c.DryRun {
				fmt.Fprintf(s.stdout, "Simulate deletion of %s:%s\n", list.repository.Name, v.tag)
			}
		}
	}
	return requests, nil
}

// between tells whether the dates that were given leave a tag to go.
func (c *cleanVersions) between(created time.Time) bool {
	return (c.BeforeDate.IsZero() || created.Before(c.BeforeDate.Time)) && (c.AfterDate.IsZero() || created.After(c.AfterDate.Time))
}

// candidates are the tags that the expressions select.
func (c *cleanVersions) candidates(s *session, inv *inventory.Inventory) (lists []*versions) {
	for _, repo := range inv.Repositories {
		if !repo.Legal || !c.Image.in(repo.Name) {
			continue
		}
		list := &versions{repository: repo}
		for i := range repo.Tags {
			tag := &repo.Tags[i]
			if c.selects(tag.Name) && sound(inv, tag) && !plan.Refers(inv, tag) {
				list.versions = append(list.versions, datedTag{tag: tag.Name, manifest: tag.Current.Target})
			}
		}
		if len(repo.Tags) == 0 {
			s.debug("No tags in repository '%s'", repo.Name)
		}
		lists = append(lists, list)
	}
	return lists
}

func (c *cleanVersions) selects(tag string) bool {
	return layout.ValidTag(tag) && (c.Exclude == nil || !c.Exclude.in(tag)) && (c.Include == nil || c.Include.in(tag))
}

// sound tells a tag that can be pulled, as far as its manifest goes.
func sound(inv *inventory.Inventory, tag *inventory.Tag) bool {
	if !tag.Current.Points() {
		return false
	}
	m := inv.Manifest(tag.Current.Target)
	return m != nil && m.State == inventory.Sound
}
