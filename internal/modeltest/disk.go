package modeltest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// entry is one thing on disk, not followed where it is a symlink.
type entry struct {
	kind  fs.FileMode // its type bits; 0 is a regular file
	size  int64
	mtime time.Time
}

// disk is a tree as package os shows it. Paths are relative to v2.
type disk struct {
	v2       string
	entries  map[string]entry
	children map[string][]string // names, sorted
}

func readDisk(v2 string) (*disk, error) {
	d := &disk{v2: v2, entries: map[string]entry{}, children: map[string][]string{}}
	return d, d.read("")
}

func (d *disk) read(at string) error {
	found, err := os.ReadDir(filepath.Join(d.v2, at))
	if err != nil {
		return fmt.Errorf("read tree: %w", err)
	}
	for _, e := range found {
		info, err := e.Info()
		if err != nil {
			return fmt.Errorf("read tree: %w", err)
		}
		name := path.Join(at, e.Name())
		d.children[at] = append(d.children[at], e.Name())
		d.entries[name] = entry{info.Mode().Type(), info.Size(), info.ModTime()}
		if e.IsDir() {
			if err := d.read(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *disk) has(at string) bool { _, ok := d.entries[at]; return ok }

func (d *disk) isDir(at string) bool {
	return at == "" || d.has(at) && d.entries[at].kind == fs.ModeDir
}

func (d *disk) isFile(at string) bool { return d.has(at) && d.entries[at].kind == 0 }

func (d *disk) isSymlink(at string) bool { return d.has(at) && d.entries[at].kind == fs.ModeSymlink }

// dirs are the names of the directories in a directory.
func (d *disk) dirs(at string) (names []string) {
	for _, name := range d.children[at] {
		if d.isDir(path.Join(at, name)) {
			names = append(names, name)
		}
	}
	return names
}

// files are the paths of all that is no directory.
func (d *disk) files() (paths []string) {
	for at, e := range d.entries {
		if e.kind != fs.ModeDir {
			paths = append(paths, at)
		}
	}
	sort.Strings(paths)
	return paths
}

// content is what a regular file holds.
func (d *disk) content(at string) []byte {
	data, err := os.ReadFile(filepath.Join(d.v2, at))
	if err != nil {
		return nil
	}
	return data
}

// leadsToDirectory tells where a symlink points.
func (d *disk) leadsToDirectory(at string) bool {
	info, err := os.Stat(filepath.Join(d.v2, at))
	return err == nil && info.IsDir()
}

// farEnd is where a symlink ends up, if that is inside the tree.
func (d *disk) farEnd(at string) (string, bool) {
	to, err := filepath.EvalSymlinks(filepath.Join(d.v2, at))
	if err != nil {
		return "", false
	}
	top, err := filepath.EvalSymlinks(d.v2)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(to, top+"/")
}

// beside tells whether a file lies in the storage root.
func (d *disk) beside(name string) bool {
	_, err := os.Lstat(filepath.Join(d.v2, "../../..", name))
	return err == nil
}
