package trash_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// mount puts a file system in place for as long as the test runs.
func mount(t *testing.T, source, at, kind string, flags uintptr, options string) {
	t.Helper()
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(source, at, kind, flags, options); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
}

// TestOtherFileSystem: things can be renamed only within one mount, and that is
// found out before anything is.
func TestOtherFileSystem(t *testing.T) {
	for _, place := range []string{layout.Prefix, "docker", "docker/registry"} {
		t.Run("a volume at "+place, func(t *testing.T) {
			tree := registrytest.Build(t, app)
			at := filepath.Join(tree.Root, place)
			mount(t, at, at, "", unix.MS_BIND, "")
			root, err := store.OpenRoot(tree.V2, true)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			if _, err := root.Above(); !errors.Is(err, store.ErrMount) {
				t.Errorf("the storage root above it opens: %v", err)
			}
		})
	}
	for _, place := range []string{".regjanitor", ".regjanitor/trash"} {
		t.Run("a volume at "+place, func(t *testing.T) {
			tree := registrytest.Build(t, app)
			mount(t, "none", filepath.Join(tree.Root, place), "tmpfs", 0, "size=64k")
			p := open(t, tree)
			before := state(t, tree)
			planned, err := p.survey(defaults())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.begin(planned); !errors.Is(err, store.ErrMount) {
				t.Errorf("the run begins: %v", err)
			}
			checkSame(t, "before and after", before, state(t, tree))
		})
	}
}

// TestFullDisk: where there is no room for the journal nothing is moved, and once
// there is, moving needs none.
func TestFullDisk(t *testing.T) {
	at := t.TempDir()
	mount(t, "none", at, "tmpfs", 0, "size=2m,mode=755")
	spec, err := registrytest.Parse(varied)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := spec.Write(filepath.Join(at, "registry"), registrytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, filepath.Join(at, "ballast"))
	p := openWith(t, tree, nil)
	defer p.close()
	before := state(t, tree)
	planned, err := p.survey(defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.begin(planned); !store.Full(err) {
		t.Errorf("the run begins: %v", err)
	}
	checkSame(t, "before and after", before, state(t, tree))

	if err := os.Remove(filepath.Join(at, "ballast")); err != nil {
		t.Fatal(err)
	}
	run, err := p.begin(planned)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, filepath.Join(at, "ballast"))
	if result := p.execute(planned, run); result.Stopped != nil || len(result.Failures) > 0 {
		t.Errorf("%+v", result)
	}
	checkSame(t, "left", tree.Live(), inTree(tree))
}

// fill writes until nothing more goes in.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !store.Full(err) {
		t.Fatal(err)
	}
}
