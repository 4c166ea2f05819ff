package scaletest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/store/storetest"
)

// mostBytes is what an entry may cost in memory that stays: in the inventory and
// in the plan of a sweep. It is what is measured, 94, and a twentieth for chance.
//
// The aim is a process of at most 64 MiB for the usual registry of 186,000 blobs
// (414,000 entries) and of 256 MiB for one of 1,000,000 (2,226,000 entries). The
// program lets the heap grow by a fifth of what stays, and some 13 MiB are its
// own: that leaves 107 and 95 bytes for an entry.
const mostBytes = 99

func TestWhatStaysInMemory(t *testing.T) {
	r := New(Usual(90_000))
	c := measure(t, r)
	entries := r.Found().Entries()
	stays := float64(c.stays) / float64(entries)
	t.Logf("%d entries: %.1f bytes each stay, at most %.1f were in use", entries, stays, float64(c.peak)/float64(entries))
	if stays > mostBytes {
		t.Errorf("%.1f bytes an entry stay; want %d at most", stays, mostBytes)
	}
}

// BenchmarkScale scans and plans. With REGJANITOR_TEST_SCALE=10 the largest
// registry has ten million blobs.
func BenchmarkScale(b *testing.B) {
	for _, blobs := range []int{100_000, storetest.Scale(1_000_000)} {
		b.Run(fmt.Sprintf("blobs=%d", blobs), func(b *testing.B) {
			r := New(Usual(blobs))
			entries := float64(r.Found().Entries())
			var sum cost
			for b.Loop() {
				sum.add(measure(b, r))
			}
			n := float64(b.N)
			b.ReportMetric(0, "ns/op") // of which a part is the measuring
			b.ReportMetric(float64(sum.time.Nanoseconds())/n/entries, "ns/entry")
			b.ReportMetric(float64(sum.stays)/n/entries, "B-stay/entry")
			b.ReportMetric(float64(sum.peak)/n/entries, "B-peak/entry")
			b.ReportMetric(float64(sum.mapped)/n/(1<<20), "MiB-mapped")
			b.ReportMetric(float64(sum.simulation)/n/(1<<20), "MiB-simulation")
			b.ReportMetric(float64(sum.allocations)/n/entries, "allocs/entry")
			runtime.KeepAlive(r)
		})
	}
}

// cost is that of a scan and of a plan. Memory is in bytes, and without what the
// simulation takes.
type cost struct {
	time        time.Duration
	stays       int64  // in the heap once garbage has been collected
	peak        int64  // in the heap at any one time, with the garbage not yet collected
	mapped      int64  // the most that the Go runtime had from the system, the simulation's too
	simulation  int64  // what that takes of the heap
	allocations uint64 // how many
}

func (c *cost) add(more cost) {
	c.time += more.time
	c.stays += more.stays
	c.peak += more.peak
	c.mapped += more.mapped
	c.simulation += more.simulation
	c.allocations += more.allocations
}

func measure(t testing.TB, r *Registry) cost {
	t.Helper()
	before := collected()
	peaks := watch()
	start := time.Now()
	inv, err := inventory.Scan(context.Background(), r.Dir(), inventory.Options{Jobs: 16})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Make(inv, sweepAll)
	if err != nil {
		t.Fatal(err)
	}
	c := cost{time: time.Since(start), simulation: int64(before.HeapAlloc)}
	c.peak, c.mapped = peaks()
	c.peak -= c.simulation
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	c.allocations = after.Mallocs - before.Mallocs
	c.stays = int64(collected().HeapAlloc) - c.simulation
	if got, want := countOf(p.Planned), r.Dead(); got.Blobs != want.Blobs || got.LayerLinks != want.LayerLinks {
		t.Fatalf("planned %+v; want %+v", got, want)
	}
	runtime.KeepAlive(p)
	return c
}

// collected is the state of memory without garbage, pools emptied.
func collected() (m runtime.MemStats) {
	runtime.GC() // twice empties pools
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return m
}

// watch looks at memory all the time until its result is called.
func watch() (peaks func() (heap, mapped int64)) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	var heap, mapped int64
	look := func() {
		metrics.Read(samples)
		heap = max(heap, int64(samples[0].Value.Uint64()))
		mapped = max(mapped, int64(samples[1].Value.Uint64()-samples[2].Value.Uint64()))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				look()
			}
		}
	}()
	return func() (int64, int64) {
		close(stop)
		<-stopped
		look()
		return heap, mapped
	}
}
