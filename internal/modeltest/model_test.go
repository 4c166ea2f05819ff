package modeltest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
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
	if n > 1000 && (int(total.damaged.Load()) < n/3 || int(total.refused.Load()) > n/2 || int(total.exact.Load()) < n/2) {
		t.Errorf("this is not the mixture that was meant: %v", &total)
	}
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
	found, err := try(filepath.Join(t.TempDir(), "registry"), string(text), opts, false, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(found)
	if len(found.violations) > 0 {
		t.Error(strings.Join(found.violations, "\n"))
	}
}

var minAge = regexp.MustCompile(`# min-age=(\S+)`)

type tally struct{ registries, damaged, refused, violations, exact atomic.Int64 }

func (t *tally) String() string {
	return fmt.Sprintf("model: %s registries, %s damaged, %s refused, %d violations",
		thousands(t.registries.Load()), thousands(t.damaged.Load()), thousands(t.refused.Load()), t.violations.Load())
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
	opts := randomOptions(random.IntN)
	found, err := judge(dir, &spec, opts, !damaged, seed%8 == 0)
	if err != nil {
		t.Errorf("seed %d: %v\n%s", seed, err, spec)
		total.violations.Add(1)
		return
	}
	total.registries.Add(1)
	if damaged {
		total.damaged.Add(1)
	}
	if found.refused {
		total.refused.Add(1)
	}
	if found.strict.Same(found.generous) {
		total.exact.Add(1)
	}
	if len(found.violations) == 0 {
		return
	}
	total.violations.Add(1)
	spec, found, opts = shrink(dir, spec, opts, !damaged, found)
	t.Errorf("seed %d: go test ./internal/modeltest -run TestModel -seed=%d\n%s\n\n%s\n\noptions %+v\n\n%s", seed, seed,
		strings.Join(found.violations, "\n"), spec, opts, found)
}

// randomOptions are mostly the defaults.
func randomOptions(choose func(int) int) Options {
	opts := defaults()
	opts.AllowEmpty = choose(3) == 0
	opts.Large = choose(3) == 0
	switch choose(14) {
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
	case 5, 6:
		opts.Scope = []string{repositoryNames[choose(len(repositoryNames))], repositoryNames[choose(len(repositoryNames))]}
	}
	return opts
}

// judge writes a spec's registry and has both look at it. A line that cannot be
// carried out is taken out of the spec.
func judge(dir string, text *string, opts Options, sound, alone bool) (*trial, error) {
	for {
		found, err := try(filepath.Join(dir, "registry"), *text, opts, sound, alone)
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

func try(dir, text string, opts Options, sound, alone bool) (*trial, error) {
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
	c := &trial{tree: tree, opts: opts, sound: sound, alone: alone}
	return c, c.run()
}

// shrink drops lines, and options, while there is still a violation.
func shrink(dir, text string, opts Options, sound bool, found *trial) (string, *trial, Options) {
	attempt := func(text string, opts Options) bool {
		less, err := try(filepath.Join(dir, "registry"), text, opts, sound, true)
		if err == nil && len(less.violations) > 0 {
			found = less
			return true
		}
		return false
	}
	if attempt(text, defaults()) {
		opts = defaults()
	}
	for again := true; again; {
		again = false
		lines := strings.Split(text, "\n")
		for i := len(lines) - 1; i >= 0 && len(lines) > 1; i-- {
			less := append(lines[:i:i], lines[i+1:]...)
			if attempt(strings.Join(less, "\n"), opts) {
				lines, again = less, true
			}
		}
		text = strings.Join(lines, "\n")
	}
	return text, found, opts
}
