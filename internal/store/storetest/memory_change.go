package storetest

import (
	"strings"
	"syscall"

	"regjanitor/internal/store"
)

// change is one atomic change to a tree. It names directories by their inodes,
// so that it can be carried out again on another state of the tree; there it
// fails where what it was about is not there.
type change struct {
	op    Op
	in    uint32 // directory
	name  string
	inode uint32      // what the name stood for, or stands for now; 0 is not yet known
	to    uint32      // Rename, RenameOver
	as    string      // Rename, RenameOver
	owner store.Owner // Mkdir, Create
	from  int64       // Write
	text  string      // Write, Create
	when  int64
}

// do carries out a change and records it.
func (m *Memory) do(c *change) error {
	c.when = m.clock + 1
	if err := m.apply(c); err != nil {
		return err
	}
	m.journal.add(c)
	return nil
}

// apply carries out a change, in full or not at all.
func (m *Memory) apply(c *change) error {
	m.clock = max(m.clock, c.when)
	switch c.op {
	case Unlink, Rmdir:
		return m.remove(c)
	case Rename, RenameOver:
		return m.rename(c)
	case Mkdir:
		return m.add(c, &node{kind: store.Directory, links: 2, size: 4096, disk: 4096, dir: &directory{above: c.in}})
	case Create:
		return m.add(c, &node{kind: store.Regular, links: 1, text: c.text, size: int64(len(c.text)), disk: blocks(int64(len(c.text)))})
	default:
		return m.write(c)
	}
}

// subject finds what a change is about.
func (m *Memory) subject(c *change) error {
	inode, err := m.child(c.in, c.name)
	if err != nil {
		return err
	}
	if c.inode != 0 && c.inode != inode {
		return syscall.ESTALE
	}
	c.inode = inode
	return nil
}

// touch notes a change of a directory's names, and of the directories among them.
func (m *Memory) touch(dir uint32, when int64, folders int) *node {
	n := m.own(dir)
	n.mtime, n.ctime = when, when
	n.links += uint32(folders)
	return n
}

func (m *Memory) remove(c *change) error {
	if err := m.subject(c); err != nil {
		return err
	}
	n := m.at(c.inode)
	folder := n.kind == store.Directory
	switch {
	case c.op == Unlink && folder:
		return syscall.EISDIR
	case c.op == Rmdir && !folder:
		return syscall.ENOTDIR
	case folder && n.dir.names.len() > 0:
		return syscall.ENOTEMPTY
	}
	if folder {
		m.touch(c.in, c.when, -1).dir.names.drop(c.name)
		m.nodes[c.inode] = nil
		return nil
	}
	m.drop(c.in, c.name, c.inode, c.when)
	return nil
}

// drop takes one of a file's names away.
func (m *Memory) drop(in uint32, name string, inode uint32, when int64) {
	m.touch(in, when, 0).dir.names.drop(name)
	if m.at(inode).links == 1 {
		m.nodes[inode] = nil
		return
	}
	n := m.own(inode)
	n.links--
	n.ctime = when
}

// rename replaces nothing, unless it is a RenameOver.
func (m *Memory) rename(c *change) error {
	if err := m.subject(c); err != nil {
		return err
	}
	switch inode, err := m.child(c.to, c.as); {
	case err == nil && c.op == RenameOver:
		return m.replace(c, inode)
	case err == nil:
		return syscall.EEXIST
	case err != syscall.ENOENT || m.at(c.to) == nil:
		return err
	}
	folders := 0
	if m.at(c.inode).kind == store.Directory {
		if m.within(c.to, c.inode) {
			return syscall.EINVAL
		}
		folders = 1
	}
	m.touch(c.in, c.when, -folders).dir.names.drop(c.name)
	m.touch(c.to, c.when, folders).dir.names.put(c.as, c.inode)
	moved := m.own(c.inode)
	moved.ctime = c.when
	if moved.dir != nil {
		moved.dir.above = c.to
	}
	return nil
}

// replace takes the place and the time of a file; of the same one, under another
// name, it does nothing.
func (m *Memory) replace(c *change, inode uint32) error {
	switch {
	case inode == c.inode:
		return nil
	case m.at(c.inode).kind == store.Directory:
		return syscall.ENOTDIR
	case m.at(inode).kind == store.Directory:
		return syscall.EISDIR
	}
	m.own(c.inode).mtime = m.at(inode).mtime
	m.drop(c.to, c.as, inode, c.when)
	return m.rename(c)
}

// within tells whether a directory is another one or lies below it.
func (m *Memory) within(dir, other uint32) bool {
	for dir != other && dir != root {
		dir = m.nodes[dir].dir.above
	}
	return dir == other
}

// add gives a new node a name that is free, and an inode.
func (m *Memory) add(c *change, n *node) error {
	switch _, err := m.child(c.in, c.name); {
	case err == nil:
		return syscall.EEXIST
	case err != syscall.ENOENT || m.at(c.in) == nil:
		return err
	}
	if c.inode == 0 {
		c.inode = uint32(len(m.nodes))
	}
	for int(c.inode) >= len(m.nodes) {
		m.nodes = append(m.nodes, nil)
	}
	folders := 0
	if n.kind == store.Directory {
		folders = 1
	}
	n.stage, n.owner, n.mtime, n.ctime = m.stage, c.owner, c.when, c.when
	m.nodes[c.inode] = n
	m.touch(c.in, c.when, folders).dir.names.put(c.name, c.inode)
	return nil
}

// write puts text into a file, with zeros before it where the file is shorter.
// The file may have lost its name.
func (m *Memory) write(c *change) error {
	if m.at(c.inode) == nil {
		return nil
	}
	n := m.own(c.inode)
	if hole := c.from - n.size; hole > 0 {
		n.text += strings.Repeat("\x00", int(hole))
	}
	rest := ""
	if end := c.from + int64(len(c.text)); end < int64(len(n.text)) {
		rest = n.text[end:]
	}
	n.text = n.text[:c.from] + c.text + rest
	n.size = int64(len(n.text))
	n.disk, n.mtime, n.ctime = blocks(n.size), c.when, c.when
	return nil
}

// blocks is what a file system with pages of 4096 bytes allocates.
func blocks(size int64) int64 { return (size + 4095) &^ 4095 }
