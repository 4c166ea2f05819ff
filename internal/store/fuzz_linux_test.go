package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzPath asks for anything by any path, in a tree full of ways out of it.
func FuzzPath(f *testing.F) {
	top := f.TempDir()
	for _, dir := range []string{"outside", "tree/a/b", "tree/c"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	secret := []byte("outside")
	inode := uint64(0)
	for _, file := range []string{"outside/data", "tree/a/b/data"} {
		content := secret
		if file != "outside/data" {
			content = []byte("inside")
		}
		if err := os.WriteFile(filepath.Join(top, file), content, 0o644); err != nil {
			f.Fatal(err)
		}
	}
	for name, target := range map[string]string{"tree/a/out": "../../outside", "tree/c/root": "/", "tree/up": "..", "tree/a/b/file": "../../../outside/data"} {
		if err := os.Symlink(target, filepath.Join(top, name)); err != nil {
			f.Fatal(err)
		}
	}
	root, err := OpenRoot(filepath.Join(top, "tree"), false)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { root.Close() })
	if outside, err := OpenRoot(filepath.Join(top, "outside"), false); err == nil {
		info, _ := outside.Stat("data")
		inode = info.Inode
		outside.Close()
	}
	for _, seed := range []string{"a/b/data", "a/out/data", "a/b/file", "../outside/data", "a/../../outside/data", "up/outside/data", "./a",
		"/etc/passwd", "c/root" + top + "/outside/data", "a//b", "", ".", "a/b/data/", "a\x00/../..", "a/b/./../../../outside/data"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if data, _, err := root.Read(path, 1<<10, nil); err == nil && bytes.Equal(data, secret) {
			t.Errorf("%q leads to a file outside", path)
		}
		if dir, err := root.Open(path); err == nil {
			if info, err := dir.Stat("data"); err == nil && info.Inode == inode {
				t.Errorf("%q leads to a directory outside", path)
			}
			dir.Close()
		}
		if !strings.Contains(path, "/") && path != "" && path != "." && path != ".." {
			return // one name of this directory, which may go
		}
		for what, err := range map[string]error{"unlink": root.Unlink(path), "rmdir": root.Rmdir(path), "rename": root.Rename(path, root, "moved")} {
			if !errors.Is(err, ErrOutside) {
				t.Errorf("%s of %q: %v", what, path, err)
			}
		}
	})
}
