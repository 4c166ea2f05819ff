package progress

import (
	"slices"
	"sync"
	"testing"
)

func TestAPhaseIsToldFromItsStartToItsEnd(t *testing.T) {
	var events []Event
	m := NewMeter(func(e Event) { events = append(events, e) }, "reading manifests", 1000)
	m.Add(100)
	m.Add(200) // the first stride ends within
	m.Add(1)
	m.Add(0)
	m.Add(600) // two strides at once are one event
	m.End()
	want := []Event{
		{"reading manifests", 0, 1000, false}, {"reading manifests", 300, 1000, false},
		{"reading manifests", 901, 1000, false}, {"reading manifests", 901, 1000, false},
	}
	if !slices.Equal(events, want) {
		t.Errorf("got %v; want %v", events, want)
	}
}

func TestBytesAreToldByTheMebibyte(t *testing.T) {
	var events []Event
	m := NewByteMeter(func(e Event) { events = append(events, e) }, "hashing", 3<<20)
	for range 9 {
		m.Add(300_000)
	}
	m.End()
	want := []Event{{"hashing", 0, 3 << 20, true}, {"hashing", 1_200_000, 3 << 20, true}, {"hashing", 2_100_000, 3 << 20, true}, {"hashing", 2_700_000, 3 << 20, true}}
	if !slices.Equal(events, want) {
		t.Errorf("got %v; want %v", events, want)
	}
}

func TestNobodyNeedListen(t *testing.T) {
	m := NewMeter(nil, "scanning", 0)
	m.Add(10_000)
	m.End()
	var zero Meter
	zero.Add(10_000)
	zero.End()
}

// The hook itself takes no lock: to call it serially is the Meter's part.
func TestManyWorkersAreToldOfOneAtATime(t *testing.T) {
	const workers, each = 8, 10_000
	calls, last := 0, int64(0)
	m := NewMeter(func(e Event) { calls++; last = e.Done }, "scanning", 0)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range each {
				m.Add(1)
			}
		})
	}
	group.Wait()
	m.End()
	if want := workers*each/stride + 2; calls != want || last != workers*each {
		t.Errorf("%d events, the last at %d; want %d, %d", calls, last, want, workers*each)
	}
}
