package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// listOf turns a saved plan into what unlink takes: on each line a directory and
// the one file in it, with a slash at the end instead where there is none.
// Neighbours are siblings, and what is empty comes last, the deepest first.
func listOf(plan []byte) ([]byte, error) {
	var saved struct {
		Actions []struct {
			Kind string `json:"kind"`
			Path string `json:"path"`
		} `json:"actions"`
	}
	if err := json.Unmarshal(plan, &saved); err != nil {
		return nil, err
	}
	files := map[string]string{"blob": "data", "revision": "link", "layer_link": "link", "tag_index_entry": "link"}
	var holders, empty []string
	for _, a := range saved.Actions {
		file, ok := files[a.Kind]
		switch {
		case !filepath.IsLocal(a.Path):
			return nil, fmt.Errorf("path %q leaves the tree", a.Path)
		case ok:
			holders = append(holders, strings.TrimSuffix(a.Path, "/"+file)+"/"+file)
		case a.Kind == "directory":
			empty = append(empty, a.Path+"/")
		default:
			return nil, fmt.Errorf("no tree of this program's has a %s to remove", a.Kind)
		}
	}
	slices.Sort(holders)
	slices.Sort(empty)
	slices.Reverse(empty)
	return []byte(strings.Join(append(holders, empty...), "\n")), nil
}

func unlinkCommand(args []string) error {
	flags := flag.NewFlagSet("unlink", flag.ContinueOnError)
	root := flags.String("root", "", "storage root `directory`")
	list := flags.String("list", "", "`file` with what to remove")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := os.ReadFile(*list)
	if err != nil {
		return err
	}
	return unlink(*root, strings.Split(string(b), "\n"))
}

// unlink removes what a list names, as fast as it goes and in no order: nothing
// that a registry should be treated to. Siblings are left to one goroutine, as
// the kernel lets only one at a time change a directory.
func unlink(root string, list []string) error {
	v2, err := openDir(unix.AT_FDCWD, root+"/"+prefix)
	if err != nil {
		return err
	}
	defer v2.close()
	firstEmpty := slices.IndexFunc(list, func(p string) bool { return strings.HasSuffix(p, "/") })
	if firstEmpty < 0 {
		firstEmpty = len(list)
	}
	families := siblings(list[:firstEmpty])
	err = parallel(len(families), 1, func(i int, buf *buffers) error {
		parent, err := openDir(v2, parentOf(families[i][0]))
		if err != nil {
			return err
		}
		defer parent.close()
		for _, holder := range families[i] {
			dir, file := path.Split(strings.TrimPrefix(holder, parentOf(holder)+"/"))
			if err := parent.removeHolder(buf, strings.TrimSuffix(dir, "/"), file); err != nil {
				return err
			}
		}
		return nil
	})
	for _, empty := range list[firstEmpty:] {
		if err == nil {
			err = unix.Unlinkat(int(v2), empty, unix.AT_REMOVEDIR)
		}
	}
	return err
}

// parentOf is the directory above the one that holds the file.
func parentOf(file string) string { return path.Dir(path.Dir(file)) }

// siblings cuts a sorted list where the parents of the directories change.
func siblings(list []string) (families [][]string) {
	for i, from := 1, 0; i <= len(list); i++ {
		if i == len(list) || parentOf(list[i]) != parentOf(list[from]) {
			families = append(families, list[from:i])
			from = i
		}
	}
	return families
}

// removeHolder removes a directory that holds one file.
func (d dir) removeHolder(buf *buffers, name, file string) error {
	path := buf.path(name, "/", file)
	if err := d.unlink(path, 0); err != nil {
		return err
	}
	end := bytes.IndexByte(path, '/')
	path[end] = 0
	return d.unlink(path[:end+1], unix.AT_REMOVEDIR)
}
