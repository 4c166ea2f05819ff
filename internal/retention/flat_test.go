package retention_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/retention"
)

// crowd is n tags of which some were pushed within the same hour, 30 days ago,
// and the others on a day each before that.
func crowd(close, all int) string {
	var b strings.Builder
	for i := range all {
		ago := fmt.Sprintf("%dd", 40+i)
		if i < close {
			ago = fmt.Sprintf("30d%dh", i%2)
		}
		fmt.Fprintf(&b, "t%d@%s ", i, ago)
	}
	return b.String()
}

func TestFlattenedTimes(t *testing.T) {
	const spread = "1.0.0@1d,400d "
	count := func(rules []string, tags string) (goes, doubted int, names []string) {
		list := tagsOf(t, tags)
		verdicts, names := policyOf(t, rules...).Judge("r", list, now)
		for _, v := range verdicts {
			if !v.Keep {
				goes++
			}
			for _, r := range v.Reasons {
				if r.Code == retention.Flattened {
					doubted++
				}
			}
		}
		return goes, doubted, names
	}
	dated := strings.ReplaceAll(crowd(20, 20), " ", ",90d ")
	versions := strings.ReplaceAll(crowd(20, 20), "t", "1.0.")
	for _, c := range []struct {
		what          string
		rules         []string
		tags          string
		goes, doubted int
		names         string
	}{
		{"all of twenty", one("keep_last: 5"), crowd(20, 20), 0, 15, "1"},
		{"nineteen are too few to tell", one("keep_last: 5"), crowd(19, 19), 14, 0, ""},
		{"nine tenths", one("keep_last: 5"), crowd(18, 20), 0, 15, "1"},
		{"less than that", one("keep_last: 5"), crowd(17, 20), 15, 0, ""},
		{"nine tenths of 21 are 19", one("keep_last: 5"), crowd(18, 21), 16, 0, ""},
		{"nine tenths of 21 are reached", one("keep_last: 5"), crowd(19, 21), 0, 16, "1"},
		{"the rule trusts them", one("keep_last: 5, trust_mtime: true"), crowd(20, 20), 15, 0, ""},
		{"nothing would go", one("keep_within: 60d"), crowd(20, 20), 0, 0, ""},
		{"tags of no rule are looked at too", one("tags: [t1], keep_last: 0, keep_min: 0"), crowd(20, 20), 0, 1, "1"},
		{"versions need no time", one("order: semver, keep_last: 5"), versions, 15, 0, ""},
		{"nor with ages of 0", one("order: semver, keep_last: 5, keep_within: 0, keep_daily: 0"), versions, 15, 0, ""},
		{"with days they do", one("order: semver, keep_last: 5, keep_daily: 1"), versions, 0, 15, "1"},
		{"with weeks they do", one("order: semver, keep_last: 5, keep_weekly: 1"), versions, 0, 15, "1"},
		{"with months they do", one("order: semver, keep_last: 5, keep_monthly: 1"), versions, 0, 15, "1"},
		{"with an age they do", one("order: semver, keep_last: 5, keep_within: 1d"), versions, 0, 15, "1"},
		{"the images' own times are other times", one("age: created, keep_last: 5"), dated, 15, 0, ""},
		{"if all are known", one("age: created, keep_last: 5"), dated + "x@30d", 0, 16, "1"},
		{"one rule's doubt keeps what another would drop", []string{"tags: [t1], keep_last: 0, keep_min: 0", "keep_last: 5, trust_mtime: true"}, crowd(20, 20), 0, 15, "1"},
		{"even if it drops nothing itself", []string{"tags: [t1], keep_last: 1", "keep_last: 0, keep_min: 3, trust_mtime: true"}, crowd(20, 20), 0, 17, "1"},
		{"a rule that counts nothing casts no doubt", []string{"tags: [none], keep_last: 1", "keep_last: 0, keep_min: 3, trust_mtime: true"}, crowd(20, 20), 17, 0, ""},
		{"two rules in doubt", []string{"tags: [t1*], keep_last: 0, keep_min: 0", "keep_last: 0"}, crowd(20, 20), 0, 19, "1 2"},
		{"a doubtful rule's keep_min is told all the same", one("keep_last: 0, keep_min: 3"), crowd(20, 20) + spread, 0, 18, "1"},
	} {
		goes, doubted, names := count(c.rules, c.tags)
		if goes != c.goes || doubted != c.doubted || strings.Join(names, " ") != c.names {
			t.Errorf("%s: %d go, %d stay in doubt by rules %q; want %d, %d, %q", c.what, goes, doubted, names, c.goes, c.doubted, c.names)
		}
	}
}

// TestWithinAnHour: it is an hour from the first of the eighteen to the last.
func TestWithinAnHour(t *testing.T) {
	for last, doubt := range map[time.Duration]bool{time.Hour: true, time.Hour + 1: false} {
		var tags []retention.Tag
		for i := range 20 {
			tags = append(tags, retention.Tag{Name: fmt.Sprint(i), Pushed: now.Add(-99 * time.Hour)})
		}
		tags[5].Pushed = now.Add(-99*time.Hour + last)
		tags[6].Pushed, tags[7].Pushed = now.Add(-9*time.Hour), now.Add(-8*time.Hour)
		if _, flattened := policyOf(t, "keep_last: 1").Judge("r", tags, now); (len(flattened) > 0) != doubt {
			t.Errorf("%s apart: in doubt: %q", last, flattened)
		}
	}
}
