//go:build unix

package scaletest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

func TestADiskWithTheSameTreeGivesTheSamePlan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := New(drawShape(rt))
		disk := copyToDisk(t, r)
		defer disk.Close()
		simulated, onDisk := survey(rt, r.Dir()), survey(rt, disk)
		if got, want := countable(simulated.Found), countable(onDisk.Found); got != want {
			rt.Errorf("found\n%+v; on the disk\n%+v", got, want)
		}
		if got, want := countable(simulated.Planned), countable(onDisk.Planned); got != want {
			rt.Errorf("planned\n%+v; on the disk\n%+v", got, want)
		}
		for i, a := range simulated.Actions {
			if i >= len(onDisk.Actions) || item(simulated, a) != item(onDisk, onDisk.Actions[i]) {
				rt.Fatalf("action %d of %d, on the disk of %d, is %+v", i, len(simulated.Actions), len(onDisk.Actions), item(simulated, a))
			}
		}
	})
}

// countable is without what the disk allocates, which is its own affair: here
// nothing, for what is large is a hole.
func countable(t plan.Totals) plan.Totals {
	t.DiskBytes = 0
	return t
}

func item(p *plan.Plan, a plan.Action) plan.Item {
	i := p.Item(a)
	i.Disk, i.Stamp.Inode = 0, 0
	return i
}

// copyToDisk writes a registry out, as it shows itself.
func copyToDisk(t *testing.T, r *Registry) *store.Root {
	t.Helper()
	top := filepath.Join(t.TempDir(), "docker/registry/v2")
	if err := os.MkdirAll(top, 0o755); err != nil {
		t.Fatal(err)
	}
	walk(t, r.Dir(), "", func(path string, dir store.Dir, name string, kind store.Type) {
		path = filepath.Join(top, path)
		if kind == store.Directory {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
			return
		}
		data, info, err := dir.Read(name, 100_000, nil)
		if errors.Is(err, store.ErrTooLarge) {
			err = nil
		}
		at := time.Unix(0, info.MTime)
		if err := errors.Join(err, os.WriteFile(path, data, 0o644), os.Truncate(path, info.Size), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	})
	root, err := store.OpenRoot(top, false)
	if err != nil {
		t.Fatal(err)
	}
	return root
}
