package modeltest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

var (
	onlySeed  = flag.Int("seed", 0, "judge the registry of this seed alone")
	firstSeed = flag.Int("first", 1, "judge the registries of the seeds from this one on")
	specFile  = flag.String("spec", "", "judge the registry that this file describes")
	stopAfter = flag.Int64("stop", 20, "end after so many violations")
	howMany   = flag.Int("registries", 20_000, "judge so many registries")
)

// fraction of the registries are judged where each takes long.
var fraction = 1

// TestModel sweeps random registries and compares with the oracle.
func TestModel(t *testing.T) {
	first, n := *firstSeed, storetest.Scale(*howMany)/fraction
	if *onlySeed != 0 {
		first, n = *onlySeed, 1
	}
	if *specFile != "" {
		judgeFile(t, *specFile)
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // many small trees, all garbage at once
	var total tally
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		dir := t.TempDir()
		workers.Go(func() {
			for total.violations.Load() < *stopAfter {
				i := int(next.Add(1))
				if i > n {
					return
				}
				judgeSeed(t, dir, first+i-1, &total)
			}
		})
	}
	workers.Wait()
	t.Logf("seeds %d to %d; of %d registries the oracle left nothing open", first, first+n-1, total.exact.Load())
	fmt.Println(&total)
	if n > 1000 && total.isLopsided(n) {
		t.Errorf("this is not the mixture that was meant: %v", &total)
	}
}

// isLopsided tells a mixture that shows little of what it is to show.
func (t *tally) isLopsided(n int) bool {
	return int(t.damaged.Load()) < n/3 || int(t.refused.Load()) > n/2 || int(t.exact.Load()) < n/2 ||
		int(t.dropped.Load()) < n/40 || int(t.fell.Load()) < n/60 || int(t.named.Load()) < n/12 || int(t.globs.Load()) < n/25
}

