//go:build unix

package store

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tree is a directory to open and what is in it; a name that ends in a slash is
// a directory, content that begins with -> is where a symbolic link leads.
func plantTree(t *testing.T, files map[string]string) string {
	t.Helper()
	return filepath.Join(plant(t, files).Dir, "tree")
}

// eachWay runs a test with each way of opening things that there is.
func eachWay(t *testing.T, top func(t *testing.T) string, f func(t *testing.T, root *Root)) {
	for name, prepare := range map[string]func(*tree){
		"as the system allows": func(*tree) {},
		"stepwise":             func(tr *tree) { tr.noOpenat2 = true },
		"stepwise by device":   func(tr *tree) { tr.noOpenat2, tr.mount = true, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			root := openRoot(t, top(t), false)
			shared := root.Dir.(*dir).tree
			if name != "as the system allows" {
				shared.stepwise.Do(func() {})
			}
			prepare(shared)
			f(t, root)
		})
	}
}

func openRoot(t *testing.T, top string, allowMounts bool) *Root {
	t.Helper()
	root, err := OpenRoot(top, allowMounts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// wantError checks an access for an error that is a *fs.PathError about path.
func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	var whole *fs.PathError
	if !errors.Is(err, want) || !errors.As(err, &whole) {
		t.Errorf("%s: %v; want a *fs.PathError that says it %v", what, err, want)
	}
}

func names(t *testing.T, d Dir) []string {
	t.Helper()
	var list []string
	if err := d.List(func(e Entry) error { list = append(list, string(e.Name)); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// 25, 26: in no position.
func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	eachWay(t, func(t *testing.T) string {
		return plantTree(t, map[string]string{
			"outside/data": "secret", "outside/sub/data": "secret",
			"tree/real/sub/data": "content",
			"tree/in":            "->real", "tree/out": "->../outside", "tree/up": "->..", "tree/here": "->.",
			"tree/real/in": "->sub", "tree/real/out": "->../../outside", "tree/real/etc": "->/etc",
			"tree/file": "->real/sub/data", "tree/secret": "->../outside/data", "tree/real/sub/link": "->data",
			"tree/dangling": "->nothing", "tree/loop": "->loop",
		})
	}, func(t *testing.T, root *Root) {
		for _, path := range []string{
			"in", "out", "up", "here", "real/in", "real/out", "real/etc", "dangling", "loop", "file",
			"in/sub", "out/sub", "up/outside", "here/real", "real/in/x", "real/out/sub", "./out", "up/tree/real",
		} {
			_, err := root.Open(path)
			wantError(t, "open "+path, err, ErrSymlink)
		}
		for _, path := range []string{
			"file", "secret", "real/sub/link", "dangling", "loop", "in", "out",
			"in/sub/data", "out/data", "out/sub/data", "real/in/data", "real/out/data", "up/outside/data", "here/real/sub/data",
		} {
			data, _, err := root.Read(path, 100, nil)
			wantError(t, "read "+path, err, ErrSymlink)
			if data != nil {
				t.Errorf("read %s: %q", path, data)
			}
		}
		if info, err := root.Stat("out"); err != nil || info.Type != Symlink {
			t.Errorf("stat out: %+v, %v", info, err)
		}
		data, _, err := root.Read("real/sub/data", 100, nil)
		if string(data) != "content" || err != nil {
			t.Errorf("what no link leads to: %q, %v", data, err)
		}
	})
}

func TestRemovingASymbolicLinkLeavesItsTarget(t *testing.T) {
	top := plantTree(t, map[string]string{
		"outside/data": "kept", "tree/real/data": "kept",
		"tree/dir": "->real", "tree/file": "->real/data", "tree/out": "->../outside",
	})
	root := openRoot(t, top, false)
	for _, name := range []string{"dir", "file", "out"} {
		if err := root.Rmdir(name); !errors.Is(err, unix.ENOTDIR) {
			t.Errorf("remove directory %s: %v", name, err)
		}
		if err := root.Unlink(name); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, root); !slices.Equal(got, []string{"real"}) {
		t.Errorf("left: %q", got)
	}
	for _, path := range []string{"real/data", "../outside/data"} {
		if data, err := os.ReadFile(filepath.Join(top, path)); string(data) != "kept" {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
}

func TestNoPathLeadsOut(t *testing.T) {
	far := strings.Repeat("x/", 600)
	eachWay(t, func(t *testing.T) string {
		return plantTree(t, map[string]string{"outside/data": "secret", "outside/sub/": "", "tree/a/b/data": "", "tree/a/..b/data": "dots"})
	}, func(t *testing.T, root *Root) {
		top := root.Path
		for _, path := range []string{
			"..", "../outside", "../outside/sub", "a/..", "a/../..", "a/b/../../../outside", "a/../a", "../tree",
			"/", "/etc", filepath.Dir(top) + "/outside", "a/", "a//b", "//", "a/b/", far + "..", "/" + far, far + "../" + far,
		} {
			_, err := root.Open(path)
			wantError(t, "open "+path, err, ErrOutside)
			_, _, err = root.Read(path, 100, nil)
			wantError(t, "read "+path, err, ErrOutside)
			_, err = root.Stat(path)
			wantError(t, "stat "+path, err, ErrOutside)
		}
		for _, name := range []string{"", ".", "..", "/", "a/b", "../outside/data", "../outside/sub", filepath.Dir(top) + "/outside/data", "a/"} {
			wantError(t, "unlink "+name, root.Unlink(name), ErrOutside)
			wantError(t, "rmdir "+name, root.Rmdir(name), ErrOutside)
			wantError(t, "rename "+name, root.Rename(name, root.Dir, "new"), ErrOutside)
			wantError(t, "rename to "+name, root.Rename("a", root.Dir, name), ErrOutside)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(top), "outside/data")); err != nil {
			t.Error(err)
		}
		if data, _, err := root.Read("a/..b/data", 100, nil); string(data) != "dots" || err != nil {
			t.Errorf("a name that begins with dots: %q, %v", data, err)
		}
		if _, err := root.Open("a\x00b"); err == nil {
			t.Error("a path with a zero byte is opened")
		}
	})
}

func TestTheEmptyPathIsTheDirectoryItself(t *testing.T) {
	eachWay(t, func(t *testing.T) string { return plantTree(t, map[string]string{"tree/a/b/data": "x"}) },
		func(t *testing.T, root *Root) {
			a, err := root.Open("a")
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			want, err := root.Stat("a")
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"", "."} {
				same, err := a.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer same.Close()
				if got, err := same.Stat(path); got != want || err != nil {
					t.Errorf("stat %q: %+v, %v; want %+v", path, got, err, want)
				}
				if got := names(t, same); !slices.Equal(got, []string{"b"}) {
					t.Errorf("list %q: %q", path, got)
				}
			}
			_, _, err = a.Read("", 100, nil)
			wantError(t, "read a directory", err, ErrNotRegular)
		})
}

func TestWhatIsMissingIsNotExist(t *testing.T) {
	eachWay(t, func(t *testing.T) string { return plantTree(t, map[string]string{"tree/a/file": "x"}) },
		func(t *testing.T, root *Root) {
			for path, want := range map[string]error{
				"b": fs.ErrNotExist, "a/b": fs.ErrNotExist, "b/c": fs.ErrNotExist, "a/file/x": unix.ENOTDIR,
			} {
				_, err := root.Open(path)
				wantError(t, "open "+path, err, want)
				_, _, err = root.Read(path, 100, nil)
				wantError(t, "read "+path, err, want)
				_, err = root.Stat(path)
				wantError(t, "stat "+path, err, want)
			}
			_, err := root.Open("a/file")
			wantError(t, "open a file", err, unix.ENOTDIR)
			wantError(t, "unlink", root.Unlink("b"), fs.ErrNotExist)
			wantError(t, "rmdir", root.Rmdir("b"), fs.ErrNotExist)
			wantError(t, "rename", root.Rename("b", root.Dir, "c"), fs.ErrNotExist)
		})
}

func TestTimesBeyondWhatNanosecondsHold(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/f": "x"})
	root := openRoot(t, top, false)
	for sec, want := range map[int64]int64{13569465600: math.MaxInt64, -11676096000: math.MinInt64, 1: 1e9, -1: -1e9} {
		stamp := unix.Timespec{Sec: sec}
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(top, "f"), []unix.Timespec{stamp, stamp}, 0); err != nil {
			t.Fatal(err)
		}
		var held unix.Stat_t
		if err := unix.Stat(filepath.Join(top, "f"), &held); err != nil || held.Mtim.Sec != sec {
			t.Logf("the file system here does not hold %d seconds: %v", sec, err)
			continue
		}
		if info, err := root.Stat("f"); err != nil || info.MTime != want {
			t.Errorf("%d seconds are %d nanoseconds, %v; want %d", sec, info.MTime, err, want)
		}
	}
}
