package retention_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/age"
	"regjanitor/internal/retention"
)

// now is a Saturday noon.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// policyOf writes rules as one does on one line: "tags: [pr-*], keep_last: 2".
// They are called 1, 2 and so on.
func policyOf(t testing.TB, rules ...string) *retention.Policy {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\nrules:\n")
	for i, rule := range rules {
		fmt.Fprintf(&b, "- {name: \"%d\", %s}\n", i+1, rule)
	}
	p, err := retention.Parse("policy.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tagsOf reads tags with how long ago they were pushed and, behind a comma,
// their images created: "a@3d b@1d,2d c@+2h". A plus is in the future, and a
// year means its first day.
func tagsOf(t testing.TB, spec string) (tags []retention.Tag) {
	t.Helper()
	for word := range strings.FieldsSeq(spec) {
		name, times, _ := strings.Cut(word, "@")
		pushed, created, imaged := strings.Cut(times, ",")
		tag := retention.Tag{Name: name, Pushed: timeOf(t, pushed)}
		if imaged {
			tag.Created = timeOf(t, created)
		}
		tags = append(tags, tag)
	}
	return tags
}

func timeOf(t testing.TB, spec string) time.Time {
	t.Helper()
	if year, err := time.Parse("2006", spec); err == nil {
		return year
	}
	var ago age.Age
	ahead := strings.TrimPrefix(spec, "+")
	if err := ago.UnmarshalText([]byte(ahead)); err != nil {
		t.Fatal(err)
	}
	if ahead != spec {
		return now.Add(time.Duration(ago))
	}
	return now.Add(-time.Duration(ago))
}

// verdictsOf writes verdicts as the tests do: "a:last,daily b:goes".
func verdictsOf(tags []retention.Tag, verdicts []retention.Verdict) string {
	var words []string
	for i, v := range verdicts {
		var codes []string
		for _, r := range v.Reasons {
			codes = append(codes, string(r.Code))
		}
		word := strings.Join(codes, ",")
		if !v.Keep && word == "unkept" {
			word = "goes"
		}
		words = append(words, tags[i].Name+":"+word)
	}
	return strings.Join(words, " ")
}

type judgeCase struct {
	what  string
	rules []string
	tags  string
	want  string
}

func one(rule string) []string { return []string{rule} }

func (c judgeCase) check(t *testing.T) {
	t.Run(c.what, func(t *testing.T) {
		tags := tagsOf(t, c.tags)
		verdicts, flattened := policyOf(t, c.rules...).Judge("team/app", tags, now)
		if got := verdictsOf(tags, verdicts); got != c.want {
			t.Errorf("%s\n of %s\n is %s\nwant %s", strings.Join(c.rules, "\n"), c.tags, got, c.want)
		}
		if doubted := strings.Contains(c.want, "flattened"); doubted != (len(flattened) > 0) {
			t.Errorf("in doubt: %q", flattened)
		}
		for i, v := range verdicts {
			for _, r := range v.Reasons {
				if r.Detail == "" || r.Code == retention.Unkept == v.Keep || r.Code == retention.Unkept && len(v.Reasons) > 1 {
					t.Errorf("%s: %+v", tags[i].Name, v)
				}
			}
		}
	})
}

func TestWhoseTag(t *testing.T) {
	for _, c := range []judgeCase{
		{"a rule is for all unless it says otherwise", one("keep_last: 1"), "a@2d b@1d", "a:goes b:last,min"},
		{"what no rule matches is kept", one("tags: [pr-*], keep_last: 0, keep_min: 0"), "pr-1@1d main@9y", "pr-1:goes main:no-rule"},
		{"another repository's rule is none", one("repositories: [team], keep_last: 0"), "a@1d", "a:no-rule"},
		{"a star stays within its component", one("repositories: [\"*\"], keep_last: 0, keep_min: 0"), "a@1d", "a:no-rule"},
		{"two stars do not", one("repositories: [\"**\"], keep_last: 0, keep_min: 0"), "a@1d", "a:goes"},
		{"any of several globs will do", one("repositories: [x, \"team/*\"], tags: [y, a], keep_last: 0, keep_min: 0"), "a@1d b@1d", "a:goes b:no-rule"},
		{"the first rule that matches is the only one",
			[]string{"tags: [pr-*], keep_last: 0, keep_min: 0", "keep_last: 5"}, "pr-1@1d b@1d", "pr-1:goes b:last,min"},
		{"a rule for another repository is passed over",
			[]string{"repositories: [other], keep_last: 5", "keep_last: 0, keep_min: 0"}, "a@1d", "a:goes"},
		{"protected tags stay and take nobody's place", one("protect: [main, rel-*], keep_last: 1"), "main@1h rel-1@9y a@1d b@2d", "main:protected rel-1:protected a:last b:goes"},
		{"a rule protects its own tags only", []string{"tags: [a*], protect: [b*], keep_last: 0, keep_min: 0", "keep_last: 0, keep_min: 0"}, "a@1d b@1d", "a:goes b:goes"},
		{"braces and classes", one("tags: [\"{pr,mr}-[0-9]*\"], keep_last: 0, keep_min: 0"), "pr-1@1d mr-20@1d pr-x@1d", "pr-1:goes mr-20:goes pr-x:no-rule"},
	} {
		c.check(t)
	}
}

func TestWhatKeeps(t *testing.T) {
	for _, c := range []judgeCase{
		{"keep_last keeps the latest", one("keep_last: 2, keep_min: 0"), "c@3d a@1d b@2d", "c:goes a:last b:last"},
		{"keep_last: 0 keeps none", one("keep_last: 0, keep_min: 0"), "a@0 b@1h", "a:goes b:goes"},
		{"of equal times the greater number is the later", one("keep_last: 1, keep_min: 0"), "pr-9@1d pr-10@1d", "pr-9:goes pr-10:last"},
		{"keep_within to the second", one("keep_within: 1w2d, keep_min: 0"), "a@8d b@9d c@9d1h", "a:within b:within c:goes"},
		{"keep_within: 0 keeps none", one("keep_within: 0, keep_min: 0"), "a@0 b@1h", "a:goes b:goes"},
		{"keep_daily keeps each day's latest", one("keep_daily: 3, keep_min: 0"), "a@1h b@2h c@1d d@25h e@2d f@3d", "a:daily b:goes c:daily d:goes e:daily f:goes"},
		{"days without tags do not count", one("keep_daily: 3, keep_min: 0"), "a@10d b@100d c@1000d d@2000d", "a:daily b:daily c:daily d:goes"},
		{"the oldest stays while days are wanting", one("keep_daily: 4, keep_min: 0"), "a@1h b@1d c@25h d@26h", "a:daily b:daily c:goes d:daily"},
		{"the oldest goes once they are found", one("keep_daily: 2, keep_min: 0"), "a@1h b@1d c@25h d@26h", "a:daily b:daily c:goes d:goes"},
		{"keep_weekly", one("keep_weekly: 2, keep_min: 0"), "sat@0 mon@5d sun@6d mon-before@12d sun-before@13d", "sat:weekly mon:goes sun:weekly mon-before:goes sun-before:goes"},
		{"keep_monthly", one("keep_monthly: 2, keep_min: 0"), "21st@0 1st@20d oct-31@21d oct-1@51d sep-30@52d", "21st:monthly 1st:goes oct-31:monthly oct-1:goes sep-30:goes"},
		{"all reasons are told", one("keep_last: 1, keep_within: 2d, keep_daily: 1, keep_weekly: 1, keep_monthly: 1"), "a@1d b@36h c@3d", "a:last,within,daily,weekly,monthly,min b:within c:goes"},
		{"a future tag stays and keeps its place", one("keep_last: 1, keep_min: 0"), "a@+2h b@+1h c@1h", "a:last,future b:future c:goes"},
		{"a future day is a day", one("keep_daily: 1, keep_min: 0"), "a@+2d b@1h", "a:daily,future b:goes"},
		{"it is within any age", one("keep_within: 1h, keep_min: 0"), "a@+2d b@2h", "a:within,future b:goes"},
	} {
		c.check(t)
	}
}

func TestImagesOwnTime(t *testing.T) {
	for _, c := range []judgeCase{
		{"age: created goes by the image", one("age: created, keep_last: 1, keep_min: 0"), "a@1d,9d b@2d,3d", "a:goes b:last"},
		{"else by the push", one("keep_last: 1, keep_min: 0"), "a@1d,9d b@2d,3d", "a:last b:goes"},
		{"an unknown time falls back to the push", one("age: created, keep_within: 2d, keep_min: 0"), "a@1d b@1d,9d", "a:within b:goes"},
		{"one before 2000 does", one("age: created, keep_within: 2d, keep_min: 0"), "a@1d,1970 b@1d,1999 c@1d,2000", "a:within b:within c:goes"},
		{"one in the future does", one("age: created, keep_within: 2d, keep_min: 0"), "a@9d,+1h b@9d,0", "a:goes b:within"},
	} {
		c.check(t)
	}
	newYear := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for created, credible := range map[time.Time]bool{newYear: true, newYear.Add(-1): false, now: true, now.Add(1): false} {
		verdicts, _ := policyOf(t, "age: created, keep_last: 1").Judge("r", []retention.Tag{{Name: "a", Pushed: now, Created: created}}, now)
		if verdicts[0].FromCreated != credible {
			t.Errorf("created %s: believed: %t", created, !credible)
		}
	}
	tags := tagsOf(t, "a@1d,9d b@1d,1970")
	verdicts, _ := policyOf(t, "age: created, keep_last: 1").Judge("r", tags, now)
	if a, b := verdicts[0], verdicts[1]; !a.FromCreated || !a.Time.Equal(tags[0].Created) || b.FromCreated || !b.Time.Equal(tags[1].Pushed) {
		t.Errorf("judged by %v, %v", a, b)
	}
}

func TestSemver(t *testing.T) {
	const last = "order: semver, keep_last: 1, keep_min: 0"
	for _, c := range []judgeCase{
		{"the greatest version first", one("order: semver, keep_last: 2, keep_min: 0"), "1.9.0@1d 1.10.0@9d 1.2.0@0", "1.9.0:last 1.10.0:last 1.2.0:goes"},
		{"each suffix is a pool", one(last), "1.0.0@1d 2.0.0@1d 1.0.0-alpine@1d 1.1.0-alpine@1d 0.1.0-slim@1d", "1.0.0:goes 2.0.0:last 1.0.0-alpine:goes 1.1.0-alpine:last 0.1.0-slim:last"},
		{"with v and without is one pool", one(last), "v1.0.0@1d 2.0.0@1d v3.0.0@1d", "v1.0.0:goes 2.0.0:goes v3.0.0:last"},
		{"of one version the greater name first", one(last), "v1.0.0@9d 1.0.0@1d", "v1.0.0:last 1.0.0:goes"},
		{"what is none stays and does not count", one(last), "latest@9y 1.2@1d 1@1d 01.2.3@1d 1.2.3.4@1d V1.0.0@1d vv1.0.0@1d 1.2.3_a@1d 1.2.3-01@1d 99999999999999999999.0.0@1d 1.0.0@1d",
			"latest:not-semver 1.2:not-semver 1:not-semver 01.2.3:not-semver 1.2.3.4:not-semver V1.0.0:not-semver vv1.0.0:not-semver 1.2.3_a:not-semver 1.2.3-01:not-semver 99999999999999999999.0.0:not-semver 1.0.0:last"},
		{"calendars go by time in each pool", one("order: semver, keep_daily: 1, keep_min: 0"), "1.0.0@1h 2.0.0@2h 1.0.0-a@2h 2.0.0-a@1h", "1.0.0:daily 2.0.0:goes 1.0.0-a:goes 2.0.0-a:daily"},
		{"keep_within too", one("order: semver, keep_within: 1d, keep_min: 0"), "1.0.0@1h 2.0.0@2d", "1.0.0:within 2.0.0:goes"},
		{"keep_min takes the greatest of all pools, a release before its variants", one("order: semver, keep_last: 0, keep_min: 2"), "1.0.0@1h 2.0.0-b@9d 2.0.0@9d 2.0.0-rc.9@1d 2.0.0-rc.10@1d", "1.0.0:goes 2.0.0-b:goes 2.0.0:min 2.0.0-rc.9:goes 2.0.0-rc.10:min"},
		{"variants of one version by natural order", one("order: semver, keep_last: 0, keep_min: 3"), "1.0.0-a@1h 1.0.0-c@3h 1.0.0-b@2h 1.0.0-e10@1h 1.0.0-e9@0", "1.0.0-a:goes 1.0.0-c:min 1.0.0-b:goes 1.0.0-e10:min 1.0.0-e9:min"},
		{"numbers are numbers", one("order: semver, keep_last: 1, keep_min: 0"), "10.0.0@1d 9.0.0@1d 9.10.0@1d 9.9.100@1d 18446744073709551615.0.0@1d", "10.0.0:goes 9.0.0:goes 9.10.0:goes 9.9.100:goes 18446744073709551615.0.0:last"},
	} {
		c.check(t)
	}
}

func TestKeepMin(t *testing.T) {
	for _, c := range []judgeCase{
		{"one tag stays unless told otherwise", one("keep_last: 0"), "a@1d b@2d", "a:min b:goes"},
		{"keep_min: 0 may empty a repository", one("keep_last: 0, keep_min: 0"), "a@1d b@2d", "a:goes b:goes"},
		{"more than there are", one("keep_last: 0, keep_min: 9"), "a@1d b@2d", "a:min b:min"},
		{"it counts what no rule matches", one("tags: [a*], keep_last: 0, keep_min: 2"), "a1@1d a2@2d a3@3d x@9y", "a1:min a2:goes a3:goes x:no-rule"},
		{"and what is protected", one("protect: [x*], keep_last: 0, keep_min: 2"), "a@1d b@2d x1@9y x2@9y", "a:goes b:goes x1:protected x2:protected"},
		{"and what is no version", one("order: semver, keep_last: 0"), "1.0.0@1d latest@1d", "1.0.0:goes latest:not-semver"},
		{"and what other rules keep", []string{"tags: [a*], keep_last: 0, keep_min: 2", "keep_last: 1"}, "a1@1d a2@2d b1@1d b2@2d", "a1:min a2:goes b1:last b2:goes"},
		{"and what an earlier rule makes up", []string{"tags: [a*], keep_last: 0", "keep_last: 0"}, "a@1d b@1d", "a:min b:goes"},
		{"a later rule that wants more adds to it", []string{"tags: [a*], keep_last: 0", "keep_last: 0, keep_min: 3"}, "a1@1d a2@2d b1@1d b2@2d b3@3d", "a1:min a2:goes b1:min b2:min b3:goes"},
		{"but not twice what is left anyway", []string{"tags: [a*], keep_last: 1", "keep_last: 0, keep_min: 2"}, "a1@1d a2@2d b1@1d b2@2d", "a1:last,min a2:goes b1:min b2:goes"},
		{"it does not lean on the rule's own keep_*", one("keep_daily: 1, keep_min: 2"), "a@1h b@2h c@1d", "a:daily,min b:min c:goes"},
		{"nor on the future", one("keep_last: 0, keep_min: 2"), "a@+1h b@1h c@2h", "a:future,min b:min c:goes"},
	} {
		c.check(t)
	}
}

// TestDetails shows what people are told.
func TestDetails(t *testing.T) {
	tags := tagsOf(t, "v3.0.0@1h v2.0.0@3d v1.0.0@40d v0.1.0@50d v0.2.0@+2h v1.1.0@45d main@1d,20d x@1d latest@1d old@36h,35d")
	p := policyOf(t,
		"tags: [v*, latest], order: semver, keep_last: 1, keep_within: 9d, keep_daily: 4, keep_weekly: 1, keep_monthly: 1, keep_min: 7",
		"tags: [main, old], protect: [ma*], age: created, keep_within: 36h, keep_min: 0")
	got := "\n" + details(p, tags)
	want := `
v3.0.0 last: 1 of keep_last: 1
v3.0.0 within: pushed 1h ago, keep_within: 9d
v3.0.0 min: 4 of keep_min: 7
v2.0.0 within: pushed 3d ago, keep_within: 9d
v2.0.0 daily: latest of 2026-11-18, 2 of keep_daily: 4
v2.0.0 min: 5 of keep_min: 7
v1.0.0 daily: latest of 2026-10-12, 3 of keep_daily: 4
v1.0.0 min: 7 of keep_min: 7
v0.1.0 unkept: pushed 50d ago, number 6 of 6
v0.2.0 within: pushed in the future, keep_within: 9d
v0.2.0 daily: latest of 2026-11-21, 1 of keep_daily: 4
v0.2.0 weekly: latest of 2026-W47, 1 of keep_weekly: 1
v0.2.0 monthly: latest of 2026-11, 1 of keep_monthly: 1
v0.2.0 future: 2026-11-21T14:00:00Z is in the future
v1.1.0 daily: latest of 2026-10-07, 4 of keep_daily: 4
v1.1.0 min: 6 of keep_min: 7
main protected: protect: "ma*"
x no-rule: no rule matches
latest not-semver: not a version X.Y.Z
old unkept: created 35d ago, number 1 of 1
`
	if got != want {
		t.Errorf("got%s", got)
	}
	for rule, want := range map[string]string{
		"keep_within: 1d":            "x within: pushed just now, keep_within: 1d\n",
		"keep_within: 23h":           "x within: pushed just now, keep_within: 23h\n",
		"keep_within: 1d1h":          "x within: pushed just now, keep_within: 25h\n",
		"keep_last: 0, age: created": "x unkept: created 47h ago, number 1 of 1\n",
	} {
		if got := details(policyOf(t, rule+", keep_min: 0"), tagsOf(t, "x@0,47h")); got != want {
			t.Errorf("%s: %s", rule, got)
		}
	}
	want = "1.1.0-rc.1 last: 1 of keep_last: 1 with -rc.1\n1.0.0-rc.1 unkept: pushed 3d ago, number 2 of 2 with -rc.1\n"
	if got := details(policyOf(t, "order: semver, keep_last: 1, keep_min: 0"), tagsOf(t, "1.1.0-rc.1@1d 1.0.0-rc.1@3d")); got != want {
		t.Error(got)
	}
	if got := details(policyOf(t, "keep_last: 0, keep_min: 0"), tagsOf(t, "x@2d1h")); got != "x unkept: pushed 2d ago, number 1 of 1\n" {
		t.Error(got)
	}
}

// details are the reasons as people read them.
func details(p *retention.Policy, tags []retention.Tag) string {
	var b strings.Builder
	verdicts, _ := p.Judge("r", tags, now)
	for i, v := range verdicts {
		for _, r := range v.Reasons {
			fmt.Fprintf(&b, "%s %s: %s\n", tags[i].Name, r.Code, r.Detail)
		}
	}
	return b.String()
}
