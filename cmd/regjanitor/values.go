package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// span is a time in Go's way of writing it, never negative; 0 is none.
type span time.Duration

// UnmarshalText reads 90m, 2h or 1h30m.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a time span: write hours, minutes and seconds, as in 90m, 2h or 1h30m", text)
	}
	*s = span(d)
	return nil
}

// moment is a span that is not none.
type moment span

// UnmarshalText reads what span does, but 0.
func (m *moment) UnmarshalText(text []byte) error {
	var s span
	if err := s.UnmarshalText(text); err != nil {
		return err
	}
	if s == 0 {
		return fmt.Errorf("%q leaves no time for anything", text)
	}
	*m = moment(s)
	return nil
}

func (m moment) String() string { return span(m).String() }

func (s span) String() string { return time.Duration(s).String() }

// instant is a point in time.
type instant time.Time

// UnmarshalText reads a date, which begins at midnight in UTC, or a date and time
// with their zone.
func (i *instant) UnmarshalText(text []byte) error {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, string(text)); err == nil {
			*i = instant(t)
			return nil
		}
	}
	return fmt.Errorf("%q is not a time: write 2026-11-22 or 2026-11-22T03:00:00Z", text)
}

// forever is longer than anybody waits.
const forever span = math.MaxInt64

// upTo is what to add to a sentence about waiting.
func (s span) upTo() string {
	if s == forever {
		return ""
	}
	return ", up to " + s.String()
}

// percent is a share of a hundred; -1 is none.
type percent float64

// UnmarshalText reads a number with a percent sign.
func (p *percent) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(string(text), "%")
	value, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(value >= 0 && value <= 100) {
		return fmt.Errorf("%q is not a share: write 0%% to 100%%", text)
	}
	*p = percent(value)
	return nil
}

// filename is the name of a file or directory. An empty one is a mistake, say of
// a script whose variable is not set, and not the same as no flag at all.
type filename string

// UnmarshalText takes any name but the empty one.
func (f *filename) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("the name is empty")
	}
	*f = filename(text)
	return nil
}

// readFile reads a file that the user names, which may be a symbolic link: those
// of a configuration that is mounted into a container mostly are.
func readFile(name filename, limit int) ([]byte, error) {
	data, _, err := host.ReadFrom("/", absolute(string(name)), limit)
	return data, err
}
