package storetest

import (
	"errors"
	"io/fs"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"regjanitor/internal/store"
)

func TestOperationsLastAndDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := Latency{Delay: time.Millisecond}
		dir := slow.Dir(dirOf(t, sample(t), "v2"))
		start := time.Now()
		var tasks sync.WaitGroup
		for range 10 {
			tasks.Go(func() {
				below, err := dir.Open("a")
				if err != nil {
					t.Error(err)
					return
				}
				_, _, read := below.Read("link", 100, nil)
				must(t, read, below.Close())
			})
		}
		tasks.Wait()
		if took := time.Since(start); took != 2*time.Millisecond {
			t.Errorf("ten times two operations took %v", took)
		}
		if slow.Operations() != 20 || slow.Total() != 20*time.Millisecond || slow.Mean() != time.Millisecond || slow.Most() != 10 {
			t.Errorf("%d operations, %v, %v each, at most %d at once", slow.Operations(), slow.Total(), slow.Mean(), slow.Most())
		}
	})
}

func TestEveryOperationLastsAndDoesWhatItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := Latency{Delay: time.Millisecond}
		m := sample(t)
		dir := slow.Dir(dirOf(t, m, "v2"))
		names := 0
		must(t, dir.List(func(store.Entry) error { names++; return nil }))
		if _, err := dir.Stat("nowhere"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("stat of nothing: %v", err)
		}
		must(t, dir.Mkdir("new", store.Owner{Mode: 0o700}), dir.Rmdir("none"), dir.Unlink("to"))
		file, err := dir.Create("file", store.Owner{Mode: 0o600})
		must(t, err, file.Close())
		below, err := dir.Open("new")
		must(t, err, dir.RenameOver("file", "other"), dir.Rename("other", below, "moved"), dir.Sync())
		if _, ok := m.Lookup("v2/new/moved"); !ok || names != 5 {
			t.Errorf("%d names were listed, and then there is %q", names, m.Paths())
		}
		if slow.Operations() != 10 || slow.Most() != 1 {
			t.Errorf("%d operations, at most %d at once", slow.Operations(), slow.Most())
		}
	})
}
