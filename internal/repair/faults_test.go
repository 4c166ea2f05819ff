package repair_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/layout"
	"regjanitor/internal/repair"
	"regjanitor/internal/store/storetest"
)

// 37, 38: each operation that changes something fails once, or from then on.
func TestFaults(t *testing.T) {
	t.Parallel()
	first, faults := seed(t), 0
	for n := range uint64(storetest.Scale(12)) {
		d := draw(t, first+n)
		storage, err := d.tree.Dir("")
		if err != nil {
			t.Fatal(err)
		}
		p, err := survey(storage, d.options(t))
		if err != nil {
			t.Fatal(err)
		}
		trial := faulty{damaged: d, plan: p, before: files(d.tree), want: d.tree.Clone()}
		d.mend(t, trial.want, "run", nil)
		for _, errno := range []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EACCES, syscall.EROFS, syscall.ENOENT} {
			for _, forever := range []bool{false, true} {
				for at := 1; trial.fail(t, at, errno, forever); at++ {
					faults++
				}
			}
		}
	}
	t.Logf("%d faults, from %s=%d on", faults, seedVariable, first)
}

// faulty is a plan that is carried out with failures.
type faulty struct {
	*damaged
	plan   *repair.Plan
	before map[string]string
	want   *storetest.Memory // after a run without
}

// fail carries the plan out and has the call of this number fail, and those after
// it if it is to be forever. It tells whether there is such a call.
func (f *faulty) fail(t *testing.T, at int, errno syscall.Errno, forever bool) bool {
	tree, calls := f.tree.Clone(), 0
	storage, err := tree.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	result, err := carryOut(storage, f.plan, f.options(t), func(storetest.Call) error {
		if calls++; calls == at || forever && calls > at {
			return errno
		}
		return nil
	}, "run")
	if calls < at {
		return false
	}
	what := fmt.Sprintf("%s=%d: %v at call %d, forever %v", seedVariable, f.seed, errno, at, forever)
	if wrong := f.wrong(tree, f.before); len(wrong) > 0 {
		t.Fatalf("%s:\n  %s\n%s", what, strings.Join(wrong, "\n  "), f.spec)
	}
	if err == nil && result.Stopped == nil && whole(result) && !maps.Equal(files(tree), files(f.want)) {
		t.Fatalf("%s: nobody was told\n%s", what, f.spec)
	}
	return true
}

// whole tells that a run says it has done all that it planned.
func whole(result *repair.Result) bool {
	return !slices.ContainsFunc(result.Statuses, func(s repair.Status) bool { return s != repair.Done })
}

// A blob for which there is no room keeps no link from being written, but those to it.
func TestNoRoomForABlob(t *testing.T) {
	tree, copied := build(t, app+lines("damage blob x gone; damage app layer x gone; damage app@B empty")), build(t, app)
	storage, err := tree.memory.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	opts := repair.Options{From: copied.v2(t)}
	p, err := survey(storage, opts)
	if err != nil {
		t.Fatal(err)
	}
	v2, err := storetest.Wrap(storage, func(c storetest.Call) error {
		if c.Op == storetest.Write && strings.Contains(c.Path, layout.Data+".") {
			return syscall.ENOSPC
		}
		return nil
	}).Open(layout.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	result := repair.Execute(t.Context(), v2, p, repair.Doing{From: opts.From})
	var got []string
	for i, a := range p.Actions {
		got = append(got, fmt.Sprint(a.Op, " ", a.Kind, " ", result.Statuses[i]))
	}
	want := []string{"copy blob failed", "create layer_link skipped", "rewrite revision done"}
	if diff := cmp.Diff(want, got); diff != "" || result.Stopped != nil {
		t.Errorf("%v; want -, got +:\n%s", result.Stopped, diff)
	}
}
