package storetest

import (
	"fmt"
	"slices"
	"strings"
)

// journal is what was done since the last Sync.
type journal struct {
	base    *Memory // durable
	changes []*change
}

// Record begins to note changes: what there is now is durable, what comes later
// is so from the next Sync on.
func (m *Memory) Record() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.journal = &journal{base: m.clone()}
}

func (j *journal) add(c *change) {
	if j != nil {
		j.changes = append(j.changes, c)
	}
}

// settle makes a file's content as durable as its name: the file was closed.
func (j *journal) settle(inode uint32) {
	if j == nil {
		return
	}
	var made *change
	j.base = j.base.Clone() // someone may hold it as it was
	j.changes = slices.DeleteFunc(j.changes, func(c *change) bool {
		switch {
		case c.inode != inode:
		case c.op == Create:
			whole := *c // others may hold the change as it was
			made = &whole
		case c.op == Write && made == nil:
			_ = j.base.apply(c) // the name was durable already
			return true
		case c.op == Write:
			made.text += c.text
			return true
		}
		return false
	})
	if made != nil {
		i := slices.IndexFunc(j.changes, func(c *change) bool { return c.op == Create && c.inode == inode })
		j.changes[i] = made
	}
}

// Unsynced is a moment at which the power fails: what was durable, and the
// changes that may or may not have come to the disk, in whatever order. Each is
// atomic, and one that cannot be without another, such as the removal of a
// directory that is not empty then, is lost with it. A file's content is as
// durable as its name once it was closed, and its name once a Sync came after it.
type Unsynced struct {
	base    *Memory
	changes []*change
}

// Unsynced is this moment. It panics without Record.
func (m *Memory) Unsynced() Unsynced {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Unsynced{m.journal.base, slices.Clone(m.journal.changes)}
}

// Len is how many changes are not durable.
func (u Unsynced) Len() int { return len(u.changes) }

// InOrder is the state when these changes, and no others, have come to the disk
// in this order. Numbers are those of the order in which they were made, from 0.
func (u Unsynced) InOrder(order ...int) *Memory {
	m := u.base.Clone()
	for _, i := range order {
		c := *u.changes[i]
		_ = m.apply(&c) // what depends on a lost change is lost
	}
	return m
}

// Without is the state when all but these changes have come to the disk in the
// order in which they were made.
func (u Unsynced) Without(lost ...int) *Memory {
	return u.InOrder(u.but(lost)...)
}

func (u Unsynced) but(lost []int) []int {
	var order []int
	for i := range u.changes {
		if !slices.Contains(lost, i) {
			order = append(order, i)
		}
	}
	return order
}

// Sample is an order for InOrder in which choose, which returns a number from 0
// to n-1, picks what is lost or early: up to three changes are lost; or the last
// so many are, but for up to three; or any number come in any order.
func (u Unsynced) Sample(choose func(n int) int) []int {
	n := len(u.changes)
	if n == 0 {
		return nil
	}
	few := func(from int) (some []int) {
		for range min(1+choose(3), n-from) {
			some = append(some, from+choose(n-from))
		}
		slices.Sort(some)
		return slices.Compact(some)
	}
	switch choose(3) {
	case 0:
		return u.but(few(0))
	case 1:
		cut := choose(n)
		return append(few(cut), u.but(nil)[:cut]...)
	default:
		order := u.but(nil)
		for i := n - 1; i > 0; i-- {
			j := choose(i + 1)
			order[i], order[j] = order[j], order[i]
		}
		return order[:choose(n+1)]
	}
}

// Losses are all ways of losing up to so many changes, for Without.
func (u Unsynced) Losses(most int, yield func(lost []int) bool) bool {
	return u.losses(nil, 0, most, yield)
}

func (u Unsynced) losses(lost []int, from, most int, yield func([]int) bool) bool {
	if !yield(lost) {
		return false
	}
	for i := from; most > 0 && i < len(u.changes); i++ {
		if !u.losses(append(slices.Clone(lost), i), i+1, most-1, yield) {
			return false
		}
	}
	return true
}

// Describe lists the changes that are lost when only those of order come to
// the disk, and those that come after a later one.
func (u Unsynced) Describe(order []int) []string {
	paths := map[uint32]string{root: ""}
	u.base.each(root, "", func(path string, inode uint32) bool { paths[inode] = path + "/"; return true })
	var all []string
	latest := -1
	for i, c := range u.changes {
		if c.op == Mkdir {
			paths[c.inode] = paths[c.in] + c.name + "/"
		}
		if !slices.Contains(order, i) {
			all = append(all, fmt.Sprintf("lost %d: %s", i, c.describe(paths)))
		}
	}
	for _, i := range order {
		if i < latest {
			all = append(all, fmt.Sprintf("late %d: %s", i, u.changes[i].describe(paths)))
		}
		latest = max(latest, i)
	}
	return all
}

func (c *change) describe(paths map[uint32]string) string {
	words := []string{string(c.op), paths[c.in] + c.name}
	if c.op == Rename || c.op == RenameOver {
		words = append(words, "to", paths[c.to]+c.as)
	}
	return strings.Join(words, " ")
}
