package storetest

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"regjanitor/internal/store"
)

// All is every path below the top, each directory before what is in it.
func (m *Memory) All() iter.Seq2[string, store.Info] {
	return func(yield func(string, store.Info) bool) {
		m.mu.RLock()
		defer m.mu.RUnlock()
		m.each(root, "", func(path string, inode uint32) bool { return yield(path, m.nodes[inode].info(inode)) })
	}
}

func (m *Memory) each(dir uint32, at string, f func(path string, inode uint32) bool) bool {
	for _, e := range m.nodes[dir].dir.names.sorted() {
		path := at + e.name
		if !f(path, e.inode) {
			return false
		}
		if m.nodes[e.inode].kind == store.Directory && !m.each(e.inode, path+"/", f) {
			return false
		}
	}
	return true
}

// Paths is every path below the top with what there is to say of it: a slash
// behind a directory, the size of a file, where a link leads. Times, owners and
// inodes are not said.
func (m *Memory) Paths() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []string
	m.each(root, "", func(path string, inode uint32) bool {
		all = append(all, m.nodes[inode].describe(path))
		return true
	})
	return all
}

func (n *node) describe(path string) string {
	switch n.kind {
	case store.Directory:
		return path + "/"
	case store.Regular:
		return fmt.Sprintf("%s %d", path, n.size)
	case store.Symlink:
		return path + " -> " + n.text
	}
	return path + [...]string{" (fifo)", " (socket)", " (device)"}[n.special]
}

// Lookup is what lies at a path, whose directories have to be real ones.
func (m *Memory) Lookup(path string) (store.Info, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	inode, err := m.walk(root, path, false)
	if err != nil {
		return store.Info{}, false
	}
	return m.nodes[inode].info(inode), true
}

// Text is the content of a regular file, or where a symbolic link leads.
func (m *Memory) Text(path string) (string, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	inode, err := m.walk(root, path, false)
	if err != nil || m.nodes[inode].kind != store.Regular && m.nodes[inode].kind != store.Symlink {
		return "", false
	}
	return m.nodes[inode].text, true
}

// Equal tells whether two trees have the same paths, and of the same type,
// size and content each. Times, owners and inodes do not count.
func (m *Memory) Equal(other *Memory) bool {
	other = other.Clone() // to hold one lock at a time
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.same(root, other, root)
}

func (m *Memory) same(inode uint32, other *Memory, its uint32) bool {
	a, b := m.nodes[inode], other.nodes[its]
	if a.kind != b.kind || a.special != b.special || a.text != b.text || a.kind != store.Directory && a.size != b.size {
		return false
	}
	if a.kind != store.Directory {
		return true
	}
	return slices.EqualFunc(a.dir.names.sorted(), b.dir.names.sorted(), func(x, y entry) bool {
		return x.name == y.name && m.same(x.inode, other, y.inode)
	})
}

// Diff lists what only this tree has, after a minus, and what only the other
// has, after a plus: nothing where they are equal.
func (m *Memory) Diff(other *Memory) []string {
	mine, its := m.contents(), other.contents()
	var all []string
	for path, what := range mine {
		if its[path] != what {
			all = append(all, "-"+path+what)
		}
	}
	for path, what := range its {
		if mine[path] != what {
			all = append(all, "+"+path+what)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(a[1:]+a[:1], b[1:]+b[:1]) })
	return all
}

// contents is Paths with the content of each file.
func (m *Memory) contents() map[string]string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := map[string]string{}
	m.each(root, "", func(path string, inode uint32) bool {
		n := m.nodes[inode]
		all[path] = n.describe("")
		if n.kind == store.Regular {
			all[path] += fmt.Sprintf(" %.100q", n.text)
		}
		return true
	})
	return all
}
