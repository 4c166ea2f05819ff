package trash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"

	"regjanitor/internal/plan"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
)

// Options of restoring and of emptying.
type Options struct {
	Jobs    int                  // requests in flight at once, at least 1
	Observe func(progress.Event) // may be nil
	// LeaveUploads: a registry, though read-only, may be at work on them.
	LeaveUploads bool
	// Done is told of each thing that has come back or has gone, serially; may be nil.
	Done func(Entry, error)
}

// Result is what restoring or emptying did.
type Result struct {
	Done     plan.Totals // what came back, or went
	Failures []Failure
	// Present are things that the tree has again already: what lies in the trash
	// is the same, and stays there.
	Present     int
	Stopped     error // what made going on pointless
	Interrupted bool
}

// Failure is one thing that did not come back, or did not go.
type Failure struct {
	Code string
	Path string
	Err  error
}

// worker does one thing after the other in parallel, and books what came of it.
type worker struct {
	ctx   context.Context
	kept  *Kept
	opts  Options
	meter *progress.Meter

	mu     sync.Mutex
	result *Result
}

func (k *Kept) worker(ctx context.Context, opts Options, phase string) *worker {
	return &worker{ctx: ctx, kept: k, opts: opts, meter: progress.NewMeter(opts.Observe, phase, int64(len(k.Entries))), result: &Result{}}
}

// each does f for the entries of one stage, and books what came of it.
func (w *worker) each(from, to int, f func(n int) error) {
	w.parallel(from, to, func(n int) { w.book(n, f(n)) })
	w.meter.Add(to - from)
}

// parallel calls f for the entries that there may be something to do for.
func (w *worker) parallel(from, to int, f func(n int)) {
	var group errgroup.Group
	group.SetLimit(max(w.opts.Jobs, 1))
	for n := from; n < to && !w.over(); n++ {
		if !w.kept.There[n] && !w.kept.Entries[n].IsDirectory() {
			continue
		}
		group.Go(func() error {
			defer func() {
				if r := recover(); r != nil {
					w.stop(fmt.Errorf("internal error at %s: %v", w.kept.Entries[n].Path, r))
				}
			}()
			if !w.over() {
				f(n)
			}
			return nil
		})
	}
	group.Wait()
}

func (w *worker) book(n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.kept.Entries[n]
	switch {
	case errors.Is(err, errNothing):
		return
	case errors.Is(err, errPresent):
		w.result.Present++
		return
	}
	if err != nil {
		w.result.Failures = append(w.result.Failures, Failure{codeOf(err), e.Path, err})
		if hopeless(err) && w.result.Stopped == nil {
			w.result.Stopped = fmt.Errorf("%s: %w", e.Path, err)
		}
	} else if !e.IsDirectory() { // which never lay in the trash
		e.count(&w.result.Done)
		w.kept.There[n] = false
	}
	if w.opts.Done != nil {
		w.opts.Done(e, err)
	}
}

func (w *worker) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.result.Stopped != nil || w.ctx.Err() != nil
}

func (w *worker) stop(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.result.Stopped == nil {
		w.result.Stopped = err
	}
}

// end takes down the run's place in the trash where nothing lies in it any more,
// and where something does, that it is being restored if nothing of it failed.
func (w *worker) end(storage store.Dir) *Result {
	w.meter.End()
	w.result.Interrupted = w.ctx.Err() != nil
	if w.result.Stopped != nil || w.result.Interrupted || len(w.result.Failures) > 0 {
		return w.result
	}
	var err error
	if slices.Contains(w.kept.There, true) {
		err = w.kept.dir.Unlink(restoring)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		err = w.kept.leave(storage)
	}
	if err != nil {
		w.result.Failures = append(w.result.Failures, Failure{codeOf(err), Dir + "/" + w.kept.ID, err})
	}
	return w.result
}

func codeOf(err error) string {
	var incomplete *incompleteError
	switch {
	case errors.Is(err, errTaken):
		return "conflict"
	case errors.Is(err, errDangling):
		return "dangling"
	case errors.As(err, &incomplete), errors.Is(err, errPart):
		return "incomplete"
	}
	return store.Word(err)
}

// hopeless tells a failure after which no other try is worth it.
func hopeless(err error) bool {
	return store.Starved(err) || store.Full(err) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EXDEV)
}
