package torture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A tree that cannot be written is refused before anything else, and can be
// looked at all the same.
func TestReadOnlyFromTheStart(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		r := newRegistry(t, d.dir, stored)
		before := snapshot(t, r.root)
		d.turn(true)
		defer d.turn(false)
		wantRefusal(t, janitor(t, sweeping(r.root)...).want(t, exitRefused), "not-writable")
		wantRefusal(t, janitor(t, removing(r.root, repository(0))...).want(t, exitRefused), "not-writable")
		o := janitor(t, "sweep", "-n", "--json", "--root", r.root).want(t, exitDone)
		if len(o.report.Warnings)+len(o.report.Doubts) > 0 {
			t.Errorf("warnings %+v, doubts %+v", o.report.Warnings, o.report.Doubts)
		}
		if o := janitor(t, "ls", "--root", r.root).want(t, exitDone); !strings.Contains(o.stdout, repository(1)) {
			t.Errorf("ls shows\n%s", o.stdout)
		}
		wantSame(t, "the storage root", before, snapshot(t, r.root))
	})
}

// 37: a disk that turns read-only stops the run. Once it is writable again, a
// rerun finishes.
func TestReadOnlyDuringTheRun(t *testing.T) {
	eachDisk(t, func(t *testing.T, d *disk) {
		s := shape{repositories: 6, garbage: 40}
		want := newRegistry(t, t.TempDir(), s)
		janitor(t, sweeping(want.root)...).want(t, exitDone)
		after := snapshot(t, want.v2)
		for try := range 20 {
			r := newRegistry(t, filepath.Join(d.dir, "registry"), s)
			needs := r.needs("")
			o := interrupted(t, r, without(snapshot(t, r.v2), after), func() { d.turn(true) })
			d.turn(false)
			bad := violations(needs, snapshot(t, r.v2))
			if len(bad) > 0 {
				t.Errorf("violations:%s", some(bad))
			}
			if o.code == exitDone { // it was there first
				os.RemoveAll(r.root)
				continue
			}
			o.want(t, exitError)
			if !strings.Contains(o.stderr, "read-only file system") || !strings.Contains(o.stderr, "exit 1") {
				t.Errorf("it says\n%s", o.complaint())
			}
			janitor(t, sweeping(r.root)...).want(t, exitDone)
			wantSame(t, "what a rerun leaves", after, snapshot(t, r.v2))
			t.Logf("hit at try %d, %d actions failed", try+1, len(o.report.Failures))
			return
		}
		t.Error("no run was hit")
	})
}

// interrupted runs a sweep by one worker, and calls f once a file is gone that
// lies in the middle of what it removes.
func interrupted(t *testing.T, r *registry, doomed []string, f func()) outcome {
	t.Helper()
	_, wait := start(t, sweeping(r.root, "-j1")...)
	await(filepath.Join(r.v2, doomed[len(doomed)/2]), time.Minute)
	f()
	return wait()
}

// await waits for a path to go, but not for ever.
func await(path string, most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(20 * time.Microsecond) {
		if _, err := os.Lstat(path); err != nil {
			return
		}
	}
}
