package torture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stored is a tree that takes real blocks.
var stored = shape{repositories: 2, garbage: 10, layer: 6000}

// 38: a sweep needs no space, and gives some back.
func TestSweepOnAFullDisk(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, filepath.Join(d.dir, "registry"), stored)
		needs := r.needs("")
		d.fill()
		o := janitor(t, sweeping(r.root)...).want(t, exitDone)
		wantSame(t, "what is left", needs, contents(t, r.v2))
		freed := o.report.FreeBytesAfter - o.report.FreeBytesBefore
		if o.report.FreeBytesBefore != 0 || freed < o.report.Removed["disk_bytes"] {
			t.Errorf("%d bytes were free, and %d are, for %d removed",
				o.report.FreeBytesBefore, o.report.FreeBytesAfter, o.report.Removed["disk_bytes"])
		}
	})
}

// 38: so does a removal by name.
func TestRemovalOnAFullDisk(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, filepath.Join(d.dir, "registry"), stored)
		needs := r.needs(repository(0) + ":multi")
		d.fill()
		janitor(t, removing(r.root, repository(0)+":multi")...).want(t, exitDone)
		janitor(t, sweeping(r.root)...).want(t, exitDone)
		wantSame(t, "what is left", needs, contents(t, r.v2))
	})
}

// 38: a plan that cannot be saved is a refusal, and nothing is left of it.
func TestPlanOnAFullDisk(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, t.TempDir(), stored)
		plan := filepath.Join(d.dir, "plan")
		d.fill()
		before, outside := snapshot(t, r.root), snapshot(t, d.dir)
		o := janitor(t, "sweep", "-o", plan, "--json", "--root", r.root).want(t, exitRefused)
		wantRefusal(t, o, "cannot-write")
		wantSame(t, "the tree", before, snapshot(t, r.root))
		wantSame(t, "the full disk", outside, snapshot(t, d.dir))
	})
}

// 38: metrics that turn out not to fit only warn, for the sweep is done by then.
func TestMetricsOnAFullDisk(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, t.TempDir(), stored)
		needs := r.needs("")
		d.fill()
		outside := snapshot(t, d.dir)
		o := janitor(t, sweeping(r.root, "--metrics-file", filepath.Join(d.dir, "regjanitor.prom"))...).want(t, exitDone)
		if !strings.Contains(o.stderr, "metrics are not written") {
			t.Errorf("nothing is said of the metrics:\n%s", o.complaint())
		}
		wantSame(t, "what is left", needs, contents(t, r.v2))
		wantSame(t, "the full disk", outside, snapshot(t, d.dir))
	})
}

// 38: where not even a name can be added, that is seen before anything goes.
func TestFilesThatCannotBeMade(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, filepath.Join(d.dir, "registry"), stored)
		d.crowdOut()
		before := snapshot(t, r.root)
		for _, flag := range []string{"--metrics-file", "-o"} {
			args := sweeping(r.root, flag, filepath.Join(d.dir, "file"))
			wantRefusal(t, janitor(t, args...).want(t, exitRefused), "cannot-write")
			wantSame(t, "the tree", before, snapshot(t, r.root))
		}
		janitor(t, sweeping(r.root)...).want(t, exitDone)
	})
}

// 38: moving things aside needs space. Where there is none, nothing is moved.
func TestTrashOnAFullDisk(t *testing.T) {
	if !hasTrash(t) {
		t.Skip("sweep has no --trash")
	}
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, filepath.Join(d.dir, "registry"), stored)
		d.fill()
		before := snapshot(t, r.root)
		janitor(t, sweeping(r.root, "--trash")...).want(t, exitRefused)
		wantSame(t, "the storage root", before, snapshot(t, r.root))
		if err := os.Remove(filepath.Join(d.dir, "filler")); err != nil {
			t.Fatal(err)
		}
		janitor(t, sweeping(r.root, "--trash")...).want(t, exitDone)
	})
}

func wantRefusal(t testing.TB, o outcome, code string) {
	t.Helper()
	if o.report.Refused == nil || o.report.Refused.Code != code {
		t.Errorf("%s: refused %+v, want %s", o.name(), o.report.Refused, code)
	}
}
