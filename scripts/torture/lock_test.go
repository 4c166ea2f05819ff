package torture

import (
	"maps"
	"testing"
)

const atOnce = 8

// together starts some runs at once on one tree and waits for all of them.
func together(t *testing.T, args []string) []outcome {
	t.Helper()
	var waits []func() outcome
	for range atOnce {
		_, wait := start(t, args...)
		waits = append(waits, wait)
	}
	var all []outcome
	for _, wait := range waits {
		all = append(all, wait())
	}
	return all
}

// crowd has runs work on one tree at once, again and again, and hands each round
// to judge. What they removed together is what one alone removes, and so is what
// they leave.
func crowd(t *testing.T, rounds int, more []string, judge func([]outcome)) {
	s := shape{repositories: 2, garbage: 6}
	alone := newRegistry(t, t.TempDir(), s)
	want := janitor(t, sweeping(alone.root)...).want(t, exitDone).report.Removed
	after := snapshot(t, alone.v2)
	if want["blobs"] == 0 {
		t.Fatalf("one run alone removes %v", want)
	}
	for range rounds {
		r := newRegistry(t, t.TempDir(), s)
		all := together(t, sweeping(r.root, more...))
		judge(all)
		sum := map[string]int64{}
		for _, o := range all {
			for kind, n := range o.report.Removed {
				sum[kind] += n
			}
		}
		if !maps.Equal(sum, want) {
			t.Errorf("together they removed %v, and one alone removes %v", sum, want)
		}
		wantSame(t, "what they leave", after, snapshot(t, r.v2))
		if t.Failed() {
			return
		}
	}
}

// 44: of several janitors one gets the tree. The others say that it is locked or,
// where it had ended before they came, find nothing to do.
func TestOneOfManyGetsTheTree(t *testing.T) {
	rounds, locked, idle := scaled(50), 0, 0
	crowd(t, rounds, nil, func(all []outcome) {
		worked := 0
		for _, o := range all {
			switch {
			case o.code == exitRefused && o.report.Refused != nil && o.report.Refused.Code == "locked" && nothing(o.report.Removed):
				locked++
			case nothing(o.report.Removed):
				o.want(t, exitDone)
				idle++
			default:
				o.want(t, exitDone)
				worked++
			}
		}
		if worked != 1 {
			t.Errorf("%d of %d removed something", worked, len(all))
		}
	})
	t.Logf("locking: %d rounds of %d, %d found the tree locked, %d found nothing to do", rounds, atOnce, locked, idle)
	if locked == 0 {
		t.Error("no run met a lock: this proves nothing")
	}
}

// 44: those that wait for the lock all end well, and one does the work.
func TestManyWaitForTheTree(t *testing.T) {
	crowd(t, scaled(5), []string{"--retry-lock", "10s"}, func(all []outcome) {
		worked := 0
		for _, o := range all {
			if o.want(t, exitDone); !nothing(o.report.Removed) {
				worked++
			}
		}
		if worked != 1 {
			t.Errorf("%d of %d removed something", worked, len(all))
		}
	})
}

func nothing(removed map[string]int64) bool {
	for _, n := range removed {
		if n != 0 {
			return false
		}
	}
	return true
}
