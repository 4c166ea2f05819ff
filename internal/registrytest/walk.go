package registrytest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
)

// A visitor sees every entry below a directory, and the directory as ".";
// what lies in a directory comes before it. It is handed the directory that
// holds the entry, so that a path of any length can be acted upon; err says why
// a directory could not be listed.
type visitor func(dir *os.Root, name, path string, info fs.FileInfo, err error)

// walk follows no symlink.
func walk(top string, visit visitor) error {
	root, err := os.OpenRoot(top)
	if err != nil {
		return fmt.Errorf("walk tree: %w", err)
	}
	defer root.Close()
	info, err := root.Lstat(".")
	if err != nil {
		return fmt.Errorf("walk tree: %w", err)
	}
	visit(root, ".", ".", info, walkBelow(root, "", visit))
	return nil
}

func walkBelow(dir *os.Root, at string, visit visitor) error {
	handle, err := dir.Open(".")
	if err != nil {
		return err
	}
	entries, err := handle.ReadDir(-1)
	handle.Close()
	if err != nil {
		return err
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	for _, entry := range entries {
		name := entry.Name()
		info, err := dir.Lstat(name)
		if err != nil {
			continue
		}
		if info.IsDir() {
			err = descend(dir, name, path.Join(at, name), visit)
		}
		visit(dir, name, path.Join(at, name), info, err)
	}
	return nil
}

func descend(dir *os.Root, name, at string, visit visitor) error {
	below, err := dir.OpenRoot(name)
	if err != nil {
		return err
	}
	defer below.Close()
	return walkBelow(below, at, visit)
}
