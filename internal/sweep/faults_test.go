package sweep_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"regjanitor/internal/store/storetest"
)

// The fault programme: thirty registries, each kind of run, and a disk on which
// one call after the other goes wrong, in every way, once or for ever. A run that
// ends with 0 has done what it does on a disk that is well; whatever else happens
// has to be said. And in no case is anything lost that stays otherwise, does
// anything dangle, or can a rerun not finish the job.
//
// All of it happens in memory. Registries, calls and faults are drawn with a
// seed, which is always the same unless REGJANITOR_TEST_SEED says otherwise.

const (
	faultRegistries = 30
	faultsPerRun    = 450
	leastFaults     = 100_000

	shownViolations = 8
)

var replayed = flag.String("fault", "", "inject this one fault, as a failure of TestFaults names it")

func TestFaults(t *testing.T) {
	seed := uint64(1)
	if os.Getenv(seedVariable) != "" {
		seed = crashSeed(t)
	}
	specs := slices.Clone(faultSpecs)
	for n := seed; len(specs) < faultRegistries; n++ {
		specs = append(specs, randomFaultSpec(n))
	}
	all := &faultTally{dir: t.TempDir(), injected: map[string]int{}, excused: map[string]int{}, smallest: map[string]*faultViolation{}}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, spec := range specs {
		workers.Go(func() error { return all.registry(spec, seed+uint64(i)) })
	}
	if err := workers.Wait(); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s (%d registries, %s=%d)\n", all, len(specs), seedVariable, seed)
	for i, class := range slices.Sorted(maps.Keys(all.smallest)) {
		if i == shownViolations {
			t.Errorf("and %d more kinds of violation", len(all.smallest)-i)
			break
		}
		t.Error(all.smallest[class].shrunk(all.dir))
	}
	switch total := all.total(); {
	case *replayed != "" && total == 0:
		t.Errorf("there is no fault %q", *replayed)
	case *replayed == "" && total < storetest.Scale(leastFaults)/crashSlow:
		t.Errorf("no more than %d faults", total)
	}
}

// faultTally counts what was injected, and holds of each class of violations the
// one in the smallest registry.
type faultTally struct {
	dir string

	mu       sync.Mutex
	injected map[string]int // by kind of run
	excused  map[string]int // by excuse
	wrong    int
	smallest map[string]*faultViolation
}

// registry tries all kinds of run on one registry.
func (all *faultTally) registry(spec faultSpec, seed uint64) error {
	if *replayed != "" && !strings.HasPrefix(*replayed, spec.name+"|") {
		return nil
	}
	tree, registry, err := spec.write(all.dir)
	if err != nil {
		return fmt.Errorf("registry %s: %w", spec.name, err)
	}
	choose := rand.New(rand.NewPCG(seed, 1))
	for _, run := range faultRuns(registry, choose.IntN) {
		trial := newFaultTrial(spec, registry, run)
		if run.kind == "sweep" && spec.sound {
			if err := trial.checkLife(tree); err != nil {
				return err
			}
		}
		for _, f := range trial.faults(choose) {
			if *replayed == "" || *replayed == trial.name(f) {
				all.try(trial, f)
			}
		}
	}
	return nil
}

func (all *faultTally) try(t *faultTrial, f fault) {
	fired, wrong, excused := t.try(f)
	if !fired {
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	all.injected[t.kind]++
	if excused != "" {
		all.excused[excused]++
	}
	if len(wrong) == 0 {
		return
	}
	all.wrong++
	v := &faultViolation{t, f, wrong}
	if was := all.smallest[v.class()]; was == nil || len(was.trial.spec.text) > len(t.spec.text) {
		all.smallest[v.class()] = v
	}
}

func (all *faultTally) total() (n int) {
	for _, injected := range all.injected {
		n += injected
	}
	return n
}

// String is one line.
func (all *faultTally) String() string {
	return fmt.Sprintf("faults: %s injected, %d violations: %s; excused: %s",
		humanize.Comma(int64(all.total())), all.wrong, counts(all.injected), counts(all.excused))
}

func counts(by map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(by)) {
		all = append(all, what+" "+humanize.Comma(int64(by[what])))
	}
	return strings.Join(all, ", ")
}
