package trash_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

func TestEmpty(t *testing.T) {
	tree := registrytest.Build(t, varied)
	p := open(t, tree)
	p.mustTake()
	left := inTree(tree)
	result := p.empty("first")
	if result.Stopped != nil || len(result.Failures) > 0 || result.Done.Blobs == 0 || result.Done.Uploads != 1 {
		t.Errorf("%+v", result)
	}
	checkSame(t, "in the tree", left, inTree(tree))
	if _, err := os.Lstat(filepath.Join(tree.Root, ".regjanitor")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the trash is still there: %v", err)
	}
}

// TestEmptyFrees: what is emptied, and only that, is free again.
func TestEmptyFrees(t *testing.T) {
	tree := registrytest.Build(t, app+"big = layer 8MiB\nG = image g big\npush app:old G")
	p := open(t, tree)
	full := used(t, tree)
	p.mustTake(plan.Request{Repository: "app", Tag: "old"})
	if moved := used(t, tree); moved < full-1<<20 {
		t.Errorf("moving has freed %d bytes", full-moved)
	}
	result := p.empty("first")
	if freed := full - used(t, tree); freed < 8<<20 || freed < result.Done.DiskBytes {
		t.Errorf("%d bytes are free again, of %d that are told", freed, result.Done.DiskBytes)
	}
}

// used are the bytes that are allocated below the storage root, as du counts.
func used(t *testing.T, tree *registrytest.Tree) (sum int64) {
	t.Helper()
	err := filepath.Walk(tree.Root, func(_ string, info os.FileInfo, err error) error {
		if err == nil {
			sum += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestEmptyFollowsNothing: whatever a tag's directory held is removed, and what a
// symbolic link in it names is not.
func TestEmptyFollowsNothing(t *testing.T) {
	tree := registrytest.Build(t, app)
	p := open(t, tree)
	p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
	left := inTree(tree)
	canary := filepath.Join(t.TempDir(), "canary")
	if err := os.WriteFile(canary, []byte("alive"), 0o644); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(tree.Root, ".regjanitor/trash/first/0/0")
	for name, to := range map[string]string{"out": filepath.Dir(canary), "file": canary, "up": "../../../..", "current/tree": tree.V2, "gone": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(inside, name)); err != nil {
			t.Fatal(err)
		}
	}
	mkdir(t, filepath.Join(inside, strings.Repeat("deep/", 200)))
	if result := p.empty("first"); result.Stopped != nil || len(result.Failures) > 0 {
		t.Errorf("%+v", result)
	}
	if _, err := os.ReadFile(canary); err != nil {
		t.Error(err)
	}
	checkSame(t, "in the tree", left, inTree(tree))
	checkSame(t, "left in the trash", nil, p.left())
}

// TestStrays: what no run has put there stays, and is told.
func TestStrays(t *testing.T) {
	for _, stray := range []string{"first/note", "first/0/note", "first/0/100000", "first/0/0.note", "first/0/x/y", "first/1/0"} {
		for _, name := range []string{"restore", "empty"} {
			t.Run(name+" beside "+stray, func(t *testing.T) {
				tree := registrytest.Build(t, app)
				p := open(t, tree)
				p.mustTake()
				at := filepath.Join(tree.Root, ".regjanitor/trash", stray)
				mkdir(t, filepath.Dir(at))
				if err := os.WriteFile(at, []byte("mine"), 0o644); err != nil {
					t.Fatal(err)
				}
				do := p.restore
				if name == "empty" {
					do = p.empty
				}
				result := do("first")
				if data, err := os.ReadFile(at); string(data) != "mine" {
					t.Errorf("the stray holds %q (%v)", data, err)
				}
				if len(result.Failures) != 1 || result.Failures[0].Code != "directory-not-empty" {
					t.Errorf("failures: %+v", result.Failures)
				}
				checkSame(t, "in the trash", []string{"first"}, p.left())
			})
		}
	}
}

// TestEmptyFails: what cannot be removed stays with all that it refers to.
func TestEmptyFails(t *testing.T) {
	tree := registrytest.Build(t, app)
	open(t, tree).mustTake(plan.Request{Repository: "app", Tag: "v1"})
	failed := false
	p := watched(t, tree, func(c storetest.Call) error {
		if c.Op == storetest.Unlink && strings.HasSuffix(c.Path, "/current/link") {
			failed = true
			return syscall.EACCES
		}
		return nil
	})
	result := p.empty("first")
	checkSame(t, "not removed", []string{"permission: app tag v1"}, p.failures(result))
	if !failed {
		t.Error("nothing was to be removed")
	}
	checkSame(t, "in the trash", []string{"first"}, p.left())
}

// TestEmptyStops: there is no use in going on where nothing can be removed.
func TestEmptyStops(t *testing.T) {
	tree := registrytest.Build(t, app)
	open(t, tree).mustTake()
	tries := 0
	p := watched(t, tree, func(c storetest.Call) error {
		if c.Op.Mutates() {
			tries++
			return syscall.EROFS
		}
		return nil
	})
	if result := p.empty("first"); !errors.Is(result.Stopped, syscall.EROFS) || tries != 1 {
		t.Errorf("stopped by %v after %d tries", result.Stopped, tries)
	}
}
