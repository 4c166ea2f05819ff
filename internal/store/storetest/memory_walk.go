package storetest

import (
	"fmt"
	"strings"
	"syscall"

	"regjanitor/internal/store"
)

// walk finds what is at path below a directory, without following a link at its
// end. A link before that ends the walk, unless it is to be followed.
func (m *Memory) walk(from uint32, path string, follow bool) (uint32, error) {
	w := walker{Memory: m, follow: follow}
	return w.walk(from, path)
}

type walker struct {
	*Memory
	follow   bool
	followed int
}

// errElsewhere is where a link leads out of the tree: nothing is known of what
// lies there.
var errElsewhere = fmt.Errorf("leads elsewhere: %w", syscall.ENOENT)

// mostLinks is how many the kernel follows in one path.
const mostLinks = 40

func (w *walker) walk(at uint32, path string) (uint32, error) {
	for more := path != ""; more; {
		var name string
		name, path, more = strings.Cut(path, "/")
		next, err := w.step(at, name)
		if err != nil {
			return 0, err
		}
		if n := w.at(next); more && n != nil && n.kind == store.Symlink {
			if !w.follow {
				return 0, store.ErrSymlink
			}
			if next, err = w.target(at, n.text); err != nil {
				return 0, err
			}
		}
		at = next
	}
	return at, nil
}

// step goes to one name of a directory.
func (w *walker) step(at uint32, name string) (uint32, error) {
	switch name {
	case "", ".", "..":
		switch n := w.at(at); {
		case n == nil && name == "..":
			return 0, syscall.ENOENT
		case n == nil:
			return at, nil
		case n.kind != store.Directory:
			return 0, syscall.ENOTDIR
		case name != "..":
			return at, nil
		case at == root:
			return 0, errElsewhere
		default:
			return n.dir.above, nil
		}
	}
	return w.child(at, name)
}

// target is where a link in a directory leads, in the end.
func (w *walker) target(in uint32, text string) (uint32, error) {
	if w.followed++; w.followed > mostLinks {
		return 0, syscall.ELOOP
	}
	if rest, absolute := strings.CutPrefix(text, "/"); absolute {
		below, inside := strings.CutPrefix("/"+rest+"/", w.top+"/")
		if w.top == "" || !inside {
			return 0, errElsewhere
		}
		in, text = root, below
	}
	return w.walk(in, text+"/.")
}
