package repair

import (
	"context"
	"errors"
	"fmt"
	"path"
	"syscall"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

// Status is what became of an action.
type Status uint8

// An action is Planned until its turn comes. Skipped: something was not as planned,
// so that nothing was done.
const (
	Planned Status = iota
	Done
	Skipped
	Failed
)

func (s Status) String() string { return [...]string{"planned", "done", "skipped", "failed"}[s] }

// Doing is what Execute needs besides the plan.
type Doing struct {
	Trash   *trash.Run           // begun with Entries of the plan; nil where these are none
	From    store.Dir            // the other tree, as in Options
	Observe func(progress.Event) // in bytes that are copied; may be nil
	// Done is told of every action; may be nil.
	Done func(Action, Status, error)
}

// Result is what a repair did.
type Result struct {
	Done        Totals
	Statuses    []Status // beside the plan's actions
	Errors      []error  // likewise
	Stopped     error    // what made going on pointless
	Interrupted bool     // the context ended it before everything was tried
}

var (
	errChanged  = errors.New("has changed since the scan")
	errUnproven = errors.New("what it would refer to is not there")
	errNoTrash  = errors.New("there is no place in the trash for it")
	errDiffers  = errors.New("does not hash to its digest any more")
)

// Execute carries out a plan on the tree that it was made for, one action after
// the other.
func Execute(ctx context.Context, root store.Dir, p *Plan, doing Doing) *Result {
	e := &executor{ctx: ctx, root: root, plan: p, doing: doing, copied: map[digest.Digest]bool{},
		result: &Result{Statuses: make([]Status, len(p.Actions)), Errors: make([]error, len(p.Actions))}}
	var bytes int64
	for _, a := range p.Actions {
		if a.Op == Copying {
			bytes += a.Bytes
		}
	}
	e.meter = progress.NewByteMeter(doing.Observe, "copying", bytes)
	defer e.meter.End()
	moved := 0
	for i := 0; i < len(p.Actions) && e.goesOn(i); i++ {
		a := &p.Actions[i]
		switch {
		case a.Op == Trashing && i+1 < len(p.Actions) && p.Actions[i+1].Path == a.Path:
			e.exchange(i, moved)
			moved++
			i++
		case a.Op == Trashing:
			e.record(i, e.trash(a, moved))
			moved++
		case a.Op == Copying:
			e.record(i, e.copy(a, nil))
		default:
			e.record(i, e.writeLink(a))
		}
	}
	if e.result.Stopped == nil {
		e.result.Stopped = e.settle()
	}
	return e.result
}

type executor struct {
	ctx    context.Context
	root   store.Dir
	plan   *Plan
	doing  Doing
	meter  *progress.Meter
	result *Result
	copied map[digest.Digest]bool
	buf    []byte
}

// goesOn is asked before each action. What was written is durable before anything
// that refers to it.
func (e *executor) goesOn(next int) bool {
	e.result.Interrupted = e.result.Interrupted || e.ctx.Err() != nil
	if e.result.Stopped != nil || e.result.Interrupted {
		return false
	}
	if next > 0 && e.plan.Actions[next].Kind != e.plan.Actions[next-1].Kind {
		e.result.Stopped = e.settle()
	}
	return e.result.Stopped == nil
}

func (e *executor) settle() error {
	if err := e.root.Sync(); err != nil {
		return fmt.Errorf("make what was repaired durable: %w", err)
	}
	return nil
}

// record books what became of an action.
func (e *executor) record(at int, err error) {
	a, status := e.plan.Actions[at], Done
	switch {
	case err != nil && e.ctx.Err() != nil && errors.Is(err, e.ctx.Err()):
		e.result.Interrupted = true
		return
	case err == nil:
		e.result.Done.Add(a)
		e.copied[a.Digest] = e.copied[a.Digest] || a.Op == Copying
	case errors.Is(err, errChanged), errors.Is(err, errUnproven):
		status = Skipped
	default:
		status = Failed
		if hopeless(err) && !(a.Op == Copying && store.Full(err)) { // a link may find room where a blob does not
			e.result.Stopped = fmt.Errorf("repair %s: %w", a.Path, err)
		}
	}
	e.result.Statuses[at], e.result.Errors[at] = status, err
	if e.doing.Done != nil {
		e.doing.Done(a, status, err)
	}
}

// hopeless tells a failure after which no other try is worth it.
func hopeless(err error) bool {
	return store.Starved(err) || store.Full(err) || errors.Is(err, syscall.EROFS)
}

// exchange moves corrupt data to the trash once the good one lies beside it.
func (e *executor) exchange(at, number int) {
	bad := &e.plan.Actions[at]
	tried := false
	var moving error
	copying := e.copy(&e.plan.Actions[at+1], func() error {
		tried = true
		moving = e.trash(bad, number)
		return moving
	})
	if !tried && !hopeless(copying) && e.ctx.Err() == nil {
		moving = e.trash(bad, number)
		tried = true
	}
	if tried {
		e.record(at, moving)
	}
	e.record(at+1, copying)
}

func (e *executor) trash(a *Action, number int) error {
	if e.doing.Trash == nil {
		return errNoTrash
	}
	dir, err := e.root.Open(path.Dir(a.Path))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unchanged(dir, layout.Data, a.was); err != nil {
		return err
	}
	return e.doing.Trash.Take(dir, layout.Data, number)
}

// unchanged fails where a file is no longer the one that was looked at.
func unchanged(dir store.Dir, name string, then inventory.Stamp) error {
	info, err := dir.Stat(name)
	if err == nil && (info.Type != store.Regular || inventory.StampOf(info) != then) {
		return errChanged
	}
	return err
}

// proven fails where the blob that a link is to refer to is not the one that was
// hashed, or a manifest that a tag is to point to is not linked.
func (e *executor) proven(a *Action) error {
	if !e.copied[a.Digest] {
		dir, err := e.root.Open(layout.Blob(a.Digest))
		if err != nil {
			return errors.Join(errUnproven, err)
		}
		defer dir.Close()
		if err := unchanged(dir, layout.Data, a.proof); err != nil {
			return errors.Join(errUnproven, err)
		}
	}
	if a.Kind != plan.Tag {
		return nil
	}
	for _, dir := range []string{layout.Revision(a.Repository, a.Digest), layout.Layer(a.Repository, a.Digest)} {
		if data, _, err := e.root.Read(dir+"/"+layout.Link, longestLink, nil); err == nil && string(data) == string(a.Digest) {
			return nil
		}
	}
	return errUnproven
}

// Entries are what a plan moves to the trash, as the journal has them.
func Entries(root store.Dir, p *Plan) trash.Entries {
	var moves []Action
	for _, a := range p.Actions {
		if a.Op == Trashing {
			moves = append(moves, a)
		}
	}
	return trash.Entries{Len: len(moves), All: func(yield func(trash.Entry, error) bool) {
		for _, a := range moves {
			info, err := root.Stat(path.Dir(a.Path))
			if !yield(trash.Entry{Kind: plan.Blob, Path: a.Path, Digest: a.Digest, Bytes: a.Bytes, Disk: a.disk, Owner: info.Owner}, err) {
				return
			}
		}
	}}
}
