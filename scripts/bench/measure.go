package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"
)

// slow is when one run has to do for a median.
const slow = 20 * time.Second

// A contestant is a command line to be timed, under a name for the table.
type contestant struct {
	name string
	argv []string
}

// A sample is what one run took.
type sample struct {
	wall, cpu time.Duration
	rss       int64 // bytes
}

// measure runs a command once, with its output thrown away.
//
// Peak memory is the kernel's ru_maxrss, which a child starts with at its
// parent's value: it cannot be less than this program's own few MiB.
func measure(ctx context.Context, c contestant) (sample, error) {
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	started := time.Now()
	err := cmd.Run()
	wall := time.Since(started)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w (%s)", c.name, err, strings.Join(c.argv, " "))
	}
	state := cmd.ProcessState
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return sample{}, errors.New("no resource usage on this system")
	}
	return sample{wall, state.UserTime() + state.SystemTime(), int64(usage.Maxrss) << 10}, nil
}

// A result is the samples of one contestant.
type result struct {
	name    string
	samples []sample
}

// measureAll times the contestants in rounds, so that a spell of noise meets
// all of them rather than one. Before each run it calls prepare. A contestant
// whose first run is slow gets no other.
func measureAll(ctx context.Context, contestants []contestant, rounds int, prepare func() error) ([]result, error) {
	results := make([]result, len(contestants))
	for round := range rounds {
		for i, c := range contestants {
			r := &results[i]
			r.name = c.name
			if round > 0 && r.samples[0].wall > slow {
				continue
			}
			if err := prepare(); err != nil {
				return nil, err
			}
			s, err := measure(ctx, c)
			if err != nil {
				return nil, err
			}
			r.samples = append(r.samples, s)
		}
	}
	return results, nil
}

func (r result) median(of func(sample) time.Duration) time.Duration {
	var values []time.Duration
	for _, s := range r.samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func (r result) wall() time.Duration {
	return r.median(func(s sample) time.Duration { return s.wall })
}

func (r result) cpu() time.Duration {
	return r.median(func(s sample) time.Duration { return s.cpu })
}

func (r result) maxRSS() (peak int64) {
	for _, s := range r.samples {
		peak = max(peak, s.rss)
	}
	return peak
}

// printTable shows the results with their ratio to that of the first.
func printTable(w io.Writer, title string, results []result) error {
	base := results[0]
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s\truns\tmedian wall\tcpu\tmax RSS\twall ÷ %s\t\n", title, base.name)
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%d\t%.3f s\t%.3f s\t%.1f MiB\t%.2f\t\n",
			r.name, len(r.samples), r.wall().Seconds(), r.cpu().Seconds(),
			float64(r.maxRSS())/(1<<20), r.wall().Seconds()/base.wall().Seconds())
	}
	return t.Flush()
}

// dropCaches makes the next access to everything go to the disk.
func dropCaches() error {
	unix.Sync()
	// 3: the page cache as well as directory entries and inodes.
	if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3\n"), 0); err != nil {
		return fmt.Errorf("drop caches (needs root): %w", err)
	}
	return nil
}
