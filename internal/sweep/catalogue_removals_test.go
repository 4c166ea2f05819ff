package sweep_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

func TestRemovalsThatFail(t *testing.T) {
	// Index I, its children and their layers are garbage, and J, which shares one.
	const spec = ok + app + `
		C = image e z p
		I = index B C
		J = index C
		push app:v1 I
		push app:v1 J
		push app:v1 A
	`
	for _, c := range []struct{ name, thing, stays string }{
		{"an index", "app revision I", `app revision I, app revision B, app revision C, blob I, blob B, blob C,
			app layer d, app layer y, app layer e, app layer z, app layer p, blob d, blob y, blob e, blob z, blob p`},
		{"a revision", "app revision C", `app revision C, blob C, app layer e, app layer z, app layer p, blob e, blob z, blob p`},
		{"a layer link", "app layer y", "app layer y, blob y"},
		{"a blob", "blob y", "blob y"},
		{"a history entry", "app history v1 B", "app history v1 B"},
	} {
		for _, errno := range []syscall.Errno{syscall.EPERM, syscall.EACCES} {
			t.Run("37 "+errno.Error()+" on "+c.name, func(t *testing.T) {
				tree := registrytest.Build(t, spec)
				root := watched(t, tree, fails(storetest.Unlink, at(tree, c.thing, 0), errno))
				p, err := survey(root, 4, defaults())
				if err != nil {
					t.Fatal(err)
				}
				result := execute(root, p)
				if result.Stopped != nil || len(result.Failures) != 1 || result.Failures[0].Code != "permission" {
					t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
				}
				want := slices.Concat(tree.Live(), words(c.stays))
				slices.Sort(want)
				checkSame(t, "left", want, tree.Contents())
			})
		}
	}
	t.Run("37 a tag that cannot be set aside keeps all that it reaches", func(t *testing.T) {
		for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENOSPC} {
			tree := registrytest.Build(t, ok+app+"push app:v2 B")
			before := tree.Contents()
			root := watched(t, tree, fails(storetest.Rename, at(tree, "app:v2", 2), errno))
			opts := defaults()
			opts.Requests = []plan.Request{{Repository: "app", Tag: "v2"}}
			p, err := survey(root, 4, opts)
			if err != nil {
				t.Fatal(err)
			}
			if result := execute(root, p); result.Stopped != nil || len(result.Failures) != 1 {
				t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
			}
			checkSame(t, "removed", []string{"app history v1 B"}, minus(before, tree.Contents()))
		}
	})
	for _, errno := range []syscall.Errno{syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		t.Run("37, 39 "+errno.Error()+" stops the run", func(t *testing.T) { checkStops(t, spec, errno, 1) })
	}
	t.Run("37 a repeated EIO stops the run", func(t *testing.T) { checkStops(t, spec, syscall.EIO, 2) })
	t.Run("37 a repeated EIO on emptied directories stops the run too", func(t *testing.T) {
		tree := registrytest.Build(t, spec)
		tried := 0
		root := watched(t, tree, func(c storetest.Call) error {
			if c.Op != storetest.Rmdir {
				return nil
			}
			tried++
			return syscall.EIO
		})
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); !errors.Is(result.Stopped, syscall.EIO) || tried != 2 {
			t.Errorf("stopped by %v after %d tries", result.Stopped, tried)
		}
		if lost := minus(tree.Live(), tree.Contents()); len(lost) > 0 {
			t.Errorf("live things are gone: %q", lost)
		}
	})
	t.Run("37 a single EIO does not", func(t *testing.T) {
		tree := registrytest.Build(t, spec)
		root := watched(t, tree, fails(storetest.Unlink, at(tree, "blob o", 0), syscall.EIO))
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); result.Stopped != nil || len(result.Failures) != 1 {
			t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		want := append(tree.Live(), "blob o")
		slices.Sort(want)
		checkSame(t, "left", want, tree.Contents())
	})
}

// checkStops has every unlink fail, and sees that no more than so many are tried.
func checkStops(t *testing.T, spec string, errno syscall.Errno, tries int) {
	t.Helper()
	tree := registrytest.Build(t, spec)
	before, tried := tree.Contents(), 0
	root := watched(t, tree, func(c storetest.Call) error {
		if !c.Op.Mutates() {
			return nil
		}
		tried++
		return errno
	})
	p, err := survey(root, 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	result := execute(root, p)
	if !errors.Is(result.Stopped, errno) || tried != tries {
		t.Errorf("stopped by %v after %d tries, want %d", result.Stopped, tried, tries)
	}
	checkSame(t, "left", before, tree.Contents())
}
