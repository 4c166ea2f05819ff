package retention_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regjanitor/internal/retention"
)

// TestPeriods tells whether two moments are in the same day, ISO week and
// month: of two tags the earlier then goes. A third one, long ago, is the oldest.
func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		what, earlier, later string
		same                 string // of d, w and m
	}{
		{"a day ends at midnight in UTC", "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", "wm"},
		{"and begins there", "2026-11-21T00:00:00Z", "2026-11-21T23:59:59Z", "dwm"},
		{"another zone's midnight is none", "2026-11-20T23:30:00+02:00", "2026-11-21T00:30:00+02:00", "dwm"},
		{"in it the same day is two", "2026-11-21T01:30:00+02:00", "2026-11-21T02:30:00+02:00", "wm"},
		{"the hour that comes twice in autumn", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "dwm"},
		{"a day of 25 hours in Berlin", "2026-10-25T00:30:00+02:00", "2026-10-25T23:30:00+01:00", "wm"},
		{"a day of 23 hours in Berlin", "2026-03-29T00:30:00+01:00", "2026-03-29T23:30:00+02:00", "wm"},
		{"a week ends on Sunday", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z", "m"},
		{"and begins on Monday", "2026-11-16T00:00:00Z", "2026-11-22T23:59:59Z", "wm"},
		{"week 53 of 2026 goes on in 2027", "2026-12-31T12:00:00Z", "2027-01-01T12:00:00Z", "w"},
		{"till Sunday", "2026-12-28T00:00:00Z", "2027-01-03T23:59:59Z", "w"},
		{"then week 1 begins", "2027-01-03T23:59:59Z", "2027-01-04T00:00:00Z", "m"},
		{"week 1 of 2025 begins in 2024", "2024-12-30T00:00:00Z", "2025-01-05T00:00:00Z", "w"},
		{"the same week of two years", "2025-11-21T12:00:00Z", "2026-11-21T12:00:00Z", ""},
		{"the same days of two years", "2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z", ""},
		{"a month ends at midnight", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "w"},
		{"a leap day", "2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z", "wm"},
		{"and the day after it", "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z", "w"},
		{"the new year in Auckland is not yet one", "2027-01-01T00:30:00+13:00", "2026-12-31T12:00:00Z", "dwm"},
	} {
		tags := []retention.Tag{{Name: "earlier", Pushed: at(t, c.earlier)}, {Name: "later", Pushed: at(t, c.later)}, {Name: "oldest"}}
		var same strings.Builder
		for _, key := range []string{"daily", "weekly", "monthly"} {
			p := policyOf(t, "keep_min: 0, keep_"+key+": 3")
			verdicts, _ := p.Judge("r", tags, at(t, "2030-01-01T00:00:00Z"))
			if !verdicts[1].Keep || !verdicts[2].Keep {
				t.Errorf("%s: %s: later, oldest: %+v", c.what, key, verdicts)
			}
			if !verdicts[0].Keep {
				same.WriteString(key[:1])
			}
		}
		if same.String() != c.same {
			t.Errorf("%s: %s and %s are in one period of %q, want %q", c.what, c.earlier, c.later, same.String(), c.same)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// TestNowHasNoZone: it is a moment, wherever the clock hangs.
func TestNowHasNoZone(t *testing.T) {
	tags := tagsOf(t, "a@1h b@13h c@2d d@30d e@300d")
	p := policyOf(t, "keep_daily: 2, keep_within: 1d, keep_min: 0")
	want, _ := p.Judge("r", tags, now)
	for _, hours := range []int{-12, -1, 5, 14} {
		zone := time.FixedZone("", hours*3600)
		moved := slices.Clone(tags)
		for i := range moved {
			moved[i].Pushed = moved[i].Pushed.In(zone)
		}
		got, _ := p.Judge("r", moved, now.In(zone))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("in %s:\n%v\nwant\n%v", zone, got, want)
		}
	}
}

// TestAsResticWould compares with how restic's users know the calendar rules,
// written out anew: go through the snapshots from the latest on, and for each
// kind keep one whose period is another than that of the last one kept, and the
// very last, while there is something left of the number.
func TestAsResticWould(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		span := rapid.SampledFrom([]int{48, 24 * 20, 24 * 100, 24 * 1000}).Draw(r, "hours")
		hours := rapid.SliceOfNDistinct(rapid.IntRange(0, span), 1, 40, rapid.ID).Draw(r, "ago")
		slices.Sort(hours) // the latest first
		counts := rapid.SliceOfN(rapid.IntRange(0, 8), 4, 4).Draw(r, "last, daily, weekly, monthly")
		var tags []retention.Tag
		for i, h := range hours {
			tags = append(tags, retention.Tag{Name: fmt.Sprint(i), Pushed: now.Add(-time.Duration(h) * time.Hour)})
		}
		p := policyOf(t, fmt.Sprintf("keep_last: %d, keep_daily: %d, keep_weekly: %d, keep_monthly: %d, keep_min: 0, trust_mtime: true", counts[0], counts[1], counts[2], counts[3]))
		verdicts, _ := p.Judge("r", tags, now)
		for i, want := range asRestic(tags, counts) {
			if verdicts[i].Keep != want {
				r.Fatalf("pushed %s: kept: %t", tags[i].Pushed, !want)
			}
		}
	})
}

func asRestic(tags []retention.Tag, counts []int) []bool {
	keep := make([]bool, len(tags))
	last := []string{"", "", "", ""}
	left := slices.Clone(counts)
	for i, tag := range tags {
		year, week := tag.Pushed.ISOWeek()
		periods := []string{fmt.Sprint(i), tag.Pushed.Format("20060102"), fmt.Sprint(year, "/", week), tag.Pushed.Format("200601")}
		for kind, period := range periods {
			if left[kind] > 0 && (period != last[kind] || i == len(tags)-1) {
				keep[i] = true
				last[kind] = period
				left[kind]--
			}
		}
	}
	return keep
}
