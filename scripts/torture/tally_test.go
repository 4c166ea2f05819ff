package torture

import (
	"slices"
	"sync"
	"testing"
)

// signalled counts the runs that a signal ended, by how far they had come.
type signalled struct {
	sync.Mutex
	before, amid, after int
	violations          []string
}

func (c *signalled) failed() bool {
	c.Lock()
	defer c.Unlock()
	return len(c.violations) > 0
}

// tally judges what a run has left of a tree.
func (g *target) tally(c *signalled, before, now map[string]string) {
	c.Lock()
	defer c.Unlock()
	switch {
	case difference(before, now) == "":
		c.before++
	case slices.ContainsFunc(g.doomed, func(p string) bool { _, there := now[p]; return there }):
		c.amid++
	default:
		c.after++
	}
	c.violations = append(c.violations, violations(g.needs, now)...)
}

// report prints the count, and fails the test for what went wrong: with any run,
// or with the hitting of them where too few were amid removals.
func (c *signalled) report(t *testing.T, what string, fewest int) {
	t.Helper()
	t.Logf("%s: %d (%d before anything went, %d amid removals, %d after the last), %d violations",
		what, c.total(), c.before, c.amid, c.after, len(c.violations))
	if len(c.violations) > 0 {
		t.Errorf("violations:%s", some(c.violations))
	}
	if c.amid < fewest {
		t.Errorf("only %d of %d hit amid removals: this proves little", c.amid, c.total())
	}
}

func (c *signalled) total() int {
	c.Lock()
	defer c.Unlock()
	return c.before + c.amid + c.after
}
