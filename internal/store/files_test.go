//go:build unix

package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWriteFile(t *testing.T) {
	top := t.TempDir()
	path := filepath.Join(top, "plan.json")
	for _, content := range []string{"first", "the second, which is longer", "", "3"} {
		if err := CheckWriteFile(path); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if string(data) != content || err != nil {
			t.Errorf("%q, %v; want %q", data, err, content)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
	if got := names(t, openRoot(t, top, false)); len(got) != 1 {
		t.Errorf("beside it: %q", got)
	}
}

func TestWriteFileTakesARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(CheckWriteFile("plan.json"), WriteFile("plan.json", []byte("x"))); err != nil {
		t.Error(err)
	}
}

// A reader sees the whole of one content or of the other, at any time.
func TestWriteFileIsSeenWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics")
	contents := [][]byte{bytes.Repeat([]byte("a"), 1<<20), bytes.Repeat([]byte("b"), 1<<19)}
	if err := WriteFile(path, contents[0]); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for i := range 20 {
			if err := WriteFile(path, contents[i%2]); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(data, contents[0]) && !bytes.Equal(data, contents[1]) {
			t.Errorf("%d bytes of neither content, %v", len(data), err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

// Run by root, --metrics-file=/dev/null would else leave the system without one.
func TestWriteFileReplacesRegularFilesOnly(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/dir/": "", "tree/real": "kept", "tree/link": "->real", "tree/dangling": "->none"})
	if err := unix.Mkfifo(filepath.Join(top, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := names(t, openRoot(t, top, false))
	for _, name := range []string{"dir", "link", "dangling", "fifo"} {
		path := filepath.Join(top, name)
		wantError(t, "check "+name, CheckWriteFile(path), ErrNotRegular)
		wantError(t, "write "+name, WriteFile(path, []byte("x")), ErrNotRegular)
	}
	for _, path := range []string{"none/file", "real/file"} {
		if CheckWriteFile(filepath.Join(top, path)) == nil || WriteFile(filepath.Join(top, path), nil) == nil {
			t.Errorf("%s is written", path)
		}
	}
	if data, err := os.ReadFile(filepath.Join(top, "real")); string(data) != "kept" || err != nil {
		t.Errorf("behind the link: %q, %v", data, err)
	}
	if after := names(t, openRoot(t, top, false)); len(after) != len(before) {
		t.Errorf("before %q, after %q", before, after)
	}
}

func TestWriteFileLeavesTheOldOneWhereItFails(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	path := filepath.Join(plantTree(t, map[string]string{"tree/plan": "old"}), "plan")
	forbid(t, filepath.Dir(path), 0o555)
	if CheckWriteFile(path) == nil || WriteFile(path, []byte("new")) == nil {
		t.Error("written into a directory without permission")
	}
	if data, err := os.ReadFile(path); string(data) != "old" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}
