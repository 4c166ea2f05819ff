package sweep_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/trash"
)

// crashing tries what there is to try on one registry.
type crashing struct {
	dir     string // for the registry while it is read into memory
	seed    uint64
	samples int // of what a loss of power leaves, at each moment
	text    string
	*tally
}

// chooser makes choices that the seed brings back; each purpose has its own.
func (c *crashing) chooser(purpose uint64) func(n int) int {
	return rand.New(rand.NewPCG(c.seed, purpose)).IntN
}

func (c *crashing) spec() string { return tagged(c.chooser(3), registrytest.Random(c.chooser(0))) }

// registry tries all runs on a registry, or the one that is named.
func (c *crashing) registry(text, only string) error {
	c.text = text
	spec, err := registrytest.Parse(text)
	if err != nil {
		return err
	}
	defer os.RemoveAll(c.dir)
	tree, err := spec.Write(c.dir, registrytest.Now)
	if err != nil {
		return err
	}
	before, err := storetest.Load(tree.Root)
	if err != nil {
		return err
	}
	for _, run := range crashRuns(before, c.chooser(1), only) {
		if err := c.try(before.Clone(), run); err != nil {
			c.wrong(&violation{seed: c.seed, spec: text, run: run.name, wrong: []string{err.Error()}})
		}
	}
	return nil
}

// trial is one run on one registry.
type trial struct {
	crashRun
	frame
	want *storetest.Memory // after the whole run and a rerun
}

// try stops one run at each moment. It fails where nothing stops it.
func (c *crashing) try(before *storetest.Memory, run crashRun) error {
	if run.prepare != nil {
		if err := on(before, nil, run.prepare, "prepared"); errors.Is(err, errNoRun) {
			return nil
		} else if err != nil {
			return fmt.Errorf("what goes before it: %w", err)
		}
	}
	whole := before.Clone()
	if err := on(whole, nil, run.run, "first"); errors.Is(err, errNoRun) {
		return nil
	} else if err != nil {
		return fmt.Errorf("the whole run: %w", err)
	}
	t := &trial{run, frameOf(before, whole), whole}
	if err := t.again(whole); err != nil {
		return fmt.Errorf("after the whole run: %w", err)
	}
	all, err := moments(before, run)
	if err != nil {
		return fmt.Errorf("the run that is watched: %w", err)
	}
	choose := c.chooser(2)
	for _, m := range all {
		if m.killed != nil {
			c.killed++
			c.note(t, &violation{state: "killed before " + m.next, wrong: t.inspect(m.killed, false)})
		}
		for range c.samples {
			if m.unsynced.Len() == 0 {
				break
			}
			c.unsynced++
			order := m.unsynced.Sample(choose)
			v := &violation{unsynced: true, wrong: t.inspect(m.unsynced.InOrder(order...), true)}
			if len(v.wrong) > 0 {
				v.state = "power lost before " + m.next + "\n  " + strings.Join(m.unsynced.Describe(order), "\n  ")
			}
			c.note(t, v)
		}
	}
	return nil
}

// note books a violation, if it is one.
func (c *crashing) note(t *trial, v *violation) {
	if len(v.wrong) > 0 {
		v.seed, v.spec, v.run = c.seed, c.text, t.name
		c.wrong(v)
	}
}

// moment is when a run is stopped.
type moment struct {
	next     string            // what it was about to do
	killed   *storetest.Memory // nil where the last moment had the same
	unsynced storetest.Unsynced
}

// moments are those before each change and each Sync, and the last of all.
func moments(before *storetest.Memory, run crashRun) ([]moment, error) {
	var all []moment
	tree := before.Clone()
	tree.Record()
	err := on(tree, func(call storetest.Call) error {
		m := moment{next: fmt.Sprintf("%s %s", call.Op, call.Path), unsynced: tree.Unsynced()}
		if call.Op.Mutates() {
			m.killed = tree.Clone()
		}
		if call.Op.Mutates() || call.Op == storetest.Sync {
			all = append(all, m)
		}
		return nil
	}, run.run, "first")
	return append(all, moment{"the end", tree.Clone(), tree.Unsynced()}), err
}

// on carries a run out on a tree, with hook before each operation.
func on(tree *storetest.Memory, hook storetest.Hook, run runner, name string) error {
	storage, err := tree.Dir("")
	if err != nil {
		return err
	}
	defer storage.Close()
	if hook != nil {
		storage = storetest.Wrap(storage, hook)
	}
	v2, err := storage.Open(layout.Prefix)
	if err != nil {
		return err
	}
	defer v2.Close()
	return run(storage, v2, name)
}

// again is what comes after a crash.
func (t *trial) again(tree *storetest.Memory) error {
	for _, run := range t.after {
		if err := on(tree, nil, run, "second"); err != nil && !errors.Is(err, errNoRun) {
			return fmt.Errorf("the rerun: %w", err)
		}
	}
	for _, at := range []string{trash.Dir, path.Dir(trash.Dir)} {
		if t.aside || empty(tree, at) { // an empty one may stay for ever
			tree.Remove(at)
		}
	}
	return nil
}

func empty(tree *storetest.Memory, at string) bool {
	for below := range tree.All() {
		if strings.HasPrefix(below, at+"/") {
			return false
		}
	}
	return true
}

// inspect lists what is wrong with a state, or with where a rerun leads; the
// state is no longer what it was then.
func (t *trial) inspect(state *storetest.Memory, unsynced bool) []string {
	wrong := t.check(state)
	if unsynced {
		wrong = slices.DeleteFunc(wrong, amongLinks)
	}
	if t.moves {
		wrong = append(wrong, t.missing(state)...)
	}
	if err := t.again(state); err != nil {
		return append(wrong, err.Error())
	}
	if t.want.Equal(state) {
		return wrong
	}
	diff := slices.DeleteFunc(t.want.Diff(state), func(line string) bool { return t.mayLeave && t.had[line[1:]] })
	if len(diff) > 0 {
		wrong = append(wrong, "after a rerun, against the whole run: "+strings.Join(diff, "\n    "))
	}
	return wrong
}
