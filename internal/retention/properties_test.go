package retention_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"regjanitor/internal/retention"
)

// drawn is a policy and a repository to judge by it.
type drawn struct {
	rules []map[string]string // key to value, as they are written
	tags  []retention.Tag
}

func (d drawn) judge(t testing.TB) ([]retention.Verdict, []string) {
	return policyOf(t, written(d.rules)...).Judge("team/app", d.tags, now)
}

func written(rules []map[string]string) (all []string) {
	for _, rule := range rules {
		var keys []string
		for key := range rule {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for i, key := range keys {
			keys[i] = key + ": " + rule[key]
		}
		all = append(all, strings.Join(keys, ", "))
	}
	return all
}

var keeps = []string{"keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_within"}

func drawKeep(r *rapid.T, key string) string {
	if key == "keep_within" {
		return rapid.SampledFrom([]string{"0", "5h", "2d", "30d", "1y"}).Draw(r, key)
	}
	return fmt.Sprint(rapid.IntRange(0, 5).Draw(r, key))
}

// sometimes writes a key into a rule, or leaves it out.
func sometimes(r *rapid.T, rule map[string]string, key string, values ...string) {
	if v := rapid.SampledFrom(append(values, "")).Draw(r, key); v != "" {
		rule[key] = v
	}
}

func drawRule(r *rapid.T) map[string]string {
	rule := map[string]string{}
	sometimes(r, rule, "repositories", "[other]", `["team/*"]`, `["**"]`, "")
	sometimes(r, rule, "tags", "[a*]", `["[0-9]*", v*]`, `["{a,b}-*"]`, "", "")
	sometimes(r, rule, "protect", "[latest, a-1*]", `["*.0"]`, "")
	sometimes(r, rule, "order", "semver", "pushed")
	sometimes(r, rule, "age", "created", "pushed")
	sometimes(r, rule, "trust_mtime", "true", "false")
	sometimes(r, rule, "keep_min", "0", "2", "10")
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(keeps), 1, 3, rapid.ID).Draw(r, "keeps") {
		rule[key] = drawKeep(r, key)
	}
	return rule
}

var someNames = rapid.Custom(func(r *rapid.T) string {
	n := rapid.IntRange(0, 12).Draw(r, "n")
	switch rapid.IntRange(0, 6).Draw(r, "kind") {
	case 0:
		return fmt.Sprintf("a-%d", n)
	case 1:
		return fmt.Sprintf("b-%02d", n)
	case 2:
		return fmt.Sprintf("v1.%d.%d", n, n%3)
	case 3:
		return fmt.Sprintf("1.%d.0-alpine", n)
	case 4:
		return fmt.Sprintf("%d.0.0", n)
	case 5:
		return fmt.Sprintf("1.%d.0-rc.%d", n/10, n)
	}
	return rapid.SampledFrom([]string{"latest", "main", "1.2", "a", "a-1-x", "a-01-x", "b-1", "b-001"}).Draw(r, "name")
})

func draw(r *rapid.T) (d drawn) {
	for range rapid.IntRange(1, 3).Draw(r, "rules") {
		d.rules = append(d.rules, drawRule(r))
	}
	span := rapid.SampledFrom([]int{0, 1, 72, 24 * 40, 24 * 900}).Draw(r, "hours")
	for _, name := range rapid.SliceOfNDistinct(someNames, 0, 30, rapid.ID).Draw(r, "names") {
		tag := retention.Tag{Name: name, Pushed: now.Add(-time.Duration(rapid.IntRange(-1, span).Draw(r, "pushed")) * time.Hour)}
		switch rapid.IntRange(0, 3).Draw(r, "created") {
		case 0:
			tag.Created = time.Unix(0, 0)
		case 1, 2:
			tag.Created = now.Add(-time.Duration(rapid.IntRange(-3, 24*100).Draw(r, "ago")) * time.Hour)
		}
		d.tags = append(d.tags, tag)
	}
	return d
}

func kept(verdicts []retention.Verdict) (n int) {
	for _, v := range verdicts {
		if v.Keep {
			n++
		}
	}
	return n
}

func has(v retention.Verdict, code retention.ReasonCode) bool {
	return slices.ContainsFunc(v.Reasons, func(r retention.Reason) bool { return r.Code == code })
}

