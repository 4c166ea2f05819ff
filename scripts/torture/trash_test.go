package torture

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// 41: a run that moves things to the trash, killed at any moment, leaves a valid
// tree; and so does a restore. Restored in full, everything is as it was.
func TestKillsWithTrash(t *testing.T) {
	if !hasTrash(t) {
		t.Skip("sweep has no --trash")
	}
	g := &target{shape: shape{repositories: 2, garbage: 60}, trash: true}
	g.learn(t)
	var count, restores signalled
	enough := scaled(20)
	for rounds := 0; count.total() < enough && !t.Failed(); rounds++ {
		r := newRegistry(t, filepath.Join(t.TempDir(), fmt.Sprint(rounds)), g.shape)
		for _, id := range g.throwAway(t, r, &count) {
			g.restoreUnderFire(t, r, id, &restores)
		}
		wantSame(t, "the tree, with all restored", g.before, tidy(snapshot(t, r.v2)))
		janitor(t, "trash", "empty", "--yes", "--registry-stopped", "--root", r.root).want(t, exitDone)
		if ids := runs(t, r); len(ids) > 0 {
			t.Errorf("in the trash that has been emptied there is %q", ids)
		}
		g.finish(t, r)
		os.RemoveAll(r.root)
	}
	count.report(t, "kills of sweep --trash", enough/4)
	restores.report(t, "kills of trash restore", enough/4)
}

// throwAway kills runs one after the other until one is done, and names what
// they have in the trash, the last first.
func (g *target) throwAway(t *testing.T, r *registry, count *signalled) (ids []string) {
	t.Helper()
	before := g.before
	for {
		cmd, wait := start(t, append(g.args(r.root), "-j", fmt.Sprint(1+rand.IntN(16)))...)
		g.moment(r, before)
		cmd.Process.Kill()
		o := wait()
		for _, id := range runs(t, r) {
			if !slices.Contains(ids, id) {
				ids = slices.Insert(ids, 0, id)
			}
		}
		if !ended(cmd, syscall.SIGKILL) {
			g.wantDone(t, o)
			wantSame(t, "what is left with all thrown away", g.after, snapshot(t, r.v2))
			return ids
		}
		now := snapshot(t, r.v2)
		g.tally(count, before, now)
		checkUndoubted(t, r)
		before = now
	}
}

// restoreUnderFire kills restores of a run until one is done.
func (g *target) restoreUnderFire(t *testing.T, r *registry, id string, count *signalled) {
	t.Helper()
	for things := moved(r, id); len(things) > 0; things = moved(r, id) {
		before := snapshot(t, r.v2)
		cmd, wait := start(t, restoring(r.root, id)...)
		await(things[rand.IntN(len(things))], g.takes)
		cmd.Process.Kill()
		o := wait()
		now := snapshot(t, r.v2)
		if !ended(cmd, syscall.SIGKILL) {
			o.want(t, exitDone)
			return
		}
		g.tally(count, before, now)
	}
}

// restore brings back what a run has moved, if anything.
func restore(t *testing.T, r *registry, id string) {
	t.Helper()
	if len(moved(r, id)) > 0 {
		janitor(t, restoring(r.root, id)...).want(t, exitDone)
	}
}

// moved are the paths of what a run has in the trash.
func moved(r *registry, id string) []string {
	things, _ := filepath.Glob(filepath.Join(r.root, ".regjanitor/trash", id, "*", "*"))
	return things
}

// tidy is a tree without the directories that a killed restore was just making:
// they are litter, which the next sweep has to take away without a word.
func tidy(all map[string]string) map[string]string {
	maps.DeleteFunc(all, func(p, _ string) bool {
		return strings.HasSuffix(p, "/") && strings.HasPrefix(path.Base(p), ".regjanitor-")
	})
	return all
}

// runs are the runs that have a place in the trash.
func runs(t *testing.T, r *registry) (ids []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(r.root, ".regjanitor/trash"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		ids = append(ids, e.Name())
	}
	return ids
}
