package report

import (
	"fmt"
	"io"
	"sync"
	"time"

	"regjanitor/internal/progress"
)

// Display shows how far a run is: a bar on a terminal, a line a minute elsewhere.
// It is made for one writer, and Above is how others write there too.
type Display struct {
	voice    Voice
	bar      bool
	lines    bool
	mu       sync.Mutex
	last     progress.Event
	began    time.Time // of the phase
	shown    time.Time
	barShown bool
}

// NewDisplay shows progress as a bar, as lines, or not at all.
func NewDisplay(voice Voice, bar, lines bool) *Display {
	return &Display{voice: voice, bar: bar, lines: lines && !bar, shown: time.Now()}
}

const (
	barEvery  = 100 * time.Millisecond
	lineEvery = time.Minute
	barWidth  = 30
)

// Observe takes an event; it is a progress hook.
func (d *Display) Observe(e progress.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if e.Phase != d.last.Phase {
		d.began = now
	}
	d.last = e
	switch since := now.Sub(d.shown); {
	case d.bar && since >= barEvery:
		d.erase()
		fmt.Fprint(d.voice.W, d.drawing(now))
		d.barShown, d.shown = true, now
	case d.lines && since >= lineEvery:
		d.voice.Note(d.words(now))
		d.shown = now
	}
}

// State is the last event in words, for who asks.
func (d *Display) State() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.words(time.Now())
}

// Pause takes the bar away, until the next event.
func (d *Display) Pause() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
}

// Above is a writer for whole lines that keeps clear of the bar.
func (d *Display) Above() io.Writer { return above{d} }

type above struct{ d *Display }

func (a above) Write(p []byte) (int, error) {
	a.d.mu.Lock()
	defer a.d.mu.Unlock()
	a.d.erase()
	return a.d.voice.W.Write(p)
}

func (d *Display) erase() {
	if d.barShown {
		fmt.Fprint(d.voice.W, "\r\x1b[2K")
		d.barShown = false
	}
}

func (d *Display) drawing(now time.Time) string {
	if d.last.Total <= 0 {
		return d.words(now)
	}
	full := int(barWidth * d.last.Done / d.last.Total)
	bar := make([]rune, barWidth)
	for i := range bar {
		bar[i] = '░'
		if i < full {
			bar[i] = '█'
		}
	}
	return string(bar) + "  " + d.words(now)
}

// words is the phase, the count, the rate and the time left.
func (d *Display) words(now time.Time) string {
	e := d.last
	if e.Phase == "" {
		return "starting"
	}
	amount := Count
	if e.Bytes {
		amount = Size
	}
	s := fmt.Sprintf("%s  %s", e.Phase, amount(e.Done))
	if e.Total > 0 {
		s += " of " + amount(e.Total)
	}
	if took := now.Sub(d.began).Seconds(); took > 0.5 && e.Done > 0 {
		rate := float64(e.Done) / took
		s += fmt.Sprintf("  %s/s", amount(int64(rate)))
		if left := e.Total - e.Done; left > 0 {
			s += fmt.Sprintf("  %s left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
		}
	}
	return s
}
