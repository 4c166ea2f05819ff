package retention_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/retention"
)

// TestNaturalOrder: ties are broken by a total order, or the order of a
// directory would matter.
func TestNaturalOrder(t *testing.T) {
	for _, c := range []string{"a-1 a-2 a-10", "a1 a01b a1b", "9 10 100000000000000000000 100000000000000000001 a", "1.2 1.10 1a", "01 1", "a a-1 a-1-x"} {
		names := strings.Fields(c)
		for i := range names {
			for j := range names {
				if i == j {
					continue
				}
				tags := []retention.Tag{{Name: names[i], Pushed: now}, {Name: names[j], Pushed: now}}
				verdicts, _ := policyOf(t, "keep_last: 1, keep_min: 0").Judge("r", tags, now)
				if verdicts[0].Keep != (i > j) || verdicts[1].Keep == verdicts[0].Keep {
					t.Errorf("of %s and %s pushed at once the former is the later: %t", names[i], names[j], i < j)
				}
			}
		}
	}
}

// BenchmarkJudge judges 100,000 tags of one repository.
func BenchmarkJudge(b *testing.B) {
	for _, rule := range []string{"keep_last: 10", "keep_last: 0, keep_min: 0, trust_mtime: true", "tags: [\"v*\"], protect: [\"v1.0.*\"], order: semver, keep_last: 3, keep_daily: 7, keep_within: 30d"} {
		p, tags := policyOf(b, rule), manyTags(100_000)
		b.Run(strings.ReplaceAll(rule, " ", ""), func(b *testing.B) {
			for b.Loop() {
				p.Judge("r", tags, now)
			}
		})
	}
}

func manyTags(n int) []retention.Tag {
	r := rand.New(rand.NewPCG(1, 2))
	tags := make([]retention.Tag, n)
	for i := range tags {
		tags[i] = retention.Tag{Name: fmt.Sprintf("v%d.%d.%d-s%d", i/10000, i/100%100, i%100, i%7), Pushed: now.Add(-time.Duration(r.IntN(1e6)) * time.Minute)}
		if i%3 == 0 {
			tags[i].Pushed = now.Add(-time.Hour)
		}
	}
	return tags
}

// TestManyTags: nothing that is done for each tag looks at all the others, which
// would take 400 times as long for 20 times as many.
func TestManyTags(t *testing.T) {
	p := policyOf(t, "order: semver, keep_last: 3, keep_daily: 7, keep_within: 30d, trust_mtime: true")
	quickest := func(n int) time.Duration {
		tags, best := manyTags(n), time.Hour
		for range 3 {
			begin := time.Now()
			if verdicts, _ := p.Judge("r", tags, now); kept(verdicts) == n {
				t.Fatalf("all of %d tags are kept", n)
			}
			best = min(best, time.Since(begin))
		}
		return best
	}
	if few, many := quickest(5_000), quickest(100_000); many > 100*few {
		t.Errorf("5,000 tags take %s, 100,000 take %s", few, many)
	}
}
