package sweep_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

// fails is a disk that always answers one operation at one place with err.
func fails(op storetest.Op, path string, err error) storetest.Hook {
	return func(c storetest.Call) error {
		if c.Op == op && c.Path == path {
			return err
		}
		return nil
	}
}

// once is hook, until it has failed an operation.
func once(hook storetest.Hook) storetest.Hook {
	failed := false
	return func(c storetest.Call) error {
		if failed {
			return nil
		}
		err := hook(c)
		failed = err != nil
		return err
	}
}

// execute sweeps one thing after the other, so that the order is known.
func execute(root store.Dir, p *plan.Plan) *sweep.Result {
	return sweep.Execute(context.Background(), root, p, sweep.Options{Jobs: 1, Run: "test"})
}

// at is the path of a thing in letters, relative to the v2 directory, or that
// of the directory so many levels above.
func at(tree *registrytest.Tree, letters string, up int) string {
	path := tree.Path(letters)
	for range up {
		path = filepath.Dir(path)
	}
	rel, _ := filepath.Rel(tree.V2, path)
	return rel
}

func TestReadsThatFail(t *testing.T) {
	for _, c := range []struct {
		name    string
		op      storetest.Op
		thing   string
		up      int
		refused string
		doubt   string
	}{
		{"a tag's link", storetest.Read, "app:v1", 0, "", "link-unreadable"},
		{"a revision's link", storetest.Read, "app@A", 0, "", "link-unreadable"},
		{"an untagged revision's link", storetest.Read, "app@B", 0, "", "link-unreadable"},
		{"a manifest", storetest.Read, "blob A", 0, "", "manifest-unreadable"},
		{"an untagged manifest", storetest.Read, "blob B", 0, "", "manifest-unreadable"},
		{"a layer link", storetest.Stat, "app layer x", 0, "", "link-unreadable"},
		{"an alias", storetest.Read, "app layer sha512:z", 0, "layer-target-unknown", ""},
		{"the directory of a tag", storetest.Open, "app:v1", 2, "unreadable-directory", ""},
		{"the directory of tags", storetest.List, "app:v1", 3, "unreadable-directory", ""},
		{"the directory of a revision", storetest.Open, "app@A", 1, "unreadable-directory", ""},
		{"the directory of revisions", storetest.List, "app@A", 2, "unreadable-directory", ""},
		{"the directory of layer links", storetest.List, "app layer x", 2, "unreadable-directory", ""},
		{"a repository", storetest.List, "app", 0, "unreadable-directory", ""},
		{"the repositories", storetest.List, "app", 1, "unreadable-directory", ""},
		{"a shard of blobs", storetest.List, "blob x", 2, "", "shard-unreadable"},
		{"a blob", storetest.Stat, "blob x", 0, "", "shard-unreadable"},
	} {
		const spec = ok + app + "C = image c sha512:z\npush app:v2 C"
		for _, errno := range []syscall.Errno{syscall.EIO, syscall.ESTALE} {
			t.Run("35 "+errno.Error()+" once, on "+c.name, func(t *testing.T) {
				tree := registrytest.Build(t, spec)
				root := watched(t, tree, once(fails(c.op, at(tree, c.thing, c.up), errno)))
				p, err := survey(root, 1, defaults())
				if err != nil {
					t.Fatal(err)
				}
				checkSame(t, "doubts", nil, codes(p.Doubts))
				carryOut(t, root, p)
				checkSame(t, "left", tree.Live(), tree.Contents())
			})
			t.Run("35 "+errno.Error()+" on "+c.name, func(t *testing.T) {
				tree := registrytest.Build(t, spec)
				root := watched(t, tree, fails(c.op, at(tree, c.thing, c.up), errno))
				p, err := survey(root, 4, defaults())
				if c.refused != "" {
					row{refused: c.refused}.checkRefusal(t, err)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				checkSame(t, "doubts", []string{c.doubt}, codes(p.Doubts))
				carryOut(t, open(t, tree.V2), p)
				if lost := minus(tree.Live(), tree.Contents()); len(lost) > 0 {
					t.Errorf("live things are gone: %q", lost)
				}
			})
		}
	}
}

func TestVanishing(t *testing.T) {
	// What goes is so many levels above the thing, at the moment when the
	// janitor asks for what is so many levels above it.
	for _, c := range []struct {
		name        string
		thing       string
		goes        int
		op          storetest.Op
		askedForIts int
	}{
		{"a tag's link", "app:v1", 0, storetest.Open, 1},
		{"a tag", "app:v1", 2, storetest.Open, 2},
		{"a revision", "app@A", 1, storetest.Read, 0},
		{"a manifest's directory", "blob A", 1, storetest.Read, 0},
		{"a layer link's directory", "app layer x", 1, storetest.Stat, 0},
		{"an alias", "app layer sha512:z", 0, storetest.Read, 0},
		{"a repository", "app", 0, storetest.Open, 0},
		{"a shard of blobs", "blob x", 2, storetest.Open, 2},
	} {
		t.Run("36 "+c.name+" vanishes while marking", func(t *testing.T) {
			tree := registrytest.Build(t, ok+app+"C = image c sha512:z\npush app:v2 C")
			gone := false
			root := watched(t, tree, func(call storetest.Call) error {
				if gone || call.Op != c.op || call.Path != at(tree, c.thing, c.askedForIts) {
					return nil
				}
				gone = true
				return os.RemoveAll(filepath.Join(tree.V2, at(tree, c.thing, c.goes)))
			})
			_, err := survey(root, 1, defaults())
			row{refused: "tree-changed"}.checkRefusal(t, err)
		})
	}
	t.Run("36 an upload vanishes while marking, as the purger lets it", func(t *testing.T) {
		tree := registrytest.Build(t, ok+"upload app u age=1h\nupload app v age=1h")
		root := watched(t, tree, fails(storetest.Open, at(tree, "app upload u", 1), syscall.ENOENT))
		if _, err := survey(root, 4, defaults()); err != nil {
			t.Error(err)
		}
	})
	for _, thing := range []string{"app revision B", "app layer y", "app history v1 B", "blob y", "blob o"} {
		t.Run("36 "+thing+" vanishes while sweeping", func(t *testing.T) {
			tree := registrytest.Build(t, ok+app)
			gone := false
			root := watched(t, tree, func(c storetest.Call) error {
				if !gone && c.Op.Mutates() {
					gone = true
					return os.RemoveAll(filepath.Dir(tree.Path(thing)))
				}
				return nil
			})
			p, err := survey(root, 1, defaults())
			if err != nil {
				t.Fatal(err)
			}
			if result := execute(root, p); result.Stopped != nil || len(result.Failures) > 0 {
				t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
			}
			// The disk may have denied what is there: what it refers to is for the next run.
			checkSame(t, "live and gone", nil, minus(tree.Live(), tree.Contents()))
			finish(t, tree)
			checkSame(t, "left by the next run", tree.Live(), tree.Contents())
		})
	}
}

func TestStarvedScan(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		for _, op := range []storetest.Op{storetest.Open, storetest.List, storetest.Stat, storetest.Read} {
			t.Run("39 "+errno.Error()+" on "+string(op)+" ends the scan", func(t *testing.T) {
				tree := registrytest.Build(t, ok+app)
				root := watched(t, tree, func(c storetest.Call) error {
					if c.Op == op && c.Path != "." {
						return &fs.PathError{Op: string(op), Path: c.Path, Err: errno}
					}
					return nil
				})
				_, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 4})
				if !errors.Is(err, errno) {
					t.Errorf("the scan ends with %v", err)
				}
			})
		}
	}
}
