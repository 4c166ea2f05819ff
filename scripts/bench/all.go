package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A suite is a run of many comparisons.
type suite struct {
	programs
	table
	shapes  map[string]shape
	rounds  int
	removed int // rounds of real removals
}

// parts are the groups of comparisons, in the order in which they are run.
var parts = []struct {
	name string
	run  func(*suite, context.Context) error
}{
	{"dry", (*suite).dry},
	{"look", (*suite).look},
	{"cold", (*suite).cold},
	{"many", (*suite).manyTags},
	{"extreme", (*suite).extreme},
	{"real", (*suite).real},
	{"growth", (*suite).growth},
	{"memory", (*suite).memory},
	{"hash", (*suite).hash},
}

func allCommand(ctx context.Context, args []string) (err error) {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	s := suite{shapes: shapes}
	s.progress = os.Stderr
	flags := flag.NewFlagSet("all", flag.ContinueOnError)
	s.programs.declare(flags)
	only := flags.String("only", strings.Join(names, ","), "`parts` to run")
	tree := flags.String("tree", "", "existing `directory` to read instead of making a tree of the default shape")
	flags.IntVar(&s.rounds, "rounds", 5, "runs of each command in turn; one that takes over 20 s has one")
	flags.IntVar(&s.removed, "real-rounds", 3, "the same for real sweeps, each of which needs a tree of its own")
	flags.DurationVar(&s.limit, "collector-limit", 10*time.Minute, "how long a run of the registry's collector may take before it is killed, or extrapolated")
	flags.BoolVar(&s.small, "quick", false, "only show that everything runs, on small trees")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := strings.Split(*only, ",")
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return fmt.Errorf("unknown part %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	if min(s.rounds, s.removed) < 1 {
		return errors.New("each comparison needs at least one round")
	}
	if s.small {
		s.shapes, s.rounds, s.removed = quickShapes, 1, 1
	}
	done, err := s.programs.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := s.build(ctx); err != nil {
		return err
	}
	if *tree != "" {
		s.existing = map[shape]string{s.shapes["default"]: *tree}
	}
	before := loadAverage()
	for _, p := range parts {
		if !slices.Contains(wanted, p.name) {
			continue
		}
		fmt.Fprintf(s.progress, "%s:\n", p.name)
		if err := p.run(&s, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	s.describe(before)
	return s.print(os.Stdout)
}

// describe notes where and how the numbers came about.
func (s *suite) describe(load string) {
	if s.small {
		s.note("-quick: these trees are too small to say anything about speed.")
	}
	s.note("machine: %s; trees on %s; load average %s before, %s after", machine(), fileSystem(s.trees), load, loadAverage())
	s.note("regjanitor: %s", buildOf(s.regjanitor))
	if s.registry != "" {
		s.note("registry, whose collector is meant: %s", buildOf(s.registry))
	}
	s.note("Commands of one comparison run in turn on one tree, %d rounds (%d of real sweeps, each on a tree of its own);", s.rounds, s.removed)
	s.note("the median counts, with the least beside it where that is less than two thirds of it. Over %v one run has to do.", slow)
	s.note("Warm: each run comes after one of the same command that does not count (the collector's after the others').")
}
