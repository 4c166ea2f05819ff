package inventory

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// TestCrewDoesAll: whatever tasks leave behind them, however deep, every index of
// every one is done once, no more workers are at it than there are, and done
// comes after the last.
func TestCrewDoesAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers := rapid.IntRange(1, 9).Draw(t, "workers")
		sizes := rapid.SliceOfN(rapid.IntRange(0, 200), 1, 6).Draw(t, "sizes")
		c := newCrew(context.Background(), workers)
		var busy, most, ended atomic.Int64
		counts := make([][]atomic.Int64, len(sizes))
		var leave func(depth int)
		leave = func(depth int) {
			if depth == len(sizes) {
				return
			}
			n := sizes[depth]
			counts[depth] = make([]atomic.Int64, n)
			c.each(n, func(i int) error {
				if now := busy.Add(1); now > most.Load() {
					most.Store(now)
				}
				counts[depth][i].Add(1)
				busy.Add(-1)
				return nil
			}, func() {
				for i := range counts[depth] {
					if got := counts[depth][i].Load(); got != 1 {
						t.Errorf("depth %d: %d of %d was done %d times before the end", depth, i, n, got)
					}
				}
				ended.Add(1)
				leave(depth + 1)
			})
		}
		c.later(func() error { leave(0); return nil })
		if err := c.work(); err != nil {
			t.Fatal(err)
		}
		if int(ended.Load()) != len(sizes) {
			t.Errorf("%d of %d tasks have ended", ended.Load(), len(sizes))
		}
		if most.Load() > int64(workers) {
			t.Errorf("%d were at work, and there are %d", most.Load(), workers)
		}
	})
}

// TestCrewFails: what fails is told, nothing new is begun, and what holds a
// directory open still comes to its end.
func TestCrewFails(t *testing.T) {
	broken := errors.New("broken")
	for name, fail := range map[string]func() error{
		"an error": func() error { return broken },
		"a panic":  func() error { panic(broken) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrew(context.Background(), 1) // of many, others might be through before it is told
			var after, ends atomic.Int64
			end := func() { ends.Add(1) }
			c.each(1000, func(int) error { after.Add(1); return nil }, end)
			c.each(1, func(int) error {
				c.each(1000, func(int) error { after.Add(1); return nil }, end)
				return fail()
			}, end)
			err := c.work()
			if err == nil || !strings.Contains(err.Error(), "broken") {
				t.Errorf("it says %v", err)
			}
			if ends.Load() != 3 {
				t.Errorf("%d of 3 tasks have come to their end", ends.Load())
			}
			if after.Load() > 0 {
				t.Errorf("%d pieces were done all the same", after.Load())
			}
		})
	}
}

func TestCrewIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := newCrew(ctx, 2)
	c.each(1000, func(i int) error {
		cancel()
		return nil
	}, nil)
	if err := c.work(); !errors.Is(err, context.Canceled) {
		t.Errorf("it says %v", err)
	}
}