// TestKeepBeatsDelete: a tag goes only if nothing keeps it, belongs to a rule
// of this repository and is matched by no protect.
func TestKeepBeatsDelete(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := draw(r)
		verdicts, flattened := d.judge(t)
		doubted := map[string]bool{}
		for i, v := range verdicts {
			name := d.tags[i].Name
			if v.Keep == has(v, retention.Unkept) || len(v.Reasons) == 0 || !v.Keep && len(v.Reasons) != 1 {
				r.Fatalf("%s: kept: %t for %v", name, v.Keep, v.Reasons)
			}
			if (v.Rule == "") != has(v, retention.NoRule) {
				r.Fatalf("%s of rule %q: %v", name, v.Rule, v.Reasons)
			}
			if v.Time.After(now) && !v.Keep {
				r.Fatalf("%s is from the future and goes", name)
			}
			if has(v, retention.Flattened) {
				doubted[v.Rule] = true
			}
			if v.Rule == "" {
				continue
			}
			rule := d.rules[v.Rule[0]-'1']
			if rule["repositories"] == "[other]" || rule["tags"] == "[a*]" && name[0] != 'a' {
				r.Fatalf("%s is of rule %s: %v", name, v.Rule, rule)
			}
			if guarded := rule["protect"] == "[latest, a-1*]" && (name == "latest" || strings.HasPrefix(name, "a-1")) ||
				rule["protect"] == `["*.0"]` && strings.HasSuffix(name, ".0"); guarded != has(v, retention.Protected) || guarded && !v.Keep {
				r.Fatalf("%s of rule %v: %v", name, rule, v.Reasons)
			}
		}
		for _, name := range flattened {
			if !doubted[name] {
				r.Fatalf("rule %s is said to be in doubt", name)
			}
			delete(doubted, name)
		}
		if len(doubted) > 0 {
			r.Fatalf("rules %v are in doubt, and it is not said", doubted)
		}
	})
}

// TestAnotherKeep: a rule with one more keep_*, or a larger one, keeps what it
// kept, and in all no fewer tags are left. (A tag of another rule that only its
// keep_min made up may go: there are others instead.)
func TestAnotherKeep(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := draw(r)
		before, doubted := d.judge(t)
		at := rapid.IntRange(0, len(d.rules)-1).Draw(r, "rule")
		key := rapid.SampledFrom(keeps).Draw(r, "key")
		if old, there := d.rules[at][key]; !there {
			d.rules[at][key] = drawKeep(r, key)
		} else if key == "keep_within" {
			d.rules[at][key] = old + map[bool]string{true: "h", false: "1h"}[old == "0"] + "9y"
		} else {
			var n int
			fmt.Sscan(old, &n)
			d.rules[at][key] = fmt.Sprint(n + rapid.IntRange(0, 3).Draw(r, "more"))
		}
		after, _ := d.judge(t)
		for i, v := range before {
			if v.Rule == fmt.Sprint(at+1) && v.Keep && !after[i].Keep {
				r.Fatalf("%s was kept for %v, and goes with %s: %s", d.tags[i].Name, v.Reasons, key, d.rules[at][key])
			}
		}
		if kept(after) < kept(before) {
			r.Fatalf("%d were left, and with %s: %s %d (in doubt: %v)", kept(before), key, d.rules[at][key], kept(after), doubted)
		}
	})
}

// TestOrderOfTagsDoesNotMatter: a directory lists them as it likes.
func TestOrderOfTagsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := draw(r)
		want, doubted := d.judge(t)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "shuffle"), 0)).Perm(len(d.tags))
		other := drawn{rules: d.rules}
		for _, i := range order {
			other.tags = append(other.tags, d.tags[i])
		}
		got, doubtedToo := other.judge(t)
		for to, from := range order {
			if diff := cmp.Diff(want[from], got[to]); diff != "" {
				r.Fatalf("%s:\n%s", d.tags[from].Name, diff)
			}
		}
		if !slices.Equal(doubted, doubtedToo) {
			r.Fatalf("in doubt: %v, and %v", doubted, doubtedToo)
		}
	})
}

// TestKeepMinHolds: of a repository that had as many, as many are left.
func TestKeepMinHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := draw(r)
		verdicts, _ := d.judge(t)
		for i, v := range verdicts {
			if v.Keep {
				continue
			}
			least := 1
			if text := d.rules[v.Rule[0]-'1']["keep_min"]; text != "" {
				fmt.Sscan(text, &least)
			}
			if kept(verdicts) < least {
				r.Fatalf("%s goes, and %d are left, though its rule wants %d", d.tags[i].Name, kept(verdicts), least)
			}
		}
	})
}

// TestWhatIsLeftStays: judged again at the same moment, nothing more goes. Only
// doubt about flattened times may come and go with the number of tags: where
// one rule's tags stay in doubt and another's go, too few may be left to see it.
func TestWhatIsLeftStays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := draw(r)
		verdicts, doubted := d.judge(t)
		left := drawn{rules: d.rules}
		for i, v := range verdicts {
			if v.Keep {
				left.tags = append(left.tags, d.tags[i])
			}
		}
		if len(doubted) > 0 && len(left.tags) < len(d.tags) {
			r.Skip("in doubt")
		}
		again, _ := left.judge(t)
		for i, v := range again {
			if !v.Keep {
				r.Fatalf("%s was left, and goes the second time: %v", left.tags[i].Name, v.Reasons)
			}
		}
	})
}
