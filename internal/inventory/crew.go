package inventory

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// crew is a number of workers with one stack of work. Nobody ever waits for
// another's result: what a piece of work finds to do it leaves on the stack, and
// what is to be done when all pieces of a task are through is done by whoever
// comes through last. So every worker has a request to the disk in flight for as
// long as there is work, however it lies in the tree. The newest goes first,
// which walks the tree depth first and keeps few directories open.
type crew struct {
	ctx     context.Context
	workers int

	mu     sync.Mutex
	wake   *sync.Cond
	stack  []*task
	taken  int // pieces being worked on
	err    error
	failed atomic.Bool
}

// task is f over 0 ≤ i < n, and then done, which may be nil.
type task struct {
	n, next int
	pieces  int // being worked on
	f       func(i int) error
	done    func()
}

// largest is how much of a task one worker takes at once, while there is enough
// for all: what it takes is a few hundred microseconds' work on a warm cache.
const largest = 64

func newCrew(ctx context.Context, workers int) *crew {
	c := &crew{ctx: ctx, workers: max(workers, 1)}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// later leaves work on the stack.
func (c *crew) later(f func() error) { c.each(1, func(int) error { return f() }, nil) }

// each leaves f over 0 ≤ i < n on the stack; done comes after the last of them,
// also after a failure, when f is no longer called.
func (c *crew) each(n int, f func(i int) error, done func()) {
	if n == 0 {
		if done != nil {
			done()
		}
		return
	}
	c.mu.Lock()
	c.stack = append(c.stack, &task{n: n, f: f, done: done})
	c.mu.Unlock()
	if n == 1 {
		c.wake.Signal()
	} else {
		c.wake.Broadcast()
	}
}

// work goes on until nothing is left to do, or until something fails.
func (c *crew) work() error {
	var all sync.WaitGroup
	for range c.workers {
		all.Go(func() {
			for {
				t, from, to := c.take()
				if t == nil {
					return
				}
				c.pass(t, from, to)
				c.give(t)
			}
		})
	}
	all.Wait()
	return c.err
}

// take is a piece of the newest task, once there is one, and nil at the end.
func (c *crew) take() (t *task, from, to int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.stack) == 0 {
		if c.taken == 0 {
			return nil, 0, 0
		}
		c.wake.Wait()
	}
	t = c.stack[len(c.stack)-1]
	from, to = t.next, t.next+c.share(t)
	if t.next = to; to == t.n {
		c.stack = c.stack[:len(c.stack)-1]
	}
	t.pieces++
	c.taken++
	return t, from, to
}

// share is how much of a task to take at once: little where the others would
// otherwise have nothing to do.
func (c *crew) share(t *task) int {
	left := t.n - t.next
	if c.failed.Load() {
		return left
	}
	if len(c.stack) > c.workers {
		return min(left, largest)
	}
	return min(left, largest, 1+left/(2*c.workers))
}

// pass does one piece.
func (c *crew) pass(t *task, from, to int) {
	defer c.catch()
	for i := from; i < to && !c.failed.Load(); i++ {
		err := c.ctx.Err()
		if err == nil {
			err = t.f(i)
		}
		if err != nil {
			c.fail(err)
		}
	}
}

// give returns a piece, and ends its task if it was the last.
func (c *crew) give(t *task) {
	c.mu.Lock()
	t.pieces--
	last := t.pieces == 0 && t.next == t.n
	c.mu.Unlock()
	if last {
		c.end(t)
	}
	c.mu.Lock()
	c.taken--
	over := c.taken == 0 && len(c.stack) == 0
	c.mu.Unlock()
	if over {
		c.wake.Broadcast()
	}
}

func (c *crew) end(t *task) {
	defer c.catch()
	if t.done != nil {
		t.done()
	}
}

// catch makes a failure of a panic, which nobody else could: it is in a
// goroutine of the crew's own.
func (c *crew) catch() {
	if r := recover(); r != nil {
		c.fail(fmt.Errorf("internal error while scanning: %v: please report this\n%s", r, debug.Stack()))
	}
}

func (c *crew) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	c.failed.Store(true)
}
