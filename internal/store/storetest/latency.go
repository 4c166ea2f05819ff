package storetest

import (
	"io"
	"sync/atomic"
	"time"

	"regjanitor/internal/store"
)

// Latency makes each operation of a store.Dir, Close apart, last as on a slow
// disk, and measures them. Any number may be under way at once, and none waits
// for another, as they do in Wrap, whose hook is asked serially.
//
// A system wakes a sleeper late, be it by a tenth of a millisecond or by a whole
// one: outside a bubble of testing/synctest an operation lasts as long as Mean
// says, and not as it was to.
type Latency struct {
	Delay time.Duration

	operations, nanoseconds, underWay, most atomic.Int64
}

// Dir is a directory with the delay before each operation, its own and those of
// all directories opened from it.
func (l *Latency) Dir(dir store.Dir) store.Dir { return &delayed{dir, l} }

// Operations is how many have ended.
func (l *Latency) Operations() int64 { return l.operations.Load() }

// Total is what all operations have taken together, as if one after the other.
func (l *Latency) Total() time.Duration { return time.Duration(l.nanoseconds.Load()) }

// Most is how many have been under way at once.
func (l *Latency) Most() int { return int(l.most.Load()) }

// Mean is what an operation has taken; 0 where there was none.
func (l *Latency) Mean() time.Duration { return l.Total() / time.Duration(max(1, l.Operations())) }

// begin sleeps; what it returns is to be called at the operation's end.
func (l *Latency) begin() (end func()) {
	start := time.Now()
	for now := l.underWay.Add(1); ; {
		if most := l.most.Load(); now <= most || l.most.CompareAndSwap(most, now) {
			break
		}
	}
	time.Sleep(l.Delay)
	return func() {
		l.underWay.Add(-1)
		l.operations.Add(1)
		l.nanoseconds.Add(int64(time.Since(start)))
	}
}

type delayed struct {
	store.Dir
	by *Latency
}

func (d *delayed) Open(path string) (store.Dir, error) {
	defer d.by.begin()()
	dir, err := d.Dir.Open(path)
	if err != nil {
		return nil, err
	}
	return &delayed{dir, d.by}, nil
}

func (d *delayed) List(f func(store.Entry) error) error {
	defer d.by.begin()()
	return d.Dir.List(f)
}

func (d *delayed) Stat(path string) (store.Info, error) {
	defer d.by.begin()()
	return d.Dir.Stat(path)
}

func (d *delayed) Read(path string, limit int, buf []byte) ([]byte, store.Info, error) {
	defer d.by.begin()()
	return d.Dir.Read(path, limit, buf)
}

func (d *delayed) Unlink(name string) error {
	defer d.by.begin()()
	return d.Dir.Unlink(name)
}

func (d *delayed) Rmdir(name string) error {
	defer d.by.begin()()
	return d.Dir.Rmdir(name)
}

// Rename moves to a directory that has to be of the same tree.
func (d *delayed) Rename(name string, to store.Dir, as string) error {
	defer d.by.begin()()
	if target, ok := to.(*delayed); ok {
		to = target.Dir
	}
	return d.Dir.Rename(name, to, as)
}

func (d *delayed) RenameOver(name, as string) error {
	defer d.by.begin()()
	return d.Dir.RenameOver(name, as)
}

func (d *delayed) Mkdir(name string, owner store.Owner) error {
	defer d.by.begin()()
	return d.Dir.Mkdir(name, owner)
}

// Create delays the making of the file alone: what is written to it stays in
// memory until its end.
func (d *delayed) Create(name string, owner store.Owner) (io.WriteCloser, error) {
	defer d.by.begin()()
	return d.Dir.Create(name, owner)
}

func (d *delayed) Sync() error {
	defer d.by.begin()()
	return d.Dir.Sync()
}
