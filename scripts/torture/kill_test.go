package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// target is a tree that runs are killed on, and a run that removes from it.
type target struct {
	shape shape
	name  string // to rm; empty: a sweep
	trash bool   // to which things are moved

	before, after map[string]string // of an undisturbed run
	needs         map[string]string
	doomed        []string // files that it removes
	takes         time.Duration
}

func (g *target) args(root string) []string {
	args := sweeping(root)
	if g.name != "" {
		args = removing(root, g.name)
	}
	if g.trash {
		args = append(args, "--trash")
	}
	return args
}

func (g *target) String() string {
	if g.name == "" {
		return "a sweep"
	}
	return "rm " + g.name
}

// learn sees how a run goes that nobody disturbs.
func (g *target) learn(t testing.TB) {
	t.Helper()
	r := newRegistry(t, t.TempDir(), g.shape)
	g.before, g.needs = snapshot(t, r.v2), r.needs(g.name)
	started := time.Now()
	janitor(t, g.args(r.root)...).want(t, exitDone)
	g.takes = time.Since(started)
	for _, p := range without(g.before, snapshot(t, r.v2)) {
		if p[len(p)-1] != '/' {
			g.doomed = append(g.doomed, p)
		}
	}
	janitor(t, sweeping(r.root)...).want(t, exitDone)
	g.after = snapshot(t, r.v2)
	wantSame(t, "what an undisturbed run leaves, beside what the tags need", g.needs, contents(t, r.v2))
}

// disturb sends a signal to runs on one tree, one after the other, and then has
// a run finish the job.
func (g *target) disturb(t testing.TB, count *signalled, signal syscall.Signal) {
	const runs = 3 // on one tree
	r := newRegistry(t, filepath.Join(t.TempDir(), fmt.Sprint(rand.Int64())), g.shape)
	defer os.RemoveAll(r.root)
	before := g.before
	for range runs {
		cmd, wait := start(t, append(g.args(r.root), "-j", fmt.Sprint(1+rand.IntN(16)))...)
		g.moment(r, before)
		cmd.Process.Signal(signal)
		o := wait()
		if !ended(cmd, signal) { // it was there first
			g.wantDone(t, o)
			break
		}
		now := snapshot(t, r.v2)
		g.tally(count, before, now)
		checkUndoubted(t, r)
		before = now
	}
	g.finish(t, r)
}

// moment is when the signal is sent: after a random time, or when some file is
// gone that the run is to remove.
func (g *target) moment(r *registry, before map[string]string) {
	var left []string
	for _, p := range g.doomed {
		if _, there := before[p]; there {
			left = append(left, p)
		}
	}
	if len(left) == 0 || rand.IntN(4) == 0 {
		pause(g.takes)
		return
	}
	await(filepath.Join(r.v2, left[rand.IntN(len(left))]), 10*g.takes)
}

// pause is any moment of something that takes so long.
func pause(takes time.Duration) { time.Sleep(rand.N(takes + takes/10)) }

// ended tells whether the signal is what ended the run.
func ended(cmd *exec.Cmd, signal syscall.Signal) bool {
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return status.Signaled() && status.Signal() == signal || status.ExitStatus() == exitInterrupted
}

// checkUndoubted has the janitor itself look at what is left.
func checkUndoubted(t testing.TB, r *registry) {
	t.Helper()
	o := janitor(t, "sweep", "-n", "--json", "--root", r.root).want(t, exitDone)
	found := append(o.report.Doubts, o.report.Warnings...)
	found = slices.DeleteFunc(found, func(f finding) bool { return f.Code == "trash-not-empty" })
	if len(found) > 0 {
		t.Errorf("after a run that was ended halfway: %+v", found)
	}
}

// finish runs again, and expects what an undisturbed run leaves.
func (g *target) finish(t testing.TB, r *registry) {
	t.Helper()
	g.wantDone(t, janitor(t, g.args(r.root)...))
	janitor(t, sweeping(r.root)...).want(t, exitDone)
	wantSame(t, "what a rerun leaves", g.after, snapshot(t, r.v2))
}

// wantDone is satisfied too where what is named is gone already: what it kept is
// garbage like any other, for a sweep.
func (g *target) wantDone(t testing.TB, o outcome) {
	t.Helper()
	if g.name == "" || o.code != exitUsage || o.report.Error.Code != "not-found" {
		o.want(t, exitDone)
	}
}

// endure disturbs runs, two at a time, until so many have been ended.
func endure(t *testing.T, what string, runs int, signal syscall.Signal) {
	wide, deep := shape{repositories: 4, garbage: 40}, shape{repositories: 2, garbage: 80}
	targets := []*target{{shape: wide}, {shape: deep}, {shape: deep, name: repository(1)}, {shape: deep, name: repository(0) + ":multi"}}
	for _, g := range targets {
		g.learn(t)
		t.Logf("%s removes %d files, and takes %v", g, len(g.doomed), g.takes.Round(time.Millisecond))
	}
	var count signalled
	t.Run("two at a time", func(t *testing.T) {
		for worker := range 2 {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for i := worker; count.total() < runs && !count.failed() && !t.Failed(); i++ {
					targets[i%len(targets)].disturb(t, &count, signal)
				}
			})
		}
	})
	count.report(t, what, runs/2)
}

// 41: killed at any moment, the tree is valid and a rerun finishes the job.
func TestKills(t *testing.T) { endure(t, "kills", scaled(200), syscall.SIGKILL) }

// 40: a signal that asks for an end leaves a valid tree too.
func TestTerminations(t *testing.T) { endure(t, "terminations", scaled(30), syscall.SIGTERM) }
