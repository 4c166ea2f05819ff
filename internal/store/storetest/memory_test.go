package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"regjanitor/internal/store"
)

// sample is a tree in which everything differs.
func sample(t testing.TB) *Memory {
	t.Helper()
	m := NewMemory()
	m.Put("v2/a/link", Thing{Type: store.Regular, Text: "one"})
	m.Put("v2/b/link", Thing{Type: store.Regular, Text: "two"})
	m.Put("v2/to", Thing{Type: store.Symlink, Text: "a/link"})
	m.Put("v2/big", Thing{Type: store.Regular, Size: 1 << 40, MTime: 7})
	m.Put("v2/none", Thing{Type: store.Directory})
	return m
}

func dirOf(t testing.TB, m *Memory, path string) store.Dir {
	t.Helper()
	d, err := m.Dir(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestPathsSayWhatThereIs(t *testing.T) {
	want := []string{"v2/", "v2/a/", "v2/a/link 3", "v2/b/", "v2/b/link 3", "v2/big 1099511627776", "v2/none/", "v2/to -> a/link"}
	if got := sample(t).Paths(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if info, ok := sample(t).Lookup("v2/big"); !ok || info.Size != 1<<40 || info.MTime != 7 || info.Type != store.Regular {
		t.Errorf("%+v, %v", info, ok)
	}
	if _, ok := sample(t).Lookup("v2/nothing"); ok {
		t.Error("there is something of a name that is not there")
	}
}

func TestEqualTreesHaveNoDifference(t *testing.T) {
	for what, change := range map[string]func(*Memory){
		"content": func(m *Memory) { m.Put("v2/a/link", Thing{Type: store.Regular, Text: "ONE"}) },
		"size":    func(m *Memory) { m.Put("v2/big", Thing{Type: store.Regular, Size: 1}) },
		"type":    func(m *Memory) { m.Put("v2/a/link", Thing{Type: store.Other}) },
		"target":  func(m *Memory) { m.Put("v2/to", Thing{Type: store.Symlink, Text: "b/link"}) },
		"more":    func(m *Memory) { m.Put("v2/none/x", Thing{Type: store.Regular}) },
		"less":    func(m *Memory) { m.Remove("v2/b") },
	} {
		m, other := sample(t), sample(t)
		if !m.Equal(other) || len(m.Diff(other)) > 0 {
			t.Fatalf("the same differs: %q", m.Diff(other))
		}
		change(other)
		if m.Equal(other) || other.Equal(m) || len(m.Diff(other)) == 0 {
			t.Errorf("%s: no difference", what)
		}
	}
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	m := sample(t)
	m.Put("v2/many/x", Thing{Type: store.Regular})
	for n := range 3 * longList {
		m.Put(fmt.Sprintf("v2/many/%d", n), Thing{Type: store.Regular})
	}
	untouched := m.Paths()
	clone := m.Clone()
	d := dirOf(t, clone, "v2")
	must(t, dirOf(t, clone, "v2/a").Unlink("link"), d.Rmdir("a"), d.Rename("b", d, "c"), dirOf(t, clone, "v2/many").Unlink("x"))
	if got := m.Paths(); !slices.Equal(got, untouched) {
		t.Errorf("a change of the clone shows in its origin: %q", m.Diff(clone))
	}
	changed := clone.Paths()
	must(t, dirOf(t, m, "v2/b").Unlink("link"))
	if got := clone.Paths(); !slices.Equal(got, changed) {
		t.Error("a change of the origin shows in its clone")
	}
}

func TestRenameBetweenDirectories(t *testing.T) {
	m := sample(t)
	top := Wrap(dirOf(t, m, ""), func(Call) error { return nil })
	v2, err := top.Open("v2")
	must(t, err, v2.Rename("a", top, "aside"))
	if _, ok := m.Lookup("aside/link"); !ok {
		t.Errorf("left: %q", m.Paths())
	}
	if err := v2.Rename("b", Wrap(dirOf(t, sample(t), ""), func(Call) error { return nil }), "b"); !errors.Is(err, syscall.EXDEV) {
		t.Errorf("to another tree: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	m := NewMemory()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			d := dirOf(t, m, "")
			for i := range 200 {
				name := fmt.Sprintf("%d-%d", n, i)
				file, err := d.Create(name, store.Owner{Mode: 0o600})
				if err != nil {
					t.Error(err)
					return
				}
				file.Write([]byte(name))
				file.Close()
				if data, _, err := d.Read(name, 100, nil); string(data) != name || err != nil {
					t.Errorf("%q, %v", data, err)
				}
				m.Clone().Remove(name)
				d.List(func(store.Entry) error { return nil })
			}
		})
	}
	all.Wait()
	if got := len(m.Paths()); got != 1600 {
		t.Errorf("%d files", got)
	}
}

func TestWhatIsClosedIsOfNoUse(t *testing.T) {
	d := dirOf(t, sample(t), "v2")
	must(t, d.Close())
	_, err := d.Stat("a")
	for what, err := range map[string]error{"stat": err, "unlink": d.Unlink("to"), "sync": d.Sync(), "close": d.Close()} {
		if !errors.Is(err, syscall.EBADF) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestScale(t *testing.T) {
	t.Setenv(ScaleVariable, "")
	if got := Scale(7); got != 7 {
		t.Errorf("by default %d", got)
	}
	t.Setenv(ScaleVariable, "3")
	if got := Scale(7); got != 21 {
		t.Errorf("three times 7 is %d", got)
	}
	for _, odd := range []string{"0", "-1", "x", "1.5"} {
		t.Setenv(ScaleVariable, odd)
		func() {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, ScaleVariable) {
					t.Errorf("%s: %s", odd, said)
				}
			}()
			Scale(7)
		}()
	}
}

func BenchmarkClone(b *testing.B) {
	m := NewMemory()
	for n := range 100 {
		m.Put(fmt.Sprintf("v2/%d/data", n), Thing{Type: store.Regular, Text: "x"})
	}
	for b.Loop() {
		clone := m.Clone()
		must(b, dirOf(b, clone, "v2/7").Unlink("data"))
	}
}
