package storetest

import (
	"sync"
	"sync/atomic"
	"syscall"

	"regjanitor/internal/store"
)

// Memory is a file system tree that a test can afford to have by the hundred
// thousand: Dir gives a store.Dir of it that answers as the disk does, errors
// included, and Clone costs a fraction of what writing the tree to a disk does.
//
// It differs from a disk in this: it knows no permissions (whoever asks is
// root), no mounts and nothing outside itself; List is in the order of names;
// its clock stands still between changes; and an inode's number is never used
// again. A file of more than eight megabytes has a size and no content but
// zeros.
//
// A Memory may be used by several goroutines at once.
type Memory struct {
	mu      sync.RWMutex
	top     string  // where Load found it: what absolute links may lead into
	nodes   []*node // by inode; nil is what is gone
	stage   uint64  // the nodes of another stage are shared with clones
	clock   int64   // nanoseconds, one more at each change
	owner   store.Owner
	journal *journal // nil unless Record was called
}

// root is the inode of a Memory's top directory.
const root = 1

// node is what an inode stands for. One that is shared is never written to.
type node struct {
	stage        uint64
	kind         store.Type
	special      special // of a kind Other
	owner        store.Owner
	links        uint32
	size, disk   int64
	mtime, ctime int64
	text         string // a file's content, where a symbolic link leads
	dir          *directory
}

// directory is what a node of that kind has besides.
type directory struct {
	above uint32
	names names
}

// special is what a node is that is neither file, directory nor link.
type special uint8

const (
	fifo special = iota
	socket
	device
)

var stages atomic.Uint64

// NewMemory is an empty directory.
func NewMemory() *Memory {
	m := &Memory{stage: stages.Add(1), owner: store.Owner{Mode: 0o755}}
	m.nodes = []*node{nil, {stage: m.stage, kind: store.Directory, owner: m.owner, links: 2, dir: &directory{}}}
	return m
}

// Clone is a copy that has the tree in common until one of the two changes it.
// It keeps no record of changes.
func (m *Memory) Clone() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clone()
}

func (m *Memory) clone() *Memory {
	m.stage = stages.Add(1)
	return &Memory{top: m.top, nodes: append([]*node(nil), m.nodes...), stage: stages.Add(1), clock: m.clock, owner: m.owner}
}

// SetClock makes the next change happen at this time, in nanoseconds since 1970.
func (m *Memory) SetClock(nanoseconds int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock = nanoseconds - 1
}

// at is a node for reading, nil where it is gone.
func (m *Memory) at(inode uint32) *node {
	if int(inode) < len(m.nodes) {
		return m.nodes[inode]
	}
	return nil
}

// own is a node for writing.
func (m *Memory) own(inode uint32) *node {
	n := m.nodes[inode]
	if n.stage == m.stage {
		return n
	}
	mine := *n
	mine.stage = m.stage
	if n.dir != nil {
		mine.dir = &directory{n.dir.above, n.dir.names.clone()}
	}
	m.nodes[inode] = &mine
	return &mine
}

func (n *node) info(inode uint32) store.Info {
	return store.Info{
		Type: n.kind, Size: n.size, Disk: n.disk, Inode: uint64(inode), Device: 1,
		Links: uint64(n.links), MTime: n.mtime, CTime: n.ctime, Owner: n.owner,
	}
}

// longestName is NAME_MAX.
const longestName = 255

// child looks one name up in a directory.
func (m *Memory) child(in uint32, name string) (uint32, error) {
	n := m.at(in)
	switch {
	case n == nil:
		return 0, syscall.ENOENT
	case n.kind != store.Directory:
		return 0, syscall.ENOTDIR
	case len(name) > longestName:
		return 0, syscall.ENAMETOOLONG
	}
	inode, ok := n.dir.names.find(name)
	if !ok {
		return 0, syscall.ENOENT
	}
	return inode, nil
}
