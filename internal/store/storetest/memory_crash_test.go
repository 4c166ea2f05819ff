package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"regjanitor/internal/store"
)

// working is a tree in which the link of a was removed with its directory, and b
// was renamed to c.
func working(t *testing.T) *Memory {
	t.Helper()
	m := sample(t)
	m.Record()
	d := dirOf(t, m, "v2")
	must(t, dirOf(t, m, "v2/a").Unlink("link"), d.Rmdir("a"), d.Rename("b", d, "c"))
	return m
}

func has(m *Memory, paths ...string) bool {
	return !slices.ContainsFunc(paths, func(path string) bool { _, ok := m.Lookup(path); return !ok })
}

func TestALossOfPower(t *testing.T) {
	u := working(t).Unsynced()
	if u.Len() != 3 {
		t.Fatalf("%d changes", u.Len())
	}
	for _, row := range []struct {
		name  string
		state *Memory
		there []string
		gone  []string
	}{
		{"nothing is lost", u.Without(), []string{"v2/c/link"}, []string{"v2/a", "v2/b"}},
		{"all is lost", u.InOrder(), []string{"v2/a/link", "v2/b/link"}, []string{"v2/c"}},
		{"the rename is lost", u.Without(2), []string{"v2/b/link"}, []string{"v2/a", "v2/c"}},
		{"a directory cannot go before what is in it", u.Without(0), []string{"v2/a/link", "v2/c/link"}, []string{"v2/b"}},
		{"nor when that comes later", u.InOrder(1, 0, 2), []string{"v2/a", "v2/c"}, []string{"v2/a/link", "v2/b"}},
		{"what came last may come alone", u.InOrder(2), []string{"v2/a/link", "v2/c/link"}, []string{"v2/b"}},
	} {
		if !has(row.state, row.there...) || slices.ContainsFunc(row.gone, func(path string) bool { return has(row.state, path) }) {
			t.Errorf("%s: %q", row.name, row.state.Paths())
		}
	}
	if said := strings.Join(u.Describe([]int{2, 1}), "; "); said != "lost 0: unlink v2/a/link; late 1: rmdir v2/a" {
		t.Errorf("it says %q", said)
	}
}

func TestASyncIsForGood(t *testing.T) {
	m := working(t)
	must(t, dirOf(t, m, "").Sync(), dirOf(t, m, "v2").Unlink("to"))
	u := m.Unsynced()
	if state := u.InOrder(); u.Len() != 1 || !has(state, "v2/c/link", "v2/to") || has(state, "v2/a") {
		t.Errorf("%d changes after %q", u.Len(), state.Paths())
	}
	if !has(m, "v2/c/link") || has(m, "v2/to") {
		t.Error("the tree itself has changed")
	}
}

func TestAFileIsAsDurableAsItsName(t *testing.T) {
	m := sample(t)
	m.Record()
	file, err := dirOf(t, m, "v2").Create("journal", store.Owner{})
	must(t, err)
	for _, part := range []string{"one ", "two"} {
		_, err := file.Write([]byte(part))
		must(t, err)
	}
	open := m.Unsynced()
	if text, _ := open.Without(1).Text("v2/journal"); text != "\x00\x00\x00\x00two" {
		t.Errorf("before it is closed a part may be lost: %q", text)
	}
	must(t, file.Close())
	closed := m.Unsynced()
	if text, _ := closed.InOrder(0).Text("v2/journal"); closed.Len() != 1 || text != "one two" {
		t.Errorf("%d changes, %q", closed.Len(), text)
	}
	if has(closed.InOrder(), "v2/journal") {
		t.Error("its name is durable without a sync")
	}
	if open.Len() != 3 {
		t.Error("the moment before has changed")
	}
}

func TestSamplesAndLosses(t *testing.T) {
	u := working(t).Unsynced()
	seen := map[string]bool{}
	choose := rand.New(rand.NewPCG(1, 2)).IntN
	for range 2000 {
		order := u.Sample(choose)
		u.InOrder(order...)
		seen[fmt.Sprint(order)] = true
	}
	const orders = 1 + 3 + 6 + 6 // of up to three of three
	if len(seen) != orders {
		t.Errorf("%d of %d orders", len(seen), orders)
	}
	var lost []string
	u.Losses(2, func(l []int) bool { lost = append(lost, fmt.Sprint(l)); return true })
	if got := strings.Join(lost, ""); got != "[][0][0 1][0 2][1][1 2][2]" {
		t.Errorf("losses of up to two: %s", got)
	}
	empty := sample(t)
	empty.Record()
	if order := empty.Unsynced().Sample(choose); len(order) > 0 {
		t.Errorf("%v of nothing", order)
	}
}

func TestAStateCanBeWorkedOn(t *testing.T) {
	u := working(t).Unsynced()
	state := u.InOrder(2)
	must(t, dirOf(t, state, "v2/c").Unlink("link"), dirOf(t, state, "v2").Mkdir("new", store.Owner{Mode: 0o755}))
	if again := u.InOrder(2); !has(again, "v2/c/link") || has(again, "v2/new") {
		t.Errorf("it shows in the next: %q", again.Paths())
	}
}

func TestANameMayStandForAnother(t *testing.T) {
	m := sample(t)
	m.Record()
	d := dirOf(t, m, "v2/a")
	must(t, d.Unlink("link"))
	file, err := d.Create("link", store.Owner{})
	must(t, err, file.Close(), d.Unlink("link"))
	if state := m.Unsynced().Without(0); !has(state, "v2/a/link") {
		t.Error("the removal of the new file has removed the old one")
	}
}

func TestAMomentStaysAsItWas(t *testing.T) {
	m := sample(t)
	m.Record()
	file, err := dirOf(t, m, "v2").Create("new", store.Owner{})
	must(t, err, dirOf(t, m, "").Sync())
	then := m.Unsynced()
	_, err = file.Write([]byte("late"))
	must(t, err, file.Close())
	if text, _ := then.InOrder().Text("v2/new"); text != "" {
		t.Errorf("%q was written later", text)
	}
	if text, _ := m.Unsynced().InOrder().Text("v2/new"); text != "late" {
		t.Errorf("%q, and the file is closed", text)
	}
}
