//go:build unix

package store

import (
	"strings"

	"golang.org/x/sys/unix"
)

// walk resolves a path below a root directory that is not ours. The kernel's
// RESOLVE_IN_ROOT does the same, but neither tells the links that it followed,
// nor is it there before Linux 5.6.
type walk struct {
	dirs    []int // open directories from the root down
	name    string
	info    Info  // of name in the last of dirs
	changed int64 // the newest change of a link that was followed
}

// mostLinks is the kernel's own limit for one path.
const mostLinks = 40

func (h Host) walk(root, path string) (*walk, error) {
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Open(h.at(root), openWalk|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, err
	}
	w := &walk{dirs: []int{fd}}
	if err := w.follow(path); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *walk) follow(path string) error {
	todo, links := components(path), 0
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if name == ".." {
			w.up(1)
			continue
		}
		if err := w.look(name); err != nil {
			return err
		}
		switch {
		case w.info.Type == Symlink:
			if links++; links > mostLinks {
				return unix.ELOOP
			}
			target, err := linkAt(w.last(), name)
			if err != nil {
				return err
			}
			if strings.HasPrefix(target, "/") {
				w.up(len(w.dirs))
			}
			w.changed = max(w.changed, w.info.CTime)
			todo = append(components(target), todo...)
		case len(todo) == 0:
			return nil
		default:
			if err := w.down(name); err != nil {
				return err
			}
		}
	}
	return w.look(".")
}

func (w *walk) last() int { return w.dirs[len(w.dirs)-1] }

func (w *walk) look(name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(w.last(), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	w.name, w.info = name, infoOf(&st)
	return nil
}

// down opens a directory; O_DIRECTORY has the kernel mount what automounts.
func (w *walk) down(name string) error {
	fd, err := openat(w.last(), name, openWalk|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	w.dirs = append(w.dirs, fd)
	return nil
}

// up leaves n directories, but never the root.
func (w *walk) up(n int) {
	for ; n > 0 && len(w.dirs) > 1; n-- {
		unix.Close(w.last())
		w.dirs = w.dirs[:len(w.dirs)-1]
	}
}

func (w *walk) close() {
	for _, fd := range w.dirs {
		unix.Close(fd)
	}
}

// components leaves out what names nothing.
func components(path string) []string {
	var names []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}

func linkAt(fd int, name string) (string, error) {
	buf := make([]byte, 4096) // PATH_MAX: no link is longer
	n, err := retryInterrupted(func() (int, error) { return unix.Readlinkat(fd, name, buf) })
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