// judgeFile judges one spec, under the default options but for those that a
// comment of it gives: # min-age=24h, # keep-untagged.
func judgeFile(t *testing.T, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	opts := defaults()
	if match := minAge.FindStringSubmatch(string(text)); match != nil {
		opts.MinAge, _ = time.ParseDuration(match[1])
	}
	opts.KeepUntagged = strings.Contains(string(text), "# keep-untagged")
	found, err := try(filepath.Join(t.TempDir(), "registry"), string(text), wish{opts: opts}, false, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(found.opinion())
	if len(found.violations) > 0 {
		t.Error(strings.Join(found.violations, "\n"))
	}
}

var minAge = regexp.MustCompile(`# min-age=(\S+)`)

type tally struct {
	registries, damaged, refused, violations, exact atomic.Int64
	policies, dropped, waiting, fell, named, globs  atomic.Int64
}

func (t *tally) String() string {
	count := func(n *atomic.Int64) string { return thousands(n.Load()) }
	return fmt.Sprintf("model: %s registries, %s damaged, %s refused, %d violations\n"+
		"model: %s with a policy, of which %s drop tags and %s wait in doubt; %s removals by name, %s of them by glob; with %s of all go tags about others",
		count(&t.registries), count(&t.damaged), count(&t.refused), t.violations.Load(),
		count(&t.policies), count(&t.dropped), count(&t.waiting), count(&t.named), count(&t.globs), count(&t.fell))
}

// add counts a trial.
func (t *tally) add(c *trial, damaged bool) {
	for counter, counts := range map[*atomic.Int64]bool{
		&t.registries: true,
		&t.damaged:    damaged,
		&t.refused:    c.refused,
		&t.exact:      c.strict.Same(c.generous),
		&t.policies:   c.opts.Policy != nil,
		&t.dropped:    c.opts.Policy != nil && c.dropped > 0,
		&t.waiting:    c.generous.Waits,
		&t.fell:       c.strict.Fell > 0 && !c.refused,
		&t.named:      len(c.named) > 0,
		&t.globs:      slices.ContainsFunc(c.named, func(n string) bool { return strings.ContainsAny(n, "*[{") }),
	} {
		if counts {
			counter.Add(1)
		}
	}
}

func thousands(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return thousands(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// judgeSeed makes the registry of a seed and judges it.
func judgeSeed(t *testing.T, dir string, seed int, total *tally) {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	spec, damaged := Generate(random.IntN)
	asked := randomWish(random.IntN, spec)
	found, err := judge(dir, &spec, asked, !damaged, seed%8 == 0)
	if errors.Is(err, errNothing) {
		asked.named, asked.prune = nil, false
		found, err = judge(dir, &spec, asked, !damaged, seed%8 == 0)
	}
	if err != nil {
		t.Errorf("seed %d: %v\n%s", seed, err, spec)
		total.violations.Add(1)
		return
	}
	total.add(found, damaged)
	if len(found.violations) == 0 {
		return
	}
	total.violations.Add(1)
	spec, found = shrink(dir, spec, asked, !damaged, found)
	t.Errorf("seed %d: go test ./internal/modeltest -run TestModel -seed=%d\n%s\n\n%s\n\noptions %s\n\n%s", seed, seed,
		strings.Join(found.violations, "\n"), spec, found.wish, found.opinion())
}

// randomWish is a sweep, one with a policy, or a removal by name.
func randomWish(choose func(int) int, spec string) wish {
	w := wish{opts: randomOptions(choose)}
	manifests := definition.FindAllStringSubmatch(spec, -1)
	if choose(8) == 0 {
		w.keep = []string{manifests[choose(len(manifests))][1]}
	}
	switch choose(6) {
	case 0:
		if w.named = randomNames(choose, spec); w.named != nil {
			w.opts, w.prune = defaults(), choose(3) == 0
		}
	case 1, 2:
		w.opts.Policy = RandomPolicy(choose)
		w.opts.Orphaned = choose(5) == 0
	case 3:
		w.opts.Orphaned = choose(2) == 0
	}
	return w
}

var definition = regexp.MustCompile(`(?m)^(M\d+) = `)

// randomOptions are mostly the defaults.
func randomOptions(choose func(int) int) Options {
	opts := defaults()
	opts.AllowEmpty = choose(3) == 0
	opts.Large = choose(3) == 0
	switch choose(15) {
	case 0:
		opts.KeepUntagged = true
	case 1:
		opts.KeepOrphans = true
	case 2:
		opts.KeepUploads = true
	case 3:
		opts.MinAge = 24 * time.Hour
	case 4:
		opts.MinAge = 300 * time.Hour
	case 5:
		opts.UntaggedAge = 48 * time.Hour
	case 6, 7:
		opts.Scope = []string{repositoryNames[choose(len(repositoryNames))], repositoryNames[choose(len(repositoryNames))]}
	}
	return opts
}

// judge writes a spec's registry and has both look at it. A line that cannot be
// carried out is taken out of the spec.
func judge(dir string, text *string, asked wish, sound, alone bool) (*trial, error) {
	for {
		found, err := try(filepath.Join(dir, "registry"), *text, asked, sound, alone)
		if err == nil {
			return found, nil
		}
		number := lineNumber.FindStringSubmatch(err.Error())
		if number == nil {
			return nil, err
		}
		n, _ := strconv.Atoi(number[1])
		lines := strings.Split(*text, "\n")
		*text = strings.Join(append(lines[:n-1:n-1], lines[n:]...), "\n")
	}
}

var lineNumber = regexp.MustCompile(`^line (\d+): `)

func try(dir, text string, asked wish, sound, alone bool) (found *trial, err error) {
	spec, err := registrytest.Parse(text)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	defer os.RemoveAll(dir + "-outside")
	tree, err := spec.Write(dir, registrytest.Now)
	if err != nil {
		return nil, err
	}
	if asked, err = asked.within(text); err != nil {
		return nil, err
	}
	c := &trial{tree: tree, wish: asked, sound: sound, alone: alone}
	return c, c.run()
}

// shrink drops lines, options, rules and names while there is still a violation.
func shrink(dir, text string, asked wish, sound bool, found *trial) (string, *trial) {
	attempt := func(text string, less wish) bool {
		smaller, err := try(filepath.Join(dir, "registry"), text, less, sound, true)
		if err == nil && len(smaller.violations) > 0 {
			found, asked = smaller, less
			return true
		}
		return false
	}
	plain := wish{opts: defaults(), named: asked.named}
	plain.opts.Policy = asked.opts.Policy
	attempt(text, plain)
	for again := true; again; {
		again = false
		lines := strings.Split(text, "\n")
		for i := len(lines) - 1; i >= 0 && len(lines) > 1; i-- {
			less := append(lines[:i:i], lines[i+1:]...)
			if attempt(strings.Join(less, "\n"), asked) {
				lines, again = less, true
			}
		}
		text = strings.Join(lines, "\n")
		for i := len(asked.named) - 1; i >= 0 && len(asked.named) > 1; i-- {
			less := asked
			less.named = append(asked.named[:i:i], asked.named[i+1:]...)
			again = attempt(text, less) || again
		}
		if asked.opts.Policy != nil {
			for i := len(asked.opts.Policy.Rules) - 1; i >= 0 && len(asked.opts.Policy.Rules) > 1; i-- {
				less, rules := asked, asked.opts.Policy.Rules
				less.opts.Policy = &Policy{append(rules[:i:i], rules[i+1:]...)}
				again = attempt(text, less) || again
			}
		}
	}
	return text, found
}
