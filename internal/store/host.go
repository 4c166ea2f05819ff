//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Host is the door to the machine around the tree: /proc, and files as another
// process sees them. It only reads, and no file can make it wait or grow. Its
// errors are *fs.PathError; what belongs to a process that has ended meanwhile
// is fs.ErrNotExist.
type Host struct {
	Dir string // the root directory: "/", or where a test has built a host
}

// Read returns a file's content, of at most limit bytes; a larger file is
// ErrTooLarge.
func (h Host) Read(path string, limit int) ([]byte, error) {
	data, _, err := readRegular(unix.AT_FDCWD, h.at(path), limit)
	return data, hostError("read", path, err)
}

// Link returns the text of a symbolic link.
func (h Host) Link(path string) (string, error) {
	target, err := linkAt(unix.AT_FDCWD, h.at(path))
	return target, hostError("read link", path, err)
}

// Processes lists the ids of the processes that /proc shows.
func (h Host) Processes() ([]int, error) {
	dir, err := os.Open(h.at("/proc"))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Booted is when the machine started, by the clock that stamps its files: what
// is to be compared with a file's time cannot come from another clock. It is
// good to some hundredths of a second; /proc/stat has whole seconds only.
func (h Host) Booted() (time.Time, error) {
	const path = "/proc/uptime"
	data, err := h.Read(path, 1<<10)
	now := time.Now()
	if err != nil {
		return time.Time{}, err
	}
	text, _, _ := strings.Cut(string(data), " ")
	up, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse %s: %w", path, err)
	}
	return now.Add(-time.Duration(up * float64(time.Second))), nil
}

// StatFrom looks at a path the way a process does whose root directory is at
// root, say /proc/1/root: it follows symbolic links, and none out of that root.
func (h Host) StatFrom(root, path string) (Info, error) {
	w, err := h.walk(root, path)
	if err != nil {
		return Info{}, hostError("stat", path, err)
	}
	defer w.close()
	return w.info, nil
}

// ReadFrom reads a regular file of at most limit bytes that is found like
// StatFrom's. It also says when the file, or a symbolic link on the way to it,
// last changed.
func (h Host) ReadFrom(root, path string, limit int) ([]byte, time.Time, error) {
	w, err := h.walk(root, path)
	if err != nil {
		return nil, time.Time{}, hostError("open", path, err)
	}
	defer w.close()
	if w.info.Type != Regular { // even to open a device may do something
		return nil, time.Time{}, hostError("read", path, ErrNotRegular)
	}
	data, info, err := readRegular(w.last(), w.name, limit)
	return data, time.Unix(0, max(info.CTime, w.changed)), hostError("read", path, err)
}

// readRegular reads to the end, whatever stat says of the size: in /proc that
// is nothing.
func readRegular(at int, name string, limit int) ([]byte, Info, error) {
	fd, err := openat(at, name, openFile)
	if err != nil {
		return nil, Info{}, err
	}
	defer unix.Close(fd)
	return readOpen(fd, limit, make([]byte, 0, 1024))
}

func (h Host) at(path string) string { return filepath.Join(h.Dir, path) }

// hostError says of what belongs to a process that has ended what a missing
// file says: the kernel answers ESRCH where the file was open already.
func hostError(op, path string, err error) error {
	if err == unix.ESRCH {
		err = fs.ErrNotExist
	}
	return pathError(op, path, err)
}
