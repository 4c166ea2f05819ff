// Package progress is the one hook by which long work tells how far it is.
// Who listens decides what to show, where and how often; who works only counts.
package progress

import (
	"sync"
	"sync/atomic"
)

// Event is how far a phase is. Total is 0 where it is not known beforehand.
type Event struct {
	Phase string
	Done  int64
	Total int64
}

// Meter counts one phase and passes it on, serially, about every stride. The
// zero Meter counts nothing.
type Meter struct {
	observe func(Event)
	phase   string
	total   int64
	done    atomic.Int64
	mu      sync.Mutex
}

const stride = 256

// NewMeter starts a phase; observe may be nil.
func NewMeter(observe func(Event), phase string, total int64) *Meter {
	m := &Meter{observe: observe, phase: phase, total: total}
	m.tell(0)
	return m
}

// Add counts n more things done.
func (m *Meter) Add(n int) {
	done := m.done.Add(int64(n))
	if done/stride != (done-int64(n))/stride {
		m.tell(done)
	}
}

// End tells the phase's last count.
func (m *Meter) End() { m.tell(m.done.Load()) }

func (m *Meter) tell(done int64) {
	if m.observe == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.observe(Event{Phase: m.phase, Done: done, Total: m.total})
}
