package sweep_test

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"syscall"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// site is one call of a run. Two tasks of a scan have no order between them, so
// that a call is known by what it is about and not by its number among all.
type site struct {
	op   storetest.Op
	path string
	nth  int // of this operation on this path, from 1
}

func (s site) compare(other site) int {
	return cmp.Or(cmp.Compare(s.op, other.op), cmp.Compare(s.path, other.path), s.nth-other.nth)
}

// harm is what comes instead of the operation's outcome: an error or, of a
// read, less than there is.
type harm struct {
	name string
	err  error
	tear *tear // nil: the operation fails with err
}

// tear is how a read ends early. A listing that ends early fails in the middle;
// one that leaves names out and says that it is complete could be noticed by
// nobody, and is no case here.
type tear struct {
	ops  storetest.Op
	part int  // so much of the content in a hundred comes
	cut  bool // the file says that this is all, as one that was truncated does
}

var harms = []harm{
	{"EIO", syscall.EIO, nil}, {"EACCES", syscall.EACCES, nil}, {"EPERM", syscall.EPERM, nil},
	{"ENOENT", syscall.ENOENT, nil}, {"ESTALE", syscall.ESTALE, nil}, {"EROFS", syscall.EROFS, nil},
	{"ENOSPC", syscall.ENOSPC, nil}, {"EMFILE", syscall.EMFILE, nil}, {"ENFILE", syscall.ENFILE, nil},
	{"ENOMEM", syscall.ENOMEM, nil}, {"EINTR", syscall.EINTR, nil},
	{"short", nil, &tear{storetest.Read, 50, false}}, {"nothing", nil, &tear{storetest.Read, 0, false}},
	{"truncated", nil, &tear{storetest.Read, 50, true}}, {"emptied", nil, &tear{storetest.Read, 0, true}},
	{"torn", syscall.EIO, &tear{storetest.List, 50, false}},
}

// suits tells what can happen to an operation.
func (h harm) suits(op storetest.Op) bool { return h.tear == nil || h.tear.ops == op }

// span is how long it lasts: for one call; for all later ones of this operation
// on this path; or for all of this operation anywhere, as of a disk that died.
type span string

const (
	onlyOnce span = "once"
	forEver  span = "forever"
	diskDied span = "died"
)

// fault is one that is to be injected.
type fault struct {
	site
	harm
	span
}

// String is how -fault names it.
func (f fault) String() string {
	return fmt.Sprintf("%s|%s|%d|%s|%s", f.op, f.path, f.nth, f.harm.name, f.span)
}

// disk is a tree, with a fault or watched or neither.
type disk struct {
	storage, v2 store.Dir // the storage root, and the registry's own directory
	fault       *fault

	mu       sync.Mutex
	met      int
	changing bool // the run has begun to remove, or to bring back
	fired    bool
	late     bool // it had when the fault came
	seen     map[site]bool
}

func healthy(tree *storetest.Memory) *disk { return (&disk{}).of(tree) }

// watchedDisk notes the calls.
func watchedDisk(tree *storetest.Memory) *disk { return (&disk{seen: map[site]bool{}}).of(tree) }

func failing(tree *storetest.Memory, f *fault) *disk { return (&disk{fault: f}).of(tree) }

func (d *disk) of(tree *storetest.Memory) *disk {
	d.storage, d.v2 = d.wrap(tree, ""), d.wrap(tree, layout.Prefix)
	return d
}

// begin says that from now on the run changes the tree.
func (d *disk) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changing = true
}

func (d *disk) wrap(tree *storetest.Memory, at string) store.Dir {
	dir, err := tree.Dir(at)
	if err != nil {
		panic(err)
	}
	if d.fault == nil && d.seen == nil {
		return dir
	}
	if d.fault != nil && d.fault.tear != nil {
		dir = &tornDir{dir, at, d}
	}
	return storetest.Wrap(dir, func(c storetest.Call) error {
		path := strings.TrimSuffix(at+"/"+c.Path, "/.")
		if d.fault == nil {
			d.note(c.Op, path)
			return nil
		}
		if d.fault.tear == nil && d.strikes(c.Op, path) {
			return d.fault.err
		}
		return nil
	})
}

func (d *disk) note(op storetest.Op, path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := site{op, strings.TrimPrefix(path, "/"), 1}
	for d.seen[s] {
		s.nth++
	}
	d.seen[s] = true
}

func (d *disk) strikes(op storetest.Op, path string) bool {
	f := d.fault
	if op != f.op {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fired && f.span == diskDied {
		return true
	}
	if strings.TrimPrefix(path, "/") != f.path {
		return false
	}
	d.met++
	strikes := d.met == f.nth || d.met > f.nth && f.span != onlyOnce
	if strikes && !d.fired {
		d.fired, d.late = true, d.changing
	}
	return strikes
}
