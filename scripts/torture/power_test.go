package torture

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cutPower has an ext4 forget whatever is not in its journal yet and fail all
// that comes after with EIO, until it is mounted again.
func (d *disk) cutPower() {
	d.t.Helper()
	const (
		shutdown   = 0x8004587d // EXT4_IOC_SHUTDOWN
		noLogFlush = 2
	)
	fd, err := unix.Open(d.dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.IoctlSetPointerInt(fd, shutdown, noLogFlush); err != nil {
		d.t.Fatalf("shut down %s: %v", d.dir, err)
	}
}

// syncNowAndThen has a neighbour write to the disk and sync its own file at odd
// moments. With it goes what of others the file system has got round to, which
// is names before contents.
func (d *disk) syncNowAndThen() (stop func()) {
	neighbour, err := os.Create(filepath.Join(d.dir, "neighbour"))
	if err != nil {
		d.t.Fatal(err)
	}
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(rand.N(2 * time.Millisecond)):
				neighbour.WriteString("once more\n")
				neighbour.Sync()
			}
		}
	}()
	return func() { close(done); <-stopped; neighbour.Close() }
}

// 41: after a power loss the tree is valid, whatever part of the run had reached
// the disk, and a rerun finishes the job.
func TestPowerLoss(t *testing.T) {
	suffer(t, &target{shape: shape{repositories: 4, garbage: 30}})
}

// 41: what a run had moved to the trash before a power loss can be restored.
func TestPowerLossWithTrash(t *testing.T) {
	if !hasTrash(t) {
		t.Skip("sweep has no --trash")
	}
	suffer(t, &target{shape: shape{repositories: 4, garbage: 30}, trash: true})
}

// suffer has runs lose their disk, again and again.
func suffer(t *testing.T, g *target) {
	d := newDisk(t, "ext4")
	g.learn(t)
	cuts := scaled(8)
	var count signalled
	for range cuts {
		r := newRegistry(t, filepath.Join(d.dir, "registry"), g.shape)
		d.lose(g, r)
		g.tally(&count, g.before, snapshot(t, r.v2))
		if g.trash {
			for _, id := range runs(t, r) {
				restore(t, r, id)
			}
			wantSame(t, "the tree, with all restored", g.before, snapshot(t, r.v2))
		}
		g.finish(t, r)
		os.RemoveAll(r.root)
	}
	count.report(t, "power losses", 1)
}

// milestone is some file that goes, as often one of the few that go first.
func (g *target) milestone() string {
	kind := []string{"/_manifests/", "/_layers/", "blobs/"}[rand.IntN(3)]
	for {
		if p := g.doomed[rand.IntN(len(g.doomed))]; strings.Contains(p, kind) {
			return p
		}
	}
}

// lose cuts the power during a run, which has to say that it could not go on.
func (d *disk) lose(g *target, r *registry) {
	d.t.Helper()
	unix.Sync()
	stop := d.syncNowAndThen()
	_, wait := start(d.t, g.args(r.root)...)
	await(filepath.Join(r.v2, g.milestone()), time.Minute)
	d.cutPower()
	o := wait()
	stop()
	blobs := 0
	for _, p := range g.doomed {
		if strings.HasPrefix(p, "blobs/") {
			blobs++
		}
	}
	stopped := o.code == exitError && o.report.Error.Code == "stopped"
	wasDone := o.code == exitDone && o.report.Removed["blobs"]+o.report.Trashed["blobs"] == int64(blobs)
	if !stopped && !wasDone {
		d.t.Errorf("the disk failed under it, and it exited %d\n%s", o.code, o.complaint())
	}
	d.unmount()
	if err := d.mount(); err != nil {
		d.t.Fatalf("mount again after the power loss: %v", err)
	}
}
