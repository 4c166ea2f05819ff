package repair_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/layout"
	"regjanitor/internal/repair"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// surveyed is a plan for a tree whose operations a hook may fail.
func surveyed(t *testing.T, tree *tree, opts repair.Options, hook storetest.Hook) (*repair.Plan, error) {
	t.Helper()
	storage, err := tree.memory.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	return survey(storetest.Wrap(storage, hook), opts)
}

// 35: what the disk does not give, or not twice the same, is neither repaired nor
// moved aside.
func TestWhatCannotBeReadStays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		damage, problem string
		hook            func(tree *tree) storetest.Hook
	}{
		"a failing disk": {"", "unreadable blob x: multi v1", func(tree *tree) storetest.Hook {
			return func(c storetest.Call) error {
				if c.Op == storetest.Stream && strings.HasSuffix(tree.Path("blob x"), c.Path) {
					return syscall.EIO
				}
				return nil
			}
		}},
		"a failing disk, under a link": {"", "unreadable app revision A: multi v1", func(tree *tree) storetest.Hook {
			return func(c storetest.Call) error {
				if c.Op == storetest.Read && strings.HasSuffix(tree.Path("app revision A"), c.Path) {
					return syscall.EIO
				}
				return nil
			}
		}},
		"a failing memory": {"damage blob x corrupt", "unreadable blob x: multi v1", func(tree *tree) storetest.Hook {
			reads, at := 0, strings.TrimPrefix(tree.Path("blob x"), tree.Root+"/")
			good, _ := build(t, app).memory.Text(at)
			return func(c storetest.Call) error {
				if c.Op == storetest.Stream && c.Path == at {
					if reads++; reads == 2 {
						tree.memory.Put(at, storetest.Thing{Type: store.Regular, Text: good})
					}
				}
				return nil
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			tree, copied := build(t, app+lines(test.damage)), build(t, app)
			p, err := surveyed(t, tree, repair.Options{From: copied.v2(t)}, test.hook(tree))
			if err != nil {
				t.Fatal(err)
			}
			if got := tree.problems(p); len(p.Actions) > 0 || len(got) != 1 || got[0] != test.problem {
				t.Errorf("actions %+v, problems %q", p.Actions, got)
			}
		})
	}
}

// TestHistoryThatDoesNotTell: a tag is not pointed to what may not be the last.
func TestHistoryThatDoesNotTell(t *testing.T) {
	t.Parallel()
	const twice = "push app:t B age=3h; push app:t A age=1h; damage app:t empty"
	for name, test := range map[string]struct {
		more, lost string
		want       int
	}{
		"it tells":                        {"", "", 1},
		"the disk does not give its last": {"", "app history t A", 0},
		"its last is of a time to come":   {"push app:w B age=1h; push app:w A age=-48h; damage app:w empty; damage app:t to=A", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			tree := build(t, app+lines(twice+"; "+test.more))
			p, err := surveyed(t, tree, repair.Options{TagsFromHistory: true}, func(c storetest.Call) error {
				if test.lost != "" && c.Op == storetest.Read && strings.HasSuffix(tree.Path(test.lost), c.Path) {
					return syscall.EIO
				}
				return nil
			})
			if err != nil || len(p.Actions) != test.want {
				t.Errorf("%v, %+v", err, p)
			}
		})
	}
}

// 39: a process out of descriptors knows nothing of the tree.
func TestAStarvedProcessPlansNothing(t *testing.T) {
	t.Parallel()
	tree := build(t, app+lines("damage blob x corrupt"))
	_, err := surveyed(t, tree, repair.Options{}, func(c storetest.Call) error {
		if c.Op == storetest.Stream {
			return syscall.EMFILE
		}
		return nil
	})
	if !errors.Is(err, syscall.EMFILE) {
		t.Error(err)
	}
}

func TestWithoutATrashCorruptDataStays(t *testing.T) {
	t.Parallel()
	tree, copied := build(t, app+lines("damage blob x corrupt; damage app@A empty")), build(t, app)
	got, p := tree.run(t, repair.Options{From: copied.v2(t), NoTrash: errors.New("there is no place for it")}, nil)
	if problems := tree.problems(p); len(got) != 1 || got[0] != "rewrite app revision A" || len(problems) != 1 || problems[0] != "corrupt blob x: multi v1" {
		t.Errorf("%q, %q", got, problems)
	}
}

