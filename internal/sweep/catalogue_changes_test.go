package sweep_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
)

func TestPushesDuringTheRun(t *testing.T) {
	write := func(path, text string) error {
		return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	}
	for _, c := range []struct {
		name string
		push func(tree *registrytest.Tree) error
		seen bool
	}{
		{"a retag rewrites current in place", func(tree *registrytest.Tree) error {
			return os.WriteFile(tree.Path("app:v1"), []byte(tree.Digest("B")), 0o644)
		}, true},
		{"a retag renames current into place", func(tree *registrytest.Tree) error {
			fresh := tree.Path("app:v1") + ".new"
			return errors.Join(write(fresh, string(tree.Digest("B"))), os.Rename(fresh, tree.Path("app:v1")))
		}, true},
		{"a retag whose time is set back", func(tree *registrytest.Tree) error {
			err := os.WriteFile(tree.Path("app:v1"), []byte(tree.Digest("B")), 0o644)
			return errors.Join(err, os.Chtimes(tree.Path("app:v1"), registrytest.Now, registrytest.Now))
		}, true},
		{"a new tag", func(tree *registrytest.Tree) error { return write(tree.Path("app:v9"), string(tree.Digest("B"))) }, true},
		{"a tag is deleted", func(tree *registrytest.Tree) error {
			return os.RemoveAll(filepath.Dir(filepath.Dir(tree.Path("app:v1"))))
		}, true},
		{"a lost current comes back", func(tree *registrytest.Tree) error { return write(tree.Path("app:ghost"), string(tree.Digest("B"))) }, true},
		{"a new repository", func(tree *registrytest.Tree) error {
			return os.MkdirAll(filepath.Join(tree.V2, layout.Repository("fresh"), layout.Uploads), 0o755)
		}, true},
		{"a new repository below another", func(tree *registrytest.Tree) error {
			return os.MkdirAll(filepath.Join(tree.V2, layout.Repository("app/fresh"), layout.Layers), 0o755)
		}, true},
		{"a new revision", func(tree *registrytest.Tree) error { return write(tree.Path("app@G"), string(tree.Digest("G"))) }, true},
		{"a new layer link", func(tree *registrytest.Tree) error { return write(tree.Path("app layer o"), string(tree.Digest("o"))) }, true},
		{"a new upload", func(tree *registrytest.Tree) error { return write(tree.Path("app upload v"), "") }, false},
		{"nothing", func(*registrytest.Tree) error { return nil }, false},
	} {
		t.Run("43 "+c.name+" between mark and sweep", func(t *testing.T) {
			tree := registrytest.Build(t, ok+app+"history app:ghost A\nupload app u age=1h")
			root := open(t, tree.V2)
			p, err := survey(root, 4, defaults())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.push(tree); err != nil {
				t.Fatal(err)
			}
			changed, err := p.Inventory.Changed(context.Background(), root, 4)
			if err != nil || (changed != "") != c.seen {
				t.Errorf("changed: %q (%v)", changed, err)
			}
		})
	}
}

func TestChangedBlob(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"size": func(path string) error { return os.Truncate(path, 5) },
		"time": func(path string) error { return os.Chtimes(path, time.Now(), time.Now()) },
		"inode": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, []byte("new"), 0o644), os.Remove(path+".old"))
		},
	} {
		t.Run("50 the "+name+" of a blob changed since it was scanned", func(t *testing.T) {
			tree := registrytest.Build(t, ok+app)
			before := tree.Contents()
			root := open(t, tree.V2)
			p, err := survey(root, 4, defaults())
			if err != nil {
				t.Fatal(err)
			}
			if err := change(tree.Path("blob y")); err != nil {
				t.Fatal(err)
			}
			result := execute(root, p)
			if result.Stopped != nil || len(result.Failures) != 1 || result.Failures[0].Code != "changed" {
				t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
			}
			checkSame(t, "removed", minus(tree.Dead(), []string{"blob y"}), minus(before, tree.Contents()))
		})
	}
}

func TestChangedRevision(t *testing.T) {
	t.Run("37, 50 a revision whose link changed since it was scanned keeps all that it reaches", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		before := tree.Contents()
		root := open(t, tree.V2)
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(tree.Path("app@B"), time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); len(result.Failures) != 1 || result.Failures[0].Code != "changed" {
			t.Errorf("failures %v", result.Failures)
		}
		want := append(words(okGarbage), "app history v1 B")
		slices.Sort(want)
		checkSame(t, "removed", want, minus(before, tree.Contents()))
	})
}
