package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// slow is when one run has to do for a median.
const slow = 20 * time.Second

// A contestant is a command line to be timed.
type contestant struct {
	name  string
	argv  []string
	limit time.Duration // after which it is killed; 0: never
}

// A sample is what one run took.
type sample struct {
	wall   time.Duration
	rss    int64 // bytes
	killed bool  // at its limit: it would have taken longer
}

// measure runs a command once, with its output thrown away.
//
// Peak memory is the kernel's ru_maxrss, which a child starts with at its
// parent's value: it cannot be less than this program's own few MiB. This is why
// whatever takes memory is done in processes of its own.
func measure(ctx context.Context, c contestant) (sample, error) {
	limited := ctx
	if c.limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, c.limit)
		defer cancel()
	}
	cmd := exec.CommandContext(limited, c.argv[0], c.argv[1:]...)
	started := time.Now()
	err := cmd.Run()
	wall := time.Since(started)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return sample{wall: wall, killed: true}, nil
	}
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w (%s)", c.name, err, strings.Join(c.argv, " "))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return sample{}, errors.New("no resource usage on this system")
	}
	return sample{wall: wall, rss: int64(usage.Maxrss) << 10}, nil
}

// A result is the samples of one contestant.
type result []sample

// measureAll times the contestants in rounds, so that a spell of noise meets
// all of them rather than one. Before each run it calls prepare. A contestant
// whose first run is slow gets no other.
func measureAll(ctx context.Context, contestants []contestant, rounds int, prepare func(context.Context, contestant) error) ([]result, error) {
	results := make([]result, len(contestants))
	for range rounds {
		for i, c := range contestants {
			if results[i].isSlow() {
				continue
			}
			if err := prepare(ctx, c); err != nil {
				return nil, err
			}
			s, err := measure(ctx, c)
			if err != nil {
				return nil, err
			}
			results[i] = append(results[i], s)
		}
	}
	return results, nil
}

// warm lets a command run once before the run that counts: the kernel may have
// taken memory back since the last round. The collector is spared that, as it
// can take hours; what it reads, others have read just before.
func warm(ctx context.Context, c contestant) error {
	if c.name == collectorName {
		return nil
	}
	_, err := measure(ctx, c)
	return err
}

// cold makes the next access to everything go to the disk.
func cold(context.Context, contestant) error {
	unix.Sync()
	// 3: the page cache as well as directory entries and inodes.
	if err := os.WriteFile(cacheDropper, []byte("3\n"), 0); err != nil {
		return fmt.Errorf("drop caches: %w", err)
	}
	return nil
}

const cacheDropper = "/proc/sys/vm/drop_caches"

// canDropCaches notes what will not be measured, where it cannot.
func (s *suite) canDropCaches(what string) bool {
	err := unix.Access(cacheDropper, unix.W_OK)
	if err != nil {
		s.note("%s: not measured, as dropping caches needs root (%v)", what, err)
	}
	return err == nil
}

func (r result) isSlow() bool { return len(r) > 0 && r[0].wall > slow }

// killed says that the result is a lower bound.
func (r result) killed() bool {
	return slices.ContainsFunc(r, func(s sample) bool { return s.killed })
}

func (r result) sorted() []time.Duration {
	var walls []time.Duration
	for _, s := range r {
		walls = append(walls, s.wall)
	}
	slices.Sort(walls)
	return walls
}

// wall is the median, in seconds.
func (r result) wall() float64 {
	walls := r.sorted()
	n := len(walls)
	return (walls[(n-1)/2] + walls[n/2]).Seconds() / 2
}

func (r result) maxRSS() (peak int64) {
	for _, s := range r {
		peak = max(peak, s.rss)
	}
	return peak
}

// String is the median, and the least beside it where noise may have made it.
func (r result) String() string {
	text := seconds(r.wall())
	if least := r.sorted()[0].Seconds(); r.wall() > 1.5*least {
		text += fmt.Sprintf(" (min %s)", seconds(least))
	}
	if r.killed() {
		text = "over " + text
	}
	return text
}

// seconds are shown with three digits.
func seconds(s float64) string {
	switch {
	case s < 0.001:
		return fmt.Sprintf("%.3g µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	case s < 100:
		return fmt.Sprintf("%.3g s", s)
	default:
		return fmt.Sprintf("%.0f s", s)
	}
}
