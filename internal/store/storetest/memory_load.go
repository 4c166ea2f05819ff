//go:build unix

package storetest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"regjanitor/internal/store"
)

// heldAtMost is the size beyond which a file's content is taken to be zeros.
const heldAtMost = 8 << 20

// Load reads the tree below a directory of the disk, which it opens as the
// janitor does. Everything is as on the disk, but for the inodes' numbers and
// the device's; a tree that cannot be read in full is an error.
func Load(disk string) (*Memory, error) {
	disk, err := filepath.Abs(disk)
	if err != nil {
		return nil, fmt.Errorf("load tree: %w", err)
	}
	top, err := store.OpenRoot(disk, true)
	if err != nil {
		return nil, fmt.Errorf("load tree: %w", err)
	}
	defer top.Close()
	m := NewMemory()
	m.top = disk
	m.owner.UID, m.owner.GID = uint32(os.Getuid()), uint32(os.Getgid())
	m.nodes[root].take(top.Info)
	l := loader{m, map[uint64]uint32{}}
	if err := l.directory(top, root, disk); err != nil {
		return nil, fmt.Errorf("load tree: %w", err)
	}
	return m, nil
}

type loader struct {
	*Memory
	linked map[uint64]uint32 // by inode on the disk: files of more than one name
}

// take notes what the disk knows of a thing.
func (n *node) take(info store.Info) {
	n.kind, n.owner, n.links = info.Type, info.Owner, uint32(info.Links)
	n.size, n.disk, n.mtime, n.ctime = info.Size, info.Disk, info.MTime, info.CTime
}

func (l *loader) directory(dir store.Dir, inode uint32, path string) error {
	var found []string
	err := dir.List(func(e store.Entry) error {
		found = append(found, strings.Clone(string(e.Name)))
		return nil
	})
	for _, name := range found {
		if err == nil {
			err = l.entry(dir, inode, name, path+"/"+name)
		}
	}
	return err
}

func (l *loader) entry(dir store.Dir, in uint32, name, path string) error {
	info, err := dir.Stat(name)
	if err != nil {
		return err
	}
	names := &l.nodes[in].dir.names
	if inode, ok := l.linked[info.Inode]; ok {
		names.put(name, inode)
		return nil
	}
	n, inode := &node{stage: l.stage}, uint32(len(l.nodes))
	n.take(info)
	l.nodes = append(l.nodes, n)
	l.clock = max(l.clock, info.MTime, info.CTime)
	names.put(name, inode)
	if info.Links > 1 && info.Type != store.Directory {
		l.linked[info.Inode] = inode
	}
	switch info.Type {
	case store.Directory:
		n.dir, n.links = &directory{above: in}, 2
		l.nodes[in].links++
		below, err := dir.Open(name)
		if err != nil {
			return err
		}
		defer below.Close()
		return l.directory(below, inode, path)
	case store.Regular:
		if info.Size > heldAtMost {
			return nil
		}
		content, _, err := dir.Read(name, heldAtMost, nil)
		n.text = string(content)
		return err
	case store.Symlink:
		n.text, err = os.Readlink(path)
		return err
	}
	return n.specialise(path)
}

func (n *node) specialise(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch info.Mode().Type() {
	case fs.ModeNamedPipe:
		n.special = fifo
	case fs.ModeSocket:
		n.special = socket
	default:
		n.special = device
	}
	return nil
}
