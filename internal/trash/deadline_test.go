package trash_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// TestDeadline has the disk wait, at one change after the other, until the
// deadline is over: that change is the last but those that belong to it.
func TestDeadline(t *testing.T) {
	t.Parallel()
	for _, withTrash := range []bool{false, true} {
		name := map[bool]string{false: "removing for good", true: "moving to the trash"}[withTrash]
		t.Run(name, func(t *testing.T) {
			eachCrash(t, func(t *testing.T, after int) (more bool) {
				tree := registrytest.Build(t, few)
				before := state(t, tree)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				hook, late := waits(ctx, cancel, after)
				p := watched(t, tree, hook)
				planned, err := p.survey(defaults())
				if err != nil {
					t.Fatal(err)
				}
				var run *trash.Run
				if withTrash {
					if run, err = p.begin(planned); err != nil {
						t.Fatal(err)
					}
				}
				late.counting = true
				started := 0
				result := sweep.Execute(ctx, p.v2, planned, sweep.Options{Jobs: 1, Run: p.run, Trash: run,
					BeforeBlobs: func() error {
						if late.over {
							t.Error("the blobs are begun")
						}
						return nil
					}})
				late.counting = false
				for _, status := range result.Statuses {
					if status != sweep.Planned {
						started++
					}
				}
				if run != nil {
					run.End()
				}
				if late.over != result.Interrupted && started < len(result.Statuses) {
					t.Errorf("interrupted %v with %d of %d things tried", result.Interrupted, started, len(result.Statuses))
				}
				if started > late.changes { // a thing takes at least one
					t.Errorf("%d things are tried, after %d changes", started, late.changes)
				}
				checkValid(t, tree, tree.Live())
				open(t, tree).sweepRest(withTrash)
				checkSame(t, "left after the next run", tree.Live(), inTree(tree))
				if withTrash {
					restoreAll(open(t, tree))
					checkSame(t, "before, and after the restoring", before, inPlace(state(t, tree)))
				}
				return late.over
			})
		})
	}
}

// sweepRest is the next run.
func (p *place) sweepRest(withTrash bool) {
	p.t.Helper()
	p.run = "second"
	if withTrash {
		p.take(defaults())
		return
	}
	planned, err := p.survey(defaults())
	if err != nil {
		p.t.Fatal(err)
	}
	result := sweep.Execute(context.Background(), p.v2, planned, sweep.Options{Jobs: 1, Run: p.run})
	if result.Stopped != nil || len(result.Failures) > 0 {
		p.t.Errorf("the next run: %+v", result)
	}
}

// lateness is when the deadline came.
type lateness struct {
	counting bool
	over     bool
	changes  int // with the one that waited
}

// waits is a disk that takes its time with the change after so many others.
func waits(ctx context.Context, pass func(), after int) (storetest.Hook, *lateness) {
	l := &lateness{}
	return func(c storetest.Call) error {
		if !l.counting || !c.Op.Mutates() || l.over {
			return nil
		}
		if l.changes++; l.changes > after {
			l.over = true
			pass()
			<-ctx.Done()
		}
		return nil
	}, l
}

// TestDeadlineBefore: a deadline that is over already changes nothing at all.
func TestDeadlineBefore(t *testing.T) {
	tree := registrytest.Build(t, varied)
	before := state(t, tree)
	p := open(t, tree)
	planned, err := p.survey(defaults())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Hour))
	defer cancel()
	run, err := p.begin(planned)
	if err != nil {
		t.Fatal(err)
	}
	result := sweep.Execute(ctx, p.v2, planned, sweep.Options{Jobs: 4, Run: p.run, Trash: run})
	run.End()
	if !result.Interrupted || result.Removed.Things() > 0 {
		t.Errorf("%+v", result)
	}
	checkSame(t, "before and after", before, inPlace(state(t, tree)))
}

// TestInterrupted: restoring and emptying end after the step in hand, and go on
// when they are begun again.
func TestInterrupted(t *testing.T) {
	for name, do := range map[string]func(*trash.Kept, context.Context, *place, trash.Options) *trash.Result{
		"restoring": func(k *trash.Kept, ctx context.Context, p *place, o trash.Options) *trash.Result {
			return k.Restore(ctx, p.storage, p.v2, o)
		},
		"emptying": func(k *trash.Kept, ctx context.Context, p *place, o trash.Options) *trash.Result {
			return k.Empty(ctx, store.Dir(p.storage), o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := registrytest.Build(t, varied)
			p := open(t, tree)
			p.mustTake()
			for rounds := 0; len(p.left()) > 0; rounds++ {
				if rounds > 200 {
					t.Fatal("it never ends")
				}
				kept, err := trash.Open(p.storage, "first")
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(context.Background())
				done := 0
				result := do(kept, ctx, p, trash.Options{Jobs: 1, Done: func(trash.Entry, error) { done++; cancel() }})
				kept.Close()
				cancel()
				if done > 1 || result.Stopped != nil || len(result.Failures) > 0 || done == 1 && !result.Interrupted {
					t.Fatalf("%d things done: %+v", done, result)
				}
			}
		})
	}
}

// TestPanic: 39, for restoring and emptying too. Nothing more is done, and what
// lies there is left for the next try.
func TestPanic(t *testing.T) {
	for op, do := range map[storetest.Op]func(p *place) *trash.Result{
		storetest.Rename: func(p *place) *trash.Result { return p.restore("first") },
		storetest.Unlink: func(p *place) *trash.Result { return p.empty("first") },
	} {
		t.Run(string(op), func(t *testing.T) {
			tree := registrytest.Build(t, varied)
			open(t, tree).mustTake()
			tries := 0
			result := do(watched(t, tree, func(c storetest.Call) error {
				if c.Op == op {
					tries++
					panic("a bug")
				}
				return nil
			}))
			if result.Stopped == nil || !strings.Contains(result.Stopped.Error(), "a bug") || result.Done.Blobs > 0 {
				t.Errorf("after %d tries: %+v", tries, result)
			}
			open(t, tree).mustRestore("first")
		})
	}
}
