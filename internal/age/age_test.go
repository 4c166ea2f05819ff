package age_test

import (
	"testing"
	"time"

	"regjanitor/internal/age"
)

func TestAge(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0": 0, "0h": 0, "36h": 36 * time.Hour, "7d": 7 * day, "1w2d": 9 * day, "1y": 365 * day, "2d36h": 84 * time.Hour,
	} {
		var got age.Age
		if err := got.UnmarshalText([]byte(text)); err != nil || time.Duration(got) != want {
			t.Errorf("%q is %s, %v; want %s", text, time.Duration(got), err, want)
		}
	}
	for _, text := range []string{"", " ", "7", "00", "30m", "1m", "d", "-1d", "1.5d", "1D", "7 d", "1d ", "d1", "1y2", "292y300d", "9999999999999999999h"} {
		got := age.Age(7)
		if err := got.UnmarshalText([]byte(text)); err == nil || got != 7 {
			t.Errorf("%q is taken for %s", text, time.Duration(got))
		}
	}
}
