package storetest

import (
	"path"
	"strings"

	"regjanitor/internal/store"
)

// Thing is what Put puts into a tree.
type Thing struct {
	Type  store.Type
	Text  string // a file's content, or where a symbolic link leads
	Size  int64  // of a file that is longer than its text: zeros follow
	Disk  int64  // allocated bytes; 0 is what the size needs
	Mode  uint32 // 0 is 0644, or 0755 for a directory
	MTime int64  // nanoseconds since 1970; 0 is now
}

// Put adds a thing, with the directories above it as far as they are missing,
// or takes the place of a file's content. It is the test's hand, not the
// janitor's: no journal notes it. It panics where something that is no
// directory is in the way.
func (m *Memory) Put(at string, t Thing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir := uint32(root)
	if above := path.Dir(at); above != "." {
		for name := range strings.SplitSeq(above, "/") {
			dir = m.folder(dir, name)
		}
	}
	name := path.Base(at)
	if t.Type == store.Directory {
		dir = m.folder(dir, name)
		if t.MTime != 0 {
			m.own(dir).mtime = t.MTime
		}
		return
	}
	inode, err := m.child(dir, name)
	if err != nil {
		c := &change{op: Create, in: dir, name: name, owner: m.owner, when: m.clock + 1}
		if err := m.apply(c); err != nil {
			panic("storetest: put " + at + ": " + err.Error())
		}
		inode = c.inode
	}
	m.own(inode).fill(t, m.clock)
}

// Remove takes away a name with all that is below it, if it is there; like Put it
// is the test's hand.
func (m *Memory) Remove(at string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	above, name := path.Split(at)
	dir, err := m.walk(root, strings.TrimSuffix(above, "/"), false)
	if err != nil {
		return
	}
	inode, err := m.child(dir, name)
	if err != nil {
		return
	}
	folders := 0
	if m.nodes[inode].kind == store.Directory {
		folders = -1
	}
	m.clock++
	m.touch(dir, m.clock, folders).dir.names.drop(name)
}

// folder finds a directory, or makes it.
func (m *Memory) folder(in uint32, name string) uint32 {
	if inode, err := m.child(in, name); err == nil {
		return inode
	}
	c := &change{op: Mkdir, in: in, name: name, owner: m.owner, when: m.clock + 1}
	if err := m.apply(c); err != nil {
		panic("storetest: put " + name + ": " + err.Error())
	}
	return c.inode
}

func (n *node) fill(t Thing, now int64) {
	n.kind, n.text = t.Type, t.Text
	n.size = max(t.Size, int64(len(t.Text)))
	n.disk, n.mtime, n.ctime = t.Disk, t.MTime, now
	if n.disk == 0 {
		n.disk = blocks(n.size)
	}
	if n.mtime == 0 {
		n.mtime = now
	}
	n.owner.Mode = t.Mode
	if t.Mode == 0 {
		n.owner.Mode = 0o644
	}
}
