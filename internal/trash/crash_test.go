package trash_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// few are the same kinds in a smaller tree: it is killed in very many places.
const few = `
	A = image c sha512:z
	B = image d y
	I = index B
	O = schema1 x
	push app:v1 I
	push app:v1 A
	push app:old O
	signatures app@O
	untag app:old
	push other:v1 B
	upload app u age=30d
	temp app@A age=30d
`

var errKilled = errors.New("the process is dead")

// dies is a process that is killed after so many changes, and tells whether it was.
func dies(after int) (hook storetest.Hook, killed *bool) {
	changes, dead := 0, false
	return func(c storetest.Call) error {
		if c.Op.Mutates() {
			changes++
		}
		if dead = dead || changes > after; dead {
			return errKilled
		}
		return nil
	}, &dead
}

// eachCrash tries a crash after ever more changes, until there is none.
func eachCrash(t *testing.T, try func(t *testing.T, after int) (killed bool)) {
	for after, more := 0, true; more; after++ {
		more = false
		t.Run(fmt.Sprintf("after %d changes", after), func(t *testing.T) { more = try(t, after) })
	}
}

// takeUntil moves until the process dies, in the journal or later.
func takeUntil(t *testing.T, tree *registrytest.Tree, after int, opts plan.Options) (killed bool) {
	t.Helper()
	hook, dead := dies(after)
	p := watched(t, tree, hook)
	planned, err := p.survey(opts)
	if err != nil {
		t.Fatal(err)
	}
	if run, err := p.begin(planned); err == nil {
		p.execute(planned, run)
	}
	return *dead
}

var crashes = []struct {
	name     string
	requests []plan.Request
}{
	{"a sweep", nil},
	{"a removal of a repository and of a tag", []plan.Request{{Repository: "app"}, {Repository: "other", Tag: "v1"}}},
}

func TestKilledWhileMoving(t *testing.T) {
	t.Parallel()
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			eachCrash(t, func(t *testing.T, after int) bool {
				tree := registrytest.Build(t, few)
				live, before := keptBy(t, c.requests), state(t, tree)
				killed := takeUntil(t, tree, after, defaults(c.requests...))
				checkValid(t, tree, live)
				p := open(t, tree)
				restoreAll(p)
				checkSame(t, "before, and after the restoring", before, inPlace(state(t, tree)))
				return killed
			})
		})
	}
}

// TestKilledWhileMovingAndAgain goes on after the kill with a second run, and
// takes both back.
func TestKilledWhileMovingAndAgain(t *testing.T) {
	t.Parallel()
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			want := keptBy(t, c.requests)
			eachCrash(t, func(t *testing.T, after int) bool {
				tree := registrytest.Build(t, few)
				before := files(t, tree)
				killed := takeUntil(t, tree, after, defaults(c.requests...))
				p := open(t, tree)
				p.run = "second"
				p.take(defaults(c.requests...))
				p.run = "third" // what only the sweep after a killed removal finds
				if len(c.requests) > 0 {
					p.take(defaults())
				}
				if c.requests == nil {
					checkSame(t, "left by both", want, inTree(tree))
				}
				checkValid(t, tree, tree.Live()[:0])
				restoreAll(p)
				checkSame(t, "before, and after the restoring", before, files(t, tree))
				return killed
			})
		})
	}
}

func TestKilledWhileRestoring(t *testing.T) {
	t.Parallel()
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			eachCrash(t, func(t *testing.T, after int) bool {
				tree := registrytest.Build(t, few)
				live, before := keptBy(t, c.requests), state(t, tree)
				open(t, tree).mustTake(c.requests...)
				hook, killed := dies(after)
				watched(t, tree, hook).restore("first")
				checkValid(t, tree, live)
				p := open(t, tree)
				restoreAll(p)
				checkSame(t, "before, and after the second restoring", before, inPlace(state(t, tree)))
				return *killed
			})
		})
	}
}

// TestKilledWhileRestoringAndSwept: a sweep after a killed restoring works too.
func TestKilledWhileRestoringAndSwept(t *testing.T) {
	t.Parallel()
	eachCrash(t, func(t *testing.T, after int) bool {
		tree := registrytest.Build(t, few)
		before := files(t, tree)
		open(t, tree).mustTake()
		hook, killed := dies(after)
		watched(t, tree, hook).restore("first")
		p := open(t, tree)
		p.run = "second"
		p.take(defaults())
		checkSame(t, "left", tree.Live(), inTree(tree))
		restoreAll(p)
		checkSame(t, "before, and after the restoring", before, files(t, tree))
		return *killed
	})
}

func TestKilledWhileEmptying(t *testing.T) {
	t.Parallel()
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			eachCrash(t, func(t *testing.T, after int) bool {
				tree := registrytest.Build(t, few)
				open(t, tree).mustTake(c.requests...)
				left := inTree(tree)
				hook, killed := dies(after)
				watched(t, tree, hook).empty("first")
				checkSame(t, "in the tree", left, inTree(tree))
				p := open(t, tree)
				for _, id := range p.left() {
					if result := p.empty(id); len(result.Failures) > 0 || result.Stopped != nil {
						t.Errorf("the second emptying: %+v", result)
					}
				}
				checkSame(t, "left in the trash", nil, p.left())
				checkSame(t, "in the tree", left, inTree(tree))
				return *killed
			})
		})
	}
}

// TestKilledWhileEmptyingAndRestored: what a killed emptying has left comes back
// as far as it is any use: nothing in the tree refers to what is not there.
func TestKilledWhileEmptyingAndRestored(t *testing.T) {
	t.Parallel()
	requests := []plan.Request{{Repository: "app"}}
	eachCrash(t, func(t *testing.T, after int) bool {
		tree := registrytest.Build(t, few)
		open(t, tree).mustTake(requests...)
		hook, killed := dies(after)
		watched(t, tree, hook).empty("first")
		p := open(t, tree)
		for _, id := range p.left() {
			p.restore(id)
		}
		checkValid(t, tree, nil)
		return *killed
	})
}

// keptBy is what a run that nothing happens to leaves of few.
func keptBy(t *testing.T, requests []plan.Request) []string {
	t.Helper()
	tree := registrytest.Build(t, few)
	open(t, tree).mustTake(requests...)
	return inTree(tree)
}

// restoreAll restores run after run, the last first, until none is left.
func restoreAll(p *place) {
	p.t.Helper()
	ids := p.left()
	slices.Reverse(ids)
	for _, id := range ids {
		p.mustRestore(id)
	}
	checkSame(p.t, "left in the trash", nil, p.left())
}

// checkValid finds the tree with all that lives, and with nothing dangling.
func checkValid(t *testing.T, tree *registrytest.Tree, live []string) {
	t.Helper()
	lost := minus(live, inTree(tree))
	lost = slices.DeleteFunc(lost, func(line string) bool { return strings.HasSuffix(line, " (empty)") })
	checkSame(t, "live things that are gone", nil, lost)
	planned, err := open(t, tree).survey(defaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, doubt := range planned.Doubts {
		t.Errorf("doubt after the crash: %+v", doubt)
	}
	for _, warning := range planned.Warnings {
		if warning.Code == "untagged-without-data" {
			t.Errorf("a revision dangles after the crash: %+v", warning)
		}
	}
}
