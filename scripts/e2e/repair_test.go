package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"
)

// TestDamagedImages hurts images in every way there is, and asks the registry which
// of their tags can be pulled: at once, which is what verify has to know, and after
// each remedy.
func TestDamagedImages(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		w := newWard(t, d)
		w.verify(exitDone, "--read-data")
		backup := w.copied(t).root
		sound := readFiles(t, backup)
		w.hurt()

		t.Run("verify", func(t *testing.T) {
			w, tree := w.copied(t), takeSnapshot(t, w.root)
			without, with := w.verify(exitDamage), w.verify(exitDamage, "--read-data")
			tree.requireUnchanged(t, w.root)
			requireVerified(t, w, w.pulls(), without, with)
		})
		hurt := w.only(func(p patient) bool { return p.wound.code != "" })
		t.Run("push", func(t *testing.T) {
			w := hurt.copied(t)
			w.pushAgain()
			w.requireFailing(t, func(p patient) bool { return !p.wound.pushed })
		})
		t.Run("repair", func(t *testing.T) {
			w := hurt.copied(t)
			w.repair(t, sound)
			w = w.requireFailing(t, func(p patient) bool { return p.wound.healed > byRepair })
			w.repair(t, sound, "--tags-from-history")
			w = w.requireFailing(t, func(p patient) bool { return p.wound.healed > byHistory })
			w.pushAgain()
			w.requireFailing(t, func(p patient) bool { return p.wound.healed > byPush && !p.wound.pushed })
		})
		t.Run("repair from another tree", func(t *testing.T) {
			w := hurt.copied(t)
			w.repair(t, sound, "--from", backup)
			w.requireFailing(t, func(p patient) bool { return p.wound.healed > bySource })
		})
	})
}

// requireFailing asks the registry for all its patients, and returns the ward with
// those that cannot be pulled: the expected ones, and no others.
func (w *ward) requireFailing(t *testing.T, expected func(patient) bool) *ward {
	t.Helper()
	pulls := w.pulls()
	for _, p := range w.patients {
		switch pull := pulls[p.name()]; {
		case expected(p) && pull == "":
			t.Errorf("%s can be pulled", p.name())
		case !expected(p) && pull != "":
			t.Errorf("%s cannot be pulled: %s", p.name(), pull)
		}
	}
	return w.only(func(p patient) bool { return pulls[p.name()] != "" })
}

// repair mends the tree of a stopped registry. A dry run before it changes nothing,
// and it changes nothing itself but what differs from the sound tree.
func (w *ward) repair(t *testing.T, sound map[string]fileState, args ...string) {
	t.Helper()
	args = append([]string{"repair", "--json"}, args...)
	tree := takeSnapshot(t, w.root)
	w.janitor(append(args, "-n")...)
	tree.requireUnchanged(t, w.root)

	before := readFiles(t, w.root)
	if o := w.janitor(append(args, "--yes")...); o.code == exitRefused || o.code == exitUsage || o.code == exitError {
		o.requireExit(t, exitDone)
	}
	requireOnlyMended(t, before, readFiles(t, w.root), sound)
}

// requireOnlyMended: of the files before, those stay, down to their inodes, that the
// sound tree does not have otherwise; the others may go, or become what it has.
// Nothing else comes into the tree, but for what is moved aside.
func requireOnlyMended(t *testing.T, before, after, sound map[string]fileState) {
	t.Helper()
	for path, was := range before {
		should, known := sound[path]
		if damaged := known && was.content != should.content; !damaged && after[path] != was {
			t.Errorf("%s was not damaged, and was touched: %+v, now %+v", path, was, after[path])
		}
	}
	for path, is := range after {
		aside := strings.HasPrefix(path, ".regjanitor/")
		if is != before[path] && is.content != sound[path].content && !aside {
			t.Errorf("%s is neither what it was nor what it should be: %+v", path, is)
		}
	}
}

// fileState is all that must not change of a good file.
type fileState struct {
	content  digest.Digest
	inode    uint64
	modified int64
}

func readFiles(t *testing.T, root string) map[string]fileState {
	t.Helper()
	files := map[string]fileState{}
	walk(t, root, func(path string, info fs.FileInfo) {
		if !info.Mode().IsRegular() {
			return
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		files[path] = fileState{digest.FromBytes(content), info.Sys().(*syscall.Stat_t).Ino, info.ModTime().UnixNano()}
	})
	return files
}