// 40: an interruption ends the run after the step in hand, or within a copy.
func TestInterruption(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]func(storetest.Call) bool{
		"at once":         func(storetest.Call) bool { return true },
		"after a step":    func(c storetest.Call) bool { return c.Op == storetest.RenameOver },
		"while it copies": func(c storetest.Call) bool { return c.Op == storetest.Create && strings.HasSuffix(c.Path, ".tmp") },
	} {
		t.Run(name, func(t *testing.T) {
			tree, copied := build(t, app+lines("damage blob x gone; damage app@A empty; damage app@B empty; damage app:v1 newline")), build(t, app)
			storage, err := tree.memory.Dir("")
			if err != nil {
				t.Fatal(err)
			}
			opts := repair.Options{From: copied.v2(t)}
			p, err := survey(storage, opts)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			v2, err := storetest.Wrap(storage, func(c storetest.Call) error {
				if when(c) {
					cancel()
				}
				return nil
			}).Open(layout.Prefix)
			if err != nil {
				t.Fatal(err)
			}
			result := repair.Execute(ctx, v2, p, repair.Doing{From: opts.From})
			if !result.Interrupted || result.Stopped != nil || result.Done.Things() == int64(len(p.Actions)) {
				t.Errorf("%+v", result)
			}
			for at := range tree.memory.All() {
				if strings.HasSuffix(at, ".tmp") {
					t.Errorf("left: %s", at)
				}
			}
			tree.run(t, opts, nil)
			if want, got := copied.files(), tree.files(); !maps.Equal(want, got) {
				t.Errorf("a rerun leaves %q", differing(want, got))
			}
		})
	}
}

// TestOnTheDisk: what is written belongs to whom its neighbours belong, and may be
// read by whom they may.
func TestOnTheDisk(t *testing.T) {
	t.Parallel()
	tree := build(t, app+lines("damage app layer x gone; damage app@A empty; damage blob z missing"))
	copied := build(t, app)
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 1234, 4321
	}
	err := filepath.WalkDir(tree.Root, func(path string, d os.DirEntry, err error) error {
		mode := os.FileMode(0o640)
		if d.IsDir() {
			mode = 0o750
		}
		return errors.Join(err, os.Lchown(path, uid, gid), os.Chmod(path, mode))
	})
	if err != nil {
		t.Fatal(err)
	}
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	storage, err := root.Above()
	if err != nil {
		t.Fatal(err)
	}
	defer storage.Close()
	from, err := store.OpenRoot(copied.V2, true)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	p, result, err := mend(storage, repair.Options{From: from}, nil, "run")
	if err != nil || !whole(result) || len(p.Actions) != 3 {
		t.Fatalf("%v, %+v, %+v", err, result, p)
	}
	for _, a := range p.Actions {
		info, err := root.Stat(a.Path)
		if want := (store.Owner{UID: uint32(uid), GID: uint32(gid), Mode: 0o640}); err != nil || info.Owner != want {
			t.Errorf("%s: %+v, %v", a.Path, info.Owner, err)
		}
		above, err := root.Stat(filepath.Dir(a.Path))
		if want := (store.Owner{UID: uint32(uid), GID: uint32(gid), Mode: 0o750}); err != nil || above.Owner != want {
			t.Errorf("above %s: %+v, %v", a.Path, above.Owner, err)
		}
	}
	for _, letters := range []string{"blob z", "app layer x", "app revision A"} {
		want, err := os.ReadFile(copied.Path(letters))
		if got, gotErr := os.ReadFile(tree.Path(letters)); err != nil || gotErr != nil || string(got) != string(want) {
			t.Errorf("%s: %.80q, %v, %v", letters, got, err, gotErr)
		}
	}
}

// TestHalfMadeDirectory: one that a run was killed at making, before it was given
// to its owner, is made again; one that somebody wanted so stays.
func TestHalfMadeDirectory(t *testing.T) {
	t.Parallel()
	tree := build(t, app+lines("damage app layer x gone; damage app layer y missing"))
	directory := func(letters string) string {
		return strings.TrimPrefix(filepath.Dir(tree.Path(letters)), tree.Root+"/")
	}
	for _, letters := range []string{"app layer x", "app layer y"} {
		tree.memory.Remove(directory(letters))
		storage, _ := tree.memory.Dir(filepath.Dir(directory(letters)))
		if err := storage.Mkdir(filepath.Base(directory(letters)), store.Owner{Mode: 0o700}); err != nil {
			t.Fatal(err)
		}
	}
	tree.memory.Put(directory("app layer y")+"/stray", storetest.Thing{Type: store.Regular})
	tree.run(t, repair.Options{}, nil)
	for letters, want := range map[string]uint32{"app layer x": 0o755, "app layer y": 0o700} {
		if info, _ := tree.memory.Lookup(directory(letters)); info.Owner.Mode != want {
			t.Errorf("%s: mode %o", letters, info.Owner.Mode)
		}
		if _, there := tree.memory.Lookup(directory(letters) + "/link"); !there {
			t.Errorf("%s has no link", letters)
		}
	}
}

// TestTheOtherTreeIsNotBelieved: what a layer's other digest stands for has to hash
// to it, whatever the other tree says.
func TestTheOtherTreeIsNotBelieved(t *testing.T) {
	t.Parallel()
	const layer = app + "S = image s sha512:t\npush app:s S\n"
	tree, copied := build(t, layer+"damage app layer sha512:t empty"), build(t, layer+"damage app layer sha512:t to=x")
	got, p := tree.run(t, repair.Options{From: copied.v2(t)}, nil)
	if problems := tree.problems(p); len(got) > 0 || len(problems) != 1 || problems[0] != "broken app layer sha512:t: s" {
		t.Errorf("%q, %q", got, problems)
	}
}
