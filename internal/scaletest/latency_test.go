package scaletest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/progress"
	"regjanitor/internal/store/storetest"
)

// latencyShapes take 15,000 to 35,000 operations each, in places that ask for as
// many ways to keep all jobs busy. Above 20,000 links and blobs a scan no longer
// looks into the directory of each.
var latencyShapes = []struct {
	name    string
	removal bool // is measured too
	Shape
}{
	{"usual", true, Usual(13_000)},
	{"small", true, Usual(3_000)},
	{"many-repositories", false, Shape{Repositories: 500, Tags: 1, Pushes: 1, Layers: 1}},
	{"many-revisions", true, Shape{Repositories: 1, Tags: 1, Pushes: 1, Untagged: 4_200, Layers: 1}},
	{"many-tags", false, Shape{Repositories: 1, Tags: 1_500, Pushes: 1, Layers: 0, Shared: 1}},
	{"long-histories", true, Shape{Repositories: 1, Tags: 20, Pushes: 250, Layers: 0, Shared: 1}},
	{"blobs-only", true, Shape{Orphans: 20_001}},
}

// TestLatency scans a disk that takes a millisecond for everything, on a clock
// that stands still while anything is at work: what it says is exact, however
// slow the machine. It is how much longer the scan took than if each job had
// always had an operation under way.
func TestLatency(t *testing.T) {
	for _, shape := range latencyShapes {
		r := New(shape.Shape)
		for _, jobs := range []int{1, 16, 64, 128} {
			t.Run(fmt.Sprintf("%s/jobs=%d", shape.name, jobs), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := watched{disk: storetest.Latency{Delay: time.Millisecond}}
					w.scan(t, r, jobs)
					w.check(t, jobs)
					if got := w.disk.Most(); got > jobs {
						t.Errorf("%d operations are under way at once", got)
					}
				})
			})
		}
	}
}

// BenchmarkLatency is TestLatency by the real clock, which wakes a sleeper late:
// the ideal is therefore made of the time that operations really took, as
// measured in the same run.
func BenchmarkLatency(b *testing.B) {
	for _, shape := range latencyShapes {
		r := New(shape.Shape)
		for _, jobs := range []int{1, 16, 64, 128} {
			b.Run(fmt.Sprintf("%s/jobs=%d", shape.name, jobs), func(b *testing.B) {
				w := watched{disk: storetest.Latency{Delay: time.Millisecond}}
				for b.Loop() {
					w.scan(b, r, jobs)
				}
				w.report(b, jobs)
			})
		}
	}
}

func (w *watched) scan(t testing.TB, r *Registry, jobs int) {
	w.watch(func() {
		opts := inventory.Options{Jobs: jobs, Observe: w.observe}
		if _, err := inventory.Scan(context.Background(), w.disk.Dir(r.Dir()), opts); err != nil {
			t.Fatal(err)
		}
	})
}

// watched are the phases of work on a slow disk.
type watched struct {
	disk   storetest.Latency
	phases []phase
	start  time.Time
	since  phase // when the phase that is last began
}

type phase struct {
	name       string
	took       time.Duration
	total      time.Duration // of all operations
	operations int64
}

func (w *watched) watch(work func()) {
	w.start = time.Now()
	w.since = w.now("")
	work()
	w.change("")
}

func (w *watched) observe(e progress.Event) {
	if e.Phase != w.since.name {
		w.change(e.Phase)
	}
}

func (w *watched) now(name string) phase {
	return phase{name, time.Since(w.start), w.disk.Total(), w.disk.Operations()}
}

// change books the phase that has ended; what comes before the first has no name.
func (w *watched) change(next string) {
	now := w.now(next)
	at := slices.IndexFunc(w.phases, func(p phase) bool { return p.name == w.since.name })
	if at < 0 {
		at, w.phases = len(w.phases), append(w.phases, phase{name: w.since.name})
	}
	p := &w.phases[at]
	p.took += now.took - w.since.took
	p.total += now.total - w.since.total
	p.operations += now.operations - w.since.operations
	w.since = now
}

// all is the sum of the phases.
func (w *watched) all() (sum phase) {
	for _, p := range w.phases {
		sum.took, sum.total, sum.operations = sum.took+p.took, sum.total+p.total, sum.operations+p.operations
	}
	return sum
}

// ideal is how many times as long a phase took as if all jobs had been busy.
func (p phase) ideal(jobs int) float64 {
	return float64(p.took) * float64(jobs) / float64(max(1, p.total))
}

// most is how many times as long as it need a run with 64 jobs may take.
const most = 1.3

func (w *watched) check(t *testing.T, jobs int) {
	t.Helper()
	t.Log(w.summary(jobs))
	if got := w.all().ideal(jobs); jobs == 64 && got > most {
		t.Errorf("takes %.2f times as long as it need; want %g at most", got, most)
	}
}

func (w *watched) summary(jobs int) string {
	all := w.all()
	text := fmt.Sprintf("%d operations, x-ideal %.2f", all.operations, all.ideal(jobs))
	for _, p := range w.phases {
		if p.name != "" {
			text += fmt.Sprintf("; %s: %d, %.2f", p.name, p.operations, p.ideal(jobs))
		}
	}
	return text
}

func (w *watched) report(b *testing.B, jobs int) {
	all := w.all()
	for _, p := range w.phases {
		if p.name != "" && p.operations > 0 {
			b.ReportMetric(p.ideal(jobs), "x-"+strings.ReplaceAll(p.name, " ", "-"))
		}
	}
	b.ReportMetric(0, "ns/op") // says nothing that x-ideal does not
	b.ReportMetric(all.ideal(jobs), "x-ideal")
	b.ReportMetric(float64(all.operations)/float64(b.N), "operations")
	b.ReportMetric(float64(w.disk.Mean().Microseconds())/1000, "ms/operation")
}
