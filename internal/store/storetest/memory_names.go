package storetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// names are the entries of a directory: a sorted list as long as that is short,
// as almost all are, and a table beyond.
type names struct {
	list  []entry
	table map[string]uint32 // takes the place of list
}

type entry struct {
	name  string
	inode uint32
}

// longList is where a list begins to cost more than a table.
const longList = 128

func (n *names) place(name string) (int, bool) {
	return slices.BinarySearchFunc(n.list, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
}

func (n *names) find(name string) (uint32, bool) {
	if n.table != nil {
		inode, ok := n.table[name]
		return inode, ok
	}
	if i, ok := n.place(name); ok {
		return n.list[i].inode, true
	}
	return 0, false
}

// put adds a name that is not there.
func (n *names) put(name string, inode uint32) {
	if n.table == nil && len(n.list) == longList {
		n.table = make(map[string]uint32, 2*longList)
		for _, e := range n.list {
			n.table[e.name] = e.inode
		}
		n.list = nil
	}
	if n.table != nil {
		n.table[name] = inode
		return
	}
	i, _ := n.place(name)
	n.list = slices.Insert(n.list, i, entry{name, inode})
}

// drop takes away a name that is there.
func (n *names) drop(name string) {
	if n.table != nil {
		delete(n.table, name)
		return
	}
	i, _ := n.place(name)
	n.list = slices.Delete(n.list, i, i+1)
}

func (n *names) len() int { return len(n.list) + len(n.table) }

// sorted are the entries by name; nobody may write to them.
func (n *names) sorted() []entry {
	if n.table == nil {
		return n.list
	}
	all := make([]entry, 0, len(n.table))
	for name, inode := range n.table {
		all = append(all, entry{name, inode})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return all
}

func (n *names) clone() names { return names{slices.Clone(n.list), maps.Clone(n.table)} }
