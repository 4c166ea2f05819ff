package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// A comparison is what the flags of compare ask for.
type comparison struct {
	programs
	shape  shape
	dir    string // where trees are made
	root   string // an existing tree, or ""
	only   []string
	rounds int
	cold   bool
	real   bool
}

func compareCommand(ctx context.Context, args []string) (err error) {
	var c comparison
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.StringVar(&c.root, "root", "", "existing tree to work on; without it, one is made and removed again")
	flags.StringVar(&c.dir, "dir", "", "`directory` to make trees in (default: the temporary one)")
	flags.StringVar(&c.regjanitor, "regjanitor", "", "regjanitor `binary` (default: built from this checkout)")
	flags.StringVar(&c.registry, "registry", "", "registry `binary` (default: built from the scripts module)")
	only := flags.String("only", strings.Join(readers, ","), "`commands` to compare; ratios are to the first")
	flags.IntVar(&c.rounds, "runs", 3, "runs of each command; one that takes over 20 s has one")
	flags.BoolVar(&c.cold, "cold", false, "then do the same with cold caches (needs root)")
	flags.BoolVar(&c.real, "real", false, "compare real removals instead, each on a tree of its own")
	shapeOf := shapeFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.shape, err = shapeOf(); err != nil {
		return err
	}
	c.only = strings.Split(*only, ",")
	if c.rounds < 1 || c.real && (c.root != "" || c.cold) {
		return errors.New("-runs is at least 1, and -real makes its own trees and runs warm")
	}
	if c.scratch, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.scratch)) }()
	if err := c.build(ctx, c.only); err != nil {
		return err
	}
	if c.real {
		return c.compareRemovals(ctx)
	}
	return c.compareReaders(ctx)
}

func (c *comparison) compareReaders(ctx context.Context) (err error) {
	if c.root == "" {
		root, remove, err := c.newTree(ctx, c.dir, c.shape)
		if err != nil {
			return err
		}
		c.root = root
		defer func() { err = errors.Join(err, remove()) }()
	}
	var contestants []contestant
	for _, name := range c.only {
		reader, err := c.reader(name, c.root)
		if err != nil {
			return err
		}
		contestants = append(contestants, reader)
	}
	if err := c.warm(ctx, contestants); err != nil {
		return err
	}
	if c.cold {
		results, err := measureAll(ctx, contestants, c.rounds, dropCaches)
		if err != nil {
			return err
		}
		if err := printTable(os.Stdout, "cold", results); err != nil {
			return err
		}
	}
	return c.checkAnswer(ctx)
}

// warm measures with warm caches: one run of each command goes before and does
// not count. The collector is spared that one, as it can take hours; the others
// have by then read all that it reads, but for the revision links.
func (c *comparison) warm(ctx context.Context, contestants []contestant) error {
	nothing := func() error { return nil }
	var quick []contestant
	for _, subject := range contestants {
		if subject.name != "collector" {
			quick = append(quick, subject)
		}
	}
	if _, err := measureAll(ctx, quick, 1, nothing); err != nil {
		return err
	}
	results, err := measureAll(ctx, contestants, c.rounds, nothing)
	if err != nil {
		return err
	}
	return printTable(os.Stdout, "warm", results)
}

// checkAnswer shows that regjanitor and the yardstick did the same work: as
// many dead blobs are found by both.
func (c *comparison) checkAnswer(ctx context.Context) error {
	if c.regjanitor == "" {
		return nil
	}
	want, err := walk(c.root)
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, c.regjanitor, "sweep", "-n", "--json", "--root", c.root).Output()
	if err != nil {
		return fmt.Errorf("regjanitor --json: %w", err)
	}
	var got struct {
		Planned struct {
			Revisions  int `json:"revisions"`
			LayerLinks int `json:"layer_links"`
			Blobs      int `json:"blobs"`
		} `json:"planned"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return fmt.Errorf("parse regjanitor's answer: %w", err)
	}
	p := got.Planned
	if p.Revisions != want.DeadRevs || p.LayerLinks != want.DeadLinks || p.Blobs != want.DeadBlobs {
		return fmt.Errorf("answers differ: regjanitor finds %d revisions, %d layer links and %d blobs dead, the walk %d, %d and %d",
			p.Revisions, p.LayerLinks, p.Blobs, want.DeadRevs, want.DeadLinks, want.DeadBlobs)
	}
	fmt.Printf("answers agree: %d revisions, %d layer links and %d blobs are dead\n", p.Revisions, p.LayerLinks, p.Blobs)
	return nil
}
