package inventory

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"regjanitor/internal/progress"
	"regjanitor/internal/store"
)

// Options of a scan.
type Options struct {
	Jobs        int  // requests in flight at once, at least 1
	AllowMounts bool // the tree may span file systems
	// HistoryTimes: when tags pointed where has to be known, for rules of age.
	HistoryTimes bool
	// Manifests are read besides those that the tree leads to.
	Manifests []digest.Digest
	Observe   func(progress.Event) // may be nil
}

// Scan takes the inventory of the tree whose v2 directory is root.
func Scan(ctx context.Context, root store.Dir, opts Options) (*Inventory, error) {
	s := &scan{root: root, opts: opts, inv: &Inventory{Digests: newDigests(), ledTo: map[uint64]bool{}}}
	info, err := root.Stat("")
	if err != nil {
		return nil, err
	}
	s.device = info.Device
	if err := s.phase(ctx, "scanning", s.repositories, s.blobs); err != nil {
		return nil, err
	}
	s.inv.sort(s.found)
	if err := s.readManifests(ctx); err != nil {
		return nil, err
	}
	if err := s.phase(ctx, "looking inside", s.insides); err != nil {
		return nil, err
	}
	s.inv.sortFindings()
	return s.inv, nil
}

// phase runs tasks, and what these fork, until all have ended.
func (s *scan) phase(ctx context.Context, name string, tasks ...func() error) error {
	s.group, s.ctx = errgroup.WithContext(ctx)
	s.group.SetLimit(max(s.opts.Jobs, len(tasks)))
	s.meter = progress.NewMeter(s.opts.Observe, name, 0)
	defer s.meter.End()
	for _, task := range tasks {
		s.group.Go(safely(task))
	}
	err := s.group.Wait()
	return cmp.Or(err, s.starved)
}

// scan is one pass. What its tasks find goes into inv under mu, or into a place
// of a slice that is theirs alone.
type scan struct {
	ctx    context.Context
	root   store.Dir
	opts   Options
	device uint64
	group  *errgroup.Group
	meter  *progress.Meter

	mu    sync.Mutex
	inv   *Inventory
	found [][]Blob // by shard
	// starved is why nothing that the scan has met can be trusted.
	starved error
}

// fork runs a task beside the caller if a place is free, and else right here.
func (s *scan) fork(task func() error) error {
	if s.group.TryGo(safely(task)) {
		return nil
	}
	return task()
}

// safely makes an error of a panic, which in a task of its own nobody else could
// catch.
func safely(task func() error) func() error {
	return func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("internal error while scanning: %v: please report this\n%s", r, debug.Stack())
			}
		}()
		return task()
	}
}

// grain is how many small files one task looks at.
const grain = 64

// spread runs f over 0 ≤ i < n, in parallel, and waits for all of it.
func (s *scan) spread(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for from := 0; from < n; from += grain {
		task := func() error {
			defer wg.Done()
			for i := from; i < min(from+grain, n); i++ {
				if err := s.ctx.Err(); err != nil {
					once.Do(func() { first = err })
					return err
				}
				if err := f(i); err != nil {
					once.Do(func() { first = err })
					return err
				}
			}
			s.meter.Add(min(grain, n-from))
			return nil
		}
		wg.Add(1)
		if err := s.fork(task); err != nil {
			break
		}
	}
	wg.Wait()
	return first
}
