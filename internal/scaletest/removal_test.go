package scaletest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

// TestRemovalLatency does the same as TestLatency with all that follows a plan:
// the look whether anything has changed since the scan, and the removals.
func TestRemovalLatency(t *testing.T) {
	for _, shape := range latencyShapes {
		if !shape.removal {
			continue
		}
		tree := copyToMemory(t, New(shape.Shape))
		for _, jobs := range []int{16, 64, 128} {
			t.Run(fmt.Sprintf("%s/jobs=%d", shape.name, jobs), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := watched{disk: storetest.Latency{Delay: time.Millisecond}}
					w.remove(t, tree.Clone(), jobs)
					w.check(t, jobs)
				})
			})
		}
	}
}

func (w *watched) remove(t testing.TB, tree *storetest.Memory, jobs int) {
	dir, err := tree.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	p, slow := survey(t, dir), w.disk.Dir(dir)
	w.watch(func() {
		w.change("looking again")
		if changed, err := p.Inventory.Changed(context.Background(), slow, jobs); err != nil || len(changed) > 0 {
			t.Fatal(changed, err)
		}
		w.change("removing")
		result := sweep.Execute(context.Background(), slow, p, sweep.Options{Jobs: jobs, Run: "test"})
		if got := countOf(result.Removed); got != countOf(p.Planned) || result.Stopped != nil {
			t.Fatalf("removed %+v: %v", got, result.Stopped)
		}
	})
}

func copyToMemory(t testing.TB, r *Registry) *storetest.Memory {
	tree := storetest.NewMemory()
	walk(t, r.Dir(), "", func(path string, dir store.Dir, name string, kind store.Type) {
		if kind == store.Directory {
			tree.Put(path, storetest.Thing{Type: kind})
			return
		}
		data, info, err := dir.Read(name, 100_000, nil)
		if err != nil && !errors.Is(err, store.ErrTooLarge) {
			t.Fatal(err)
		}
		tree.Put(path, storetest.Thing{Type: kind, Text: string(data), Size: info.Size, MTime: info.MTime})
	})
	return tree
}
