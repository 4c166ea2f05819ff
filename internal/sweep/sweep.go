// Package sweep carries out a plan. It is the only caller of store's removals.
//
// Its invariants: stages run one after the other, whatever refers before what it
// refers to, so that a run killed at any instant leaves garbage and never a
// dangling reference; what has changed since the scan is left alone; what could
// not be removed keeps everything that it refers to; and no directory is ever
// removed with something in it.
//
// It decides nothing: a failure is recorded and the rest goes on, unless the
// failure says that nothing more can succeed.
package sweep

import (
	"context"
	"fmt"
	"path"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"regjanitor/internal/plan"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

// Status is what became of an action.
type Status uint8

// An action is Planned until its turn comes. Skipped: it, or something that
// refers to it, was not as planned, so it stays.
const (
	Planned Status = iota
	Removed
	Trashed
	Skipped
	Failed
)

func (s Status) String() string {
	return [...]string{"planned", "removed", "trashed", "skipped", "failed"}[s]
}

// Gone tells what is no longer in the tree.
func (s Status) Gone() bool { return s == Removed || s == Trashed }

// Options of a sweep.
type Options struct {
	Jobs    int                  // requests in flight at once, at least 1
	Run     string               // a short name of this run, unique, for what it sets aside
	Trash   *trash.Run           // begun with Entries of this plan; nil to remove for good
	Observe func(progress.Event) // may be nil
	// Done is told of every action, serially; may be nil.
	Done func(plan.Item, Status, error)
	// BeforeBlobs may stop the run before the first blob goes; may be nil.
	BeforeBlobs func() error
}

// Result is what a sweep did.
type Result struct {
	Removed     plan.Totals // from the tree: for good, or to the trash
	Statuses    []Status    // beside the plan's actions
	Failures    []Failure
	Stopped     error // what made going on pointless or wrong
	Interrupted bool  // the context ended it before everything was tried
}

// Failure is one thing that should have gone and did not.
type Failure struct {
	Code   string
	Action int // place in the plan
	Path   string
	Err    error
}

// Execute carries out the plan on the tree that it was made for.
func Execute(ctx context.Context, root store.Dir, p *plan.Plan, opts Options) *Result {
	s := &sweeper{root: root, plan: p, opts: opts, result: &Result{Statuses: make([]Status, len(p.Actions))}}
	s.protected = func(plan.Action) bool { return false }
	s.meter = progress.NewMeter(opts.Observe, "removing", int64(len(p.Actions)))
	from, now := 0, tags
	for _, stage := range p.Stages() {
		if s.stopped(ctx) {
			break
		}
		if next := phaseOf(stage[0].Kind); next != now || next == tags && from > 0 {
			if err := s.begin(next); err != nil {
				s.result.Stopped = err
				break
			}
			now = next
		}
		s.stage(ctx, from, stage)
		from += len(stage)
	}
	if len(s.aside) > 0 && !s.stopped(ctx) {
		if err := s.begin(litter); err != nil {
			s.result.Stopped = err
		}
	}
	s.meter.End()
	s.result.Interrupted = ctx.Err() != nil && slices.Contains(s.result.Statuses, Planned)
	return s.result
}

type sweeper struct {
	root  store.Dir
	plan  *plan.Plan
	opts  Options
	meter *progress.Meter

	mu        sync.Mutex
	result    *Result
	aside     []int         // places of tags that are set aside and not yet taken apart
	stay      []plan.Action // planned to go, and still there; what they need stays too
	known     int           // so many of stay are in protected
	protected func(plan.Action) bool
	diskErrs  int
}

func (s *sweeper) stopped(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result.Stopped != nil || ctx.Err() != nil
}

// phase is a part of a sweep: what goes in one may be referred to by what went in
// those before.
type phase int

const (
	tags phase = iota
	revisions
	layers
	blobs
	litter
)

func phaseOf(kind plan.Kind) phase {
	switch kind {
	case plan.Tag:
		return tags
	case plan.TagIndexEntry, plan.Revision:
		return revisions
	case plan.LayerLink:
		return layers
	case plan.Blob:
		return blobs
	}
	return litter
}

// begin is what is due before a phase, and between tags of which the ones are
// about what the others keep. All that has gone so far, be it that an
// earlier run or a registry removed it, is made durable: no power loss can then
// bring back a reference to what is not there. Nor a tag whose links are gone:
// they go only now that it is durably aside.
func (s *sweeper) begin(next phase) error {
	if next == blobs && s.opts.BeforeBlobs != nil {
		if err := s.opts.BeforeBlobs(); err != nil {
			return err
		}
	}
	if err := s.root.Sync(); err != nil {
		return fmt.Errorf("make the removal of links durable: %w", err)
	}
	s.dismantle()
	return nil
}

// stage removes what no action of its own stage refers to, in parallel.
func (s *sweeper) stage(ctx context.Context, from int, actions []plan.Action) {
	if len(s.stay) > s.known {
		s.protected, s.known = s.plan.Protects(s.stay), len(s.stay)
	}
	var group errgroup.Group
	jobs := max(s.opts.Jobs, 1)
	group.SetLimit(jobs)
	for _, b := range s.batches(from, actions, min(most, 1+len(actions)/(8*jobs))) {
		if s.stopped(ctx) {
			break
		}
		group.Go(func() error { s.batch(ctx, b); return nil })
	}
	group.Wait()
}

// batch is some actions, next to each other in the plan, whose paths lie in one
// directory.
type batch struct {
	folder   string
	from, to int // places in the plan
	round    int // how many of the same directory come before
}

// most is how many actions share one task: enough to open their directory for.
const most = 64

// batches have as many actions of one directory as are next to each other, up to
// size: few enough that all jobs have something to do until the end. Those of a
// large stage are dealt out so that jobs are seldom in one directory at once: who
// removes from a directory keeps all others out of it.
func (s *sweeper) batches(from int, actions []plan.Action, size int) []batch {
	var all []batch
	for i, a := range actions {
		folder := path.Dir(s.plan.Item(a).Path)
		b := batch{folder: folder, from: from + i}
		if len(all) > 0 && all[len(all)-1].folder == folder {
			last := &all[len(all)-1]
			if last.to-last.from < size {
				last.to++
				continue
			}
			b.round = last.round + 1
		}
		b.to = b.from + 1
		all = append(all, b)
	}
	if len(actions) > most {
		slices.SortStableFunc(all, func(a, b batch) int { return a.round - b.round })
	}
	return all
}

// caught, deferred, stops the run where a task that works on the action at this
// place panics: nobody else could catch it.
func (s *sweeper) caught(at *int) {
	if r := recover(); r != nil {
		s.stop(fmt.Errorf("internal error while removing %s: %v", s.plan.Item(s.plan.Actions[*at]).Path, r))
	}
}

func (s *sweeper) batch(ctx context.Context, b batch) {
	at := b.from
	defer s.caught(&at)
	folder, err := s.root.Open(b.folder)
	if err == nil {
		defer folder.Close()
	}
	for at = b.from; at < b.to; at++ {
		if s.stopped(ctx) {
			return
		}
		action := s.plan.Actions[at]
		item := s.plan.Item(action)
		switch {
		case s.protected(action):
			s.record(at, item, errProtected)
		case err != nil:
			s.record(at, item, err)
		default:
			s.record(at, item, s.remove(folder, action, at, item))
		}
		s.meter.Add(1)
	}
}
