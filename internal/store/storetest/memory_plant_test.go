//go:build unix

package storetest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// longAgo is when everything was written that an operation has not touched.
var longAgo = time.Date(2020, time.May, 1, 12, 0, 0, 0, time.UTC)

var plainNames = []string{"a", "b", "c", "link", "data"}

// plantRandom makes a tree in which everything that a tree can hold may lie.
func plantRandom(t *rapid.T, top string) {
	if err := os.Mkdir(top, 0o755); err != nil {
		t.Fatal(err)
	}
	dirs := []string{top}
	var files []string
	for range rapid.IntRange(0, 25).Draw(t, "things") {
		at := filepath.Join(rapid.SampledFrom(dirs).Draw(t, "in"), rapid.SampledFrom(plainNames).Draw(t, "name"))
		if _, err := os.Lstat(at); err == nil { // to write to a FIFO is to wait
			continue
		}
		kind := rapid.SampledFrom([]string{"dir", "dir", "dir", "file", "symlink", "fifo", "socket", "device", "hardlink", "huge"}).Draw(t, "kind")
		if err := plant(t, at, kind, top, files); err != nil {
			t.Fatal(err)
		}
		switch kind {
		case "dir":
			dirs = append(dirs, at)
		case "file":
			files = append(files, at)
		}
	}
	err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
		at := unix.NsecToTimespec(longAgo.UnixNano())
		return errors.Join(err, unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func plant(t *rapid.T, at, kind, top string, files []string) error {
	switch kind {
	case "dir":
		return os.Mkdir(at, 0o755)
	case "file":
		return os.WriteFile(at, []byte(strings.Repeat("x", rapid.IntRange(0, 30).Draw(t, "size"))), 0o640)
	case "symlink":
		return os.Symlink(rapid.SampledFrom([]string{"a", "b", "../a", "a/b", "link", ".", "..", "../..", top + "/a", top, "/nowhere/a", "nothing", "./a/", "a//b"}).Draw(t, "to"), at)
	case "fifo":
		return unix.Mkfifo(at, 0o644)
	case "socket":
		return unix.Mknod(at, unix.S_IFSOCK|0o644, 0)
	case "device":
		if os.Getuid() == 0 { // nobody else may
			return unix.Mknod(at, unix.S_IFCHR|0o644, int(unix.Mkdev(1, 3)))
		}
	case "hardlink":
		if len(files) > 0 {
			return os.Link(rapid.SampledFrom(files).Draw(t, "of"), at)
		}
	case "huge":
		return errors.Join(os.WriteFile(at, []byte("x"), 0o600), os.Truncate(at, heldAtMost+1))
	}
	return nil
}
