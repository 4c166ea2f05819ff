package sweep_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"regjanitor/internal/store/storetest"
)

// The crash programme: random registries, each kind of run, stopped before and
// after every change: by a kill, which leaves all that was done, or by a loss of
// power, which leaves what was synced and any part of the rest. In each state
// everything is there that the run begins and ends with, nothing dangles that did
// not before, and a rerun ends where the whole run would have.
//
// All of it happens in memory. The registries are others each time, unless
// REGJANITOR_TEST_SEED, which a failure names, brings them back.

const (
	seedVariable = "REGJANITOR_TEST_SEED"

	crashRegistries = 200 / crashSlow
	killedStates    = 20_000 / crashSlow
	unsyncedStates  = 10_000 / crashSlow
)

// 41
func TestCrashAnywhere(t *testing.T) {
	first, dir := crashSeed(t), t.TempDir()
	all := newTally()
	var next atomic.Int64
	var workers errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() error {
			for {
				n := next.Add(1) - 1
				if all.enough(n) {
					return nil
				}
				c := crashing{dir: filepath.Join(dir, fmt.Sprint(n)), seed: first + uint64(n), samples: 1, tally: newTally()}
				if err := c.registry(c.spec(), ""); err != nil {
					return err
				}
				all.add(c.tally)
			}
		})
	}
	if err := workers.Wait(); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("crash: %s states, %d violations\n", humanize.Comma(all.killed), all.killedWrong)
	fmt.Printf("crash, unsynced: %s states, %d violations\n", humanize.Comma(all.unsynced), all.unsyncedWrong)
	t.Logf("%d registries from %s=%d on", all.registries, seedVariable, first)
	for _, v := range all.first {
		t.Error(v.shrunk(filepath.Join(dir, "shrunk")))
	}
}

func crashSeed(t *testing.T) uint64 {
	value := os.Getenv(seedVariable)
	if value == "" {
		return uint64(time.Now().UnixMicro())
	}
	seed, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// tally counts states, and holds the first violation of each class.
type tally struct {
	mu                      sync.Mutex
	registries              int
	killed, killedWrong     int64
	unsynced, unsyncedWrong int64
	first                   map[string]*violation
}

func newTally() *tally { return &tally{first: map[string]*violation{}} }

// enough tells whether the programme is over once n registries were begun.
func (t *tally) enough(n int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return n >= int64(storetest.Scale(crashRegistries)) &&
		t.killed >= int64(storetest.Scale(killedStates)) && t.unsynced >= int64(storetest.Scale(unsyncedStates))
}

func (t *tally) add(other *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.registries++
	t.killed += other.killed
	t.killedWrong += other.killedWrong
	t.unsynced += other.unsynced
	t.unsyncedWrong += other.unsyncedWrong
	for class, v := range other.first {
		if t.first[class] == nil {
			t.first[class] = v
		}
	}
}

func (t *tally) wrong(v *violation) {
	if v.unsynced {
		t.unsyncedWrong++
	} else {
		t.killedWrong++
	}
	if class := v.class(); t.first[class] == nil {
		t.first[class] = v
	}
}
