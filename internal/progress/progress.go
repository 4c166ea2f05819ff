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
	Bytes bool // Done and Total are bytes, not things
}

// Meter counts one phase and passes it on, serially, now and then. The
// zero Meter counts nothing.
type Meter struct {
	observe func(Event)
	phase   string
	total   int64
	bytes   bool
	done    atomic.Int64
	mu      sync.Mutex
}

// How much is counted between two events.
const (
	stride      = 256
	bytesStride = 1 << 20
)

// NewMeter starts a phase; observe may be nil.
func NewMeter(observe func(Event), phase string, total int64) *Meter {
	m := &Meter{observe: observe, phase: phase, total: total}
	m.tell(0)
	return m
}

// NewByteMeter starts a phase in which bytes are counted.
func NewByteMeter(observe func(Event), phase string, total int64) *Meter {
	m := &Meter{observe: observe, phase: phase, total: total, bytes: true}
	m.tell(0)
	return m
}

// Add counts n more done.
func (m *Meter) Add(n int) {
	every := int64(stride)
	if m.bytes {
		every = bytesStride
	}
	done := m.done.Add(int64(n))
	if done/every != (done-int64(n))/every {
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
	m.observe(Event{Phase: m.phase, Done: done, Total: m.total, Bytes: m.bytes})
}
