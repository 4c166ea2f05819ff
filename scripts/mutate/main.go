// Command mutate asks whether the tests would notice a mistake. It makes one
// small change at a time to the code of a package, a mutant, and runs the tests
// that ought to fail: a mutant that passes them all has survived, and is either
// the same program in other words or a gap in the tests.
//
//	cd scripts && go run ./mutate                          # graph, plan and sweep: hours
//	cd scripts && go run ./mutate -sample 300 -seed 7      # some, chosen at random
//	cd scripts && go run ./mutate -packages layout -list   # what there is to try
//	cd scripts && go run ./mutate -only 'plan/age.go:25'   # one place, after a test was added
//
// The checkout is never written to: the compiler gets the changed file through
// go's -overlay, with a build cache of its own, and the tests work in a temporary
// directory of their own. Put TMPDIR on a file system in memory. See mutants.go
// for the kinds of change, and tests.go for the tests: those that have killed most
// in their time come first, and what takes longer than -slowest is left out.
//
// A mutant that does not compile counts for nothing. One on which the tests hang
// or run out of memory is killed. Mutants are tried in random order, so that a
// run that is interrupted, or ends by -for, reports a fair sample. The tests have
// to pass on the code as it is; a first run of them tells how long each takes.
//
// Among survivors some are always the same program: a guard against what no scan
// gives, a sum in a message, a batch of another size.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("mutate", flag.ExitOnError)
	root := flags.String("root", "..", "the janitor's module")
	packages := flags.String("packages", "graph,plan,retention,sweep", "packages below internal to change")
	only := flags.String("only", "", "a regular expression; only mutants whose line in -list it matches")
	sample := flags.Int("sample", 0, "try so many mutants, chosen at random; 0 is all")
	seed := flags.Uint64("seed", 1, "of the random order")
	jobs := flags.Int("jobs", 1, "mutants tried at once")
	most := flags.Duration("for", 0, "begin no further mutant after this time; 0 is no limit")
	slowest := flags.Duration("slowest", 15*time.Second, "leave out tests that take longer")
	cache := flags.String("cache", "", "a build cache to use, as GOCACHE; without it a fresh one is made and removed")
	least := flags.Float64("least", 0, "fail where a smaller percentage is killed")
	list := flags.Bool("list", false, "print the mutants and try none")
	flags.Parse(args)
	mutants, err := choose(*root, strings.Split(*packages, ","), *only)
	if err != nil {
		return err
	}
	rand.New(rand.NewPCG(*seed, 0)).Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })
	if *sample > 0 && *sample < len(mutants) {
		mutants = mutants[:*sample]
	}
	if *list {
		inOrder(mutants)
		for _, m := range mutants {
			fmt.Fprintln(out, m)
		}
		return nil
	}
	trials, err := newTrials(ctx, *root, *cache, strings.Split(*packages, ","), *slowest, log)
	if err != nil {
		return err
	}
	defer trials.close()
	if *most > 0 {
		limited, cancel := context.WithTimeout(ctx, *most)
		defer cancel()
		ctx = limited
	}
	tryAll(ctx, trials, mutants, *jobs, log)
	share := report(out, mutants)
	if share < *least {
		return fmt.Errorf("%.1f%% of the mutants are killed, and at least %g%% have to be", share, *least)
	}
	return nil
}

// choose finds the mutants of the packages, in the order of the files.
func choose(root string, packages []string, only string) ([]*mutant, error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	var chosen []*mutant
	for _, name := range packages {
		found, err := mutantsOf(filepath.Join(root, "internal", name), name)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if pattern.MatchString(m.String()) {
				chosen = append(chosen, m)
			}
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("there is nothing to change")
	}
	return chosen, nil
}

func tryAll(ctx context.Context, trials *trials, mutants []*mutant, jobs int, log io.Writer) {
	var workers sync.WaitGroup
	var mu sync.Mutex
	next, begun := 0, time.Now()
	for range max(jobs, 1) {
		workers.Go(func() {
			for {
				mu.Lock()
				at := next
				next++
				mu.Unlock()
				if at >= len(mutants) || ctx.Err() != nil {
					return
				}
				m := mutants[at]
				fate, err := trials.try(ctx, m)
				mu.Lock()
				m.fate = fate
				switch {
				case err != nil && ctx.Err() == nil:
					fmt.Fprintf(log, "%s: %v\n", m, err)
				case m.fate == survived:
					fmt.Fprintf(log, "survived: %s\n", m)
				}
				if (at+1)%50 == 0 {
					fmt.Fprintf(log, "%d of %d after %s\n", at+1, len(mutants), time.Since(begun).Round(time.Second))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

// report prints a line for each package and one for each survivor, and returns
// the percentage that was killed.
func report(out io.Writer, mutants []*mutant) float64 {
	counts := map[string]*[fates]int{"total": {}}
	var names []string
	for _, m := range mutants {
		if counts[m.pkg] == nil {
			counts[m.pkg] = &[fates]int{}
			names = append(names, m.pkg)
		}
		counts[m.pkg][m.fate]++
		counts["total"][m.fate]++
	}
	slices.Sort(names)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "package\tmutants\tkilled\tby timeout\tsurvived\tnot compiled\tnot tried\tshare\t")
	share := 0.0
	for _, name := range append(names, "total") {
		n := counts[name]
		dead := n[killed] + n[hung]
		share = 100 * float64(dead) / float64(max(dead+n[survived], 1))
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f%%\t\n",
			name, dead+n[survived], dead, n[hung], n[survived], n[notCompiled], n[untried], share)
	}
	table.Flush()
	inOrder(mutants)
	for _, m := range mutants {
		if m.fate == survived {
			fmt.Fprintln(out, m)
		}
	}
	return share
}

func inOrder(mutants []*mutant) {
	slices.SortFunc(mutants, func(a, b *mutant) int {
		return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), strings.Compare(a.text, b.text))
	})
}
