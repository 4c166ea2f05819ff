package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]rate{
		"50M": 50 << 20, "1K": 1024, "1.5G": 3 << 29, "2T": 2 << 40, "50MiB": 50 << 20, "0.5K": 512,
	} {
		var r rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s: %d, %v; want %d", text, r, err, want)
		}
	}
	for _, text := range []string{"", "M", "50", "50m", "50MB", "-1M", "0M", "0.0001K", "NaNM", "InfM", "9e30T", "1 M", "K50", "50iB"} {
		var r rate
		if err := r.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), "is not a rate") {
			t.Errorf("%q: %d, %v", text, r, err)
		}
	}
}

// TestDailyShares: whatever the share, so many days in a row read every blob once.
func TestDailyShares(t *testing.T) {
	digests := make([]digest.Digest, 500)
	for i := range digests {
		digests[i] = digest.FromString(strings.Repeat("x", i))
	}
	for text, days := range map[string]int{"100%": 1, "99%": 2, "50%": 2, "33%": 4, "33.4%": 3, "14.3%": 7, "10%": 10, "1%": 100} {
		var s share
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, first := range []int64{0, 20_000, 20_005} {
			times := map[digest.Digest]int{}
			for day := range int64(days) {
				at := time.Unix((first+day)*24*60*60, 0).Add(time.Duration(day) * time.Minute)
				for _, d := range digests {
					if s.on(at).Has(d) {
						times[d]++
					}
				}
			}
			for _, d := range digests {
				if times[d] != 1 {
					t.Fatalf("%s: in %d days from day %d on %s is read %d times", text, days, first, d, times[d])
				}
			}
		}
	}
}

// TestDaysOfTheWeek: date +%u counts 1 to 7 and date +%w 0 to 6; both are seven
// parts.
func TestDaysOfTheWeek(t *testing.T) {
	var sunday, alsoSunday share
	for s, text := range map[*share]string{&sunday: "7/7", &alsoSunday: "0/7"} {
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if now := time.Now(); sunday.on(now) != alsoSunday.on(now) {
		t.Errorf("%v and %v", sunday.on(now), alsoSunday.on(now))
	}
	var none share
	if p := none.on(time.Now()); !p.Has(digest.FromString("x")) || p.Of != 0 {
		t.Errorf("without a share not all is read: %v", p)
	}
	var huge share
	if err := huge.UnmarshalText([]byte("1/4294967295")); err != nil || huge.part.Of != math.MaxUint32 {
		t.Errorf("%v, %v", huge, err)
	}
}
