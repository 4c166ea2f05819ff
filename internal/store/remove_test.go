//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRemovalsTakeOneName(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/full/file": "x", "tree/empty/": "", "tree/file": "x", "tree/linked": "x"})
	if err := os.Link(filepath.Join(top, "linked"), filepath.Join(top, "other")); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, top, false)
	if err := root.Rmdir("full"); !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST) {
		t.Errorf("a directory with a file in it: %v", err)
	}
	wantError(t, "rmdir of a file", root.Rmdir("file"), unix.ENOTDIR)
	for _, name := range []string{"full", "empty"} {
		if root.Unlink(name) == nil {
			t.Errorf("unlink removed the directory %s", name)
		}
	}
	for _, err := range []error{root.Rmdir("empty"), root.Unlink("file"), root.Unlink("linked")} {
		if err != nil {
			t.Error(err)
		}
	}
	if got := names(t, root); !slices.Equal(got, []string{"full", "other"}) {
		t.Errorf("left: %q", got)
	}
	if info, err := root.Stat("other"); info.Links != 1 || err != nil { // 29
		t.Errorf("the other name of a file: %+v, %v", info, err)
	}
}

// renames are the ways in which Rename works.
var renames = map[string]func(from int, name string, to int, as string) error{
	"in one call":  renameNew,
	"after a look": renameAfterLook,
}

func TestRenameReplacesNothing(t *testing.T) {
	for way, rename := range renames {
		t.Run(way, func(t *testing.T) {
			top := plantTree(t, map[string]string{
				"tree/tags/v1/current/link": "v1", "tree/tags/v2/current/link": "v2", "tree/tags/file": "a file",
				"tree/taken/dir/": "", "tree/taken/file": "kept", "tree/taken/link": "->dir", "tree/taken/dangling": "->nothing",
			})
			root := openRoot(t, top, false)
			tags, taken := openDir(t, root, "tags"), openDir(t, root, "taken")
			for _, name := range []string{"v1", "file"} {
				for _, as := range []string{"dir", "file", "link", "dangling"} {
					if err := rename(tags.fd, name, taken.fd, as); !errors.Is(err, fs.ErrExist) {
						t.Errorf("%s as %s: %v", name, as, err)
					}
				}
			}
			if err := rename(tags.fd, "v1", taken.fd, "new"); err != nil {
				t.Error(err)
			}
			if err := rename(tags.fd, "none", taken.fd, "other"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what is not there: %v", err)
			}
			if got := names(t, tags); !slices.Equal(got, []string{"file", "v2"}) {
				t.Errorf("left: %q", got)
			}
			for path, want := range map[string]string{"taken/file": "kept", "taken/new/current/link": "v1", "tags/file": "a file"} {
				if data, _, err := root.Read(path, 100, nil); string(data) != want || err != nil {
					t.Errorf("%s: %q, %v", path, data, err)
				}
			}
		})
	}
}

func openDir(t *testing.T, d Dir, path string) *dir {
	t.Helper()
	opened, err := d.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened.(*dir)
}

func TestRenameMovesBetweenOpenDirectories(t *testing.T) {
	root := openRoot(t, plantTree(t, map[string]string{"tree/a/x/file": "x", "tree/b/": ""}), false)
	a, b := openDir(t, root, "a"), openDir(t, root, "b")
	if err := a.Rename("x", b, "y"); err != nil {
		t.Fatal(err)
	}
	wantError(t, "to a name that is taken", root.Rename("a", root.Dir, "b"), fs.ErrExist)
	wantError(t, "into itself", root.Rename("b", b, "z"), unix.EINVAL)
	wantError(t, "to a directory of another kind", a.Rename("x", otherDir{}, "y"), unix.EXDEV)
	if data, _, err := root.Read("b/y/file", 10, nil); string(data) != "x" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

// otherDir is a Dir that is not of this package.
type otherDir struct{ Dir }

func TestSync(t *testing.T) {
	root := openRoot(t, plantTree(t, map[string]string{"tree/file": "x"}), false)
	if err := root.Sync(); err != nil {
		t.Error(err)
	}
	d := openDir(t, root, "")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if d.Sync() == nil && d.Close() == nil {
		t.Error("what is closed can be synced and closed again")
	}
}

func TestAnInfoTellsWhetherAFileIsStillTheSame(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/file": "12345", "tree/other": "12345"})
	root := openRoot(t, top, false)
	stat := func(name string) Info {
		t.Helper()
		info, err := root.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	then := stat("file")
	if then.Type != Regular || then.Size != 5 || then.Links != 1 || then.Device != root.Info.Device || then.CTime < then.MTime {
		t.Errorf("%+v", then)
	}
	if !stat("file").Same(then) {
		t.Error("an untouched file seems changed")
	}
	if stat("other").Same(then) {
		t.Error("another file seems the same")
	}
	for what, change := range map[string]func(path string) error{
		"grown":    func(path string) error { return os.WriteFile(path, []byte("123456"), 0o600) },
		"touched":  func(path string) error { return unix.Utimes(path, []unix.Timeval{{Sec: 1}, {Sec: 1}}) },
		"replaced": func(path string) error { return os.Rename(filepath.Join(top, "other"), path) },
	} {
		then := stat("file")
		if err := change(filepath.Join(top, "file")); err != nil {
			t.Fatal(err)
		}
		if stat("file").Same(then) {
			t.Errorf("a file that was %s seems the same", what)
		}
	}
}

func TestTypesHaveNames(t *testing.T) {
	for of, want := range map[Type]string{Regular: "regular file", Directory: "directory", Symlink: "symbolic link", Other: "special file"} {
		if of.String() != want {
			t.Errorf("%q; want %q", of, want)
		}
	}
}

func TestRenameOverTakesThePlaceOfAFileAlone(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/new": "new", "tree/old": "old", "tree/dir/": "", "tree/link": "->old", "tree/dangling": "->nothing"})
	if err := unix.Mkfifo(filepath.Join(top, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, top, false)
	for _, as := range []string{"dir", "link", "dangling", "fifo"} {
		wantError(t, "in the place of "+as, root.RenameOver("new", as), ErrNotRegular)
	}
	for _, as := range []string{"", "..", "dir/x"} {
		wantError(t, as, root.RenameOver("new", as), ErrOutside)
		wantError(t, as, root.RenameOver(as, "new"), ErrOutside)
	}
	wantError(t, "what is not there", root.RenameOver("nothing", "old"), fs.ErrNotExist)
	for _, as := range []string{"old", "other"} {
		if err := os.WriteFile(filepath.Join(top, "new"), []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := root.RenameOver("new", as); err != nil {
			t.Error(err)
		}
		if data, err := os.ReadFile(filepath.Join(top, as)); err != nil || string(data) != "new" {
			t.Errorf("%s: %q, %v", as, data, err)
		}
	}
	if got := names(t, root); !slices.Equal(got, []string{"dangling", "dir", "fifo", "link", "old", "other"}) {
		t.Errorf("left: %q", got)
	}
}

func TestRenameOverTakesTheTimeToo(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/new": "new", "tree/old": ""})
	then := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.UTC)
	if err := os.Chtimes(filepath.Join(top, "old"), then, then); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, top, false)
	if err := root.RenameOver("new", "old"); err != nil {
		t.Fatal(err)
	}
	if info, err := root.Stat("old"); err != nil || info.MTime != then.UnixNano() || info.Size != 3 {
		t.Errorf("%+v, %v", info, err)
	}
}
