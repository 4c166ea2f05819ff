package modeltest

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Policy is one that the oracle has made up, and so never had to read.
type Policy struct{ Rules []Rule }

// Rule is a rule of it. A count below 0 is not written.
type Rule struct {
	Name                                       string
	Repositories, Tags, Protect                []string
	Semver, Created, Trust                     bool
	Last, Days, Daily, Weekly, Monthly, Fewest int
}

// String is the policy as a user writes it.
func (p *Policy) String() string {
	if p == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("version: 1\nrules:\n")
	for _, r := range p.Rules {
		fmt.Fprintf(&b, "- name: %s\n", r.Name)
		for _, l := range []struct {
			key   string
			globs []string
		}{{"repositories", r.Repositories}, {"tags", r.Tags}, {"protect", r.Protect}} {
			if len(l.globs) > 0 {
				fmt.Fprintf(&b, "  %s: [\"%s\"]\n", l.key, strings.Join(l.globs, `", "`))
			}
		}
		for _, w := range []struct {
			given bool
			line  string
		}{{r.Semver, "order: semver"}, {r.Created, "age: created"}, {r.Trust, "trust_mtime: true"}} {
			if w.given {
				fmt.Fprintf(&b, "  %s\n", w.line)
			}
		}
		for _, n := range []struct {
			key, unit string
			count     int
		}{{"keep_last", "", r.Last}, {"keep_within", "d", r.Days}, {"keep_daily", "", r.Daily}, {"keep_weekly", "", r.Weekly},
			{"keep_monthly", "", r.Monthly}, {"keep_min", "", r.Fewest}} {
			if n.count >= 0 {
				fmt.Fprintf(&b, "  %s: %d%s\n", n.key, n.count, n.unit)
			}
		}
	}
	return b.String()
}

// candidate is a tag on which a policy has something to say.
type candidate struct {
	name    string
	broken  bool // nothing that could be pulled; it is not counted
	undated bool // nobody knows when its image was created, and somebody should
	pushed  time.Time
	created time.Time // the zero time: the image does not say

	rule    *Rule
	time    time.Time // by which its rule goes
	dated   bool      // it is the image's own
	counted bool      // by its rule
	kept    bool
	byDoubt bool // kept for no other reason
	version *semantic
}

// judge tells which tags stay. Each of the rules is followed to the letter, tag by
// tag, however long that takes.
func (p *Policy) judge(repository string, tags []*candidate, now time.Time) {
	for _, c := range tags {
		c.rule = p.ruleFor(repository, c.name)
		c.take(now)
	}
	for i := range p.Rules {
		counted := countedBy(&p.Rules[i], tags)
		for _, c := range counted {
			c.kept = c.rule.keeps(c, c.pool(counted), now)
		}
	}
	for i := range p.Rules {
		p.Rules[i].makeUp(tags)
	}
	if !flattened(tags) {
		return
	}
	for i := range p.Rules {
		if p.Rules[i].goesByPushes(tags) {
			for _, c := range tags {
				c.byDoubt = c.byDoubt || !c.kept
			}
		}
	}
}

// ruleFor is the first that matches, or nil.
func (p *Policy) ruleFor(repository, tag string) *Rule {
	for i := range p.Rules {
		r := &p.Rules[i]
		if (len(r.Repositories) == 0 || matchesAny(r.Repositories, repository)) && (len(r.Tags) == 0 || matchesAny(r.Tags, tag)) {
			return r
		}
	}
	return nil
}

func matchesAny(globs []string, name string) bool {
	for _, glob := range globs {
		if ok, _ := doublestar.Match(glob, name); ok {
			return true
		}
	}
	return false
}

// take gives a tag its time, and keeps what its rule does not count.
func (c *candidate) take(now time.Time) {
	c.time = c.pushed
	c.version = semanticOf(c.name)
	switch {
	case c.broken, c.rule == nil, matchesAny(c.rule.Protect, c.name), c.rule.Semver && c.version == nil:
		c.kept = true
		return
	case c.rule.Created && c.undated:
		c.kept, c.byDoubt = true, true
		return
	}
	c.counted = true
	if c.rule.Created && c.created.Year() >= 2000 && !c.created.After(now) {
		c.time, c.dated = c.created, true
	}
}

// left tells a tag that is one of those left in the repository, for whoever
// counts them.
func (c *candidate) left() bool { return c.kept && !c.broken && !c.byDoubt }

func countedBy(r *Rule, tags []*candidate) (counted []*candidate) {
	for _, c := range tags {
		if c.rule == r && c.counted {
			counted = append(counted, c)
		}
	}
	sort.Slice(counted, func(i, j int) bool { return counted[i].before(counted[j]) })
	return counted
}

// pool are those among which a tag is judged: versions have one for each suffix.
func (c *candidate) pool(counted []*candidate) (pool []*candidate) {
	for _, other := range counted {
		if !c.rule.Semver || other.version.suffix == c.version.suffix {
			pool = append(pool, other)
		}
	}
	return pool
}

// keeps tells whether one of the rule's own keep_* holds a tag.
func (r *Rule) keeps(c *candidate, pool []*candidate, now time.Time) bool {
	ahead := 0
	for _, other := range pool {
		if other != c && other.before(c) {
			ahead++
		}
	}
	within := r.Days > 0 && !c.time.Before(now.Add(-time.Duration(r.Days)*24*time.Hour))
	return ahead < r.Last || within || c.time.After(now) ||
		latestOf(c, pool, r.Daily, func(t time.Time) string { return t.UTC().Format("2006-01-02") }) ||
		latestOf(c, pool, r.Monthly, func(t time.Time) string { return t.UTC().Format("2006-01") }) ||
		latestOf(c, pool, r.Weekly, func(t time.Time) string {
			year, week := t.UTC().ISOWeek()
			return fmt.Sprintf("%04d-%02d", year, week)
		})
}

// latestOf tells the latest of one of the n latest periods, or the oldest of all
// where there are not so many.
func latestOf(c *candidate, pool []*candidate, n int, period func(time.Time) string) bool {
	latest, oldest := true, true
	all, later := map[string]bool{}, map[string]bool{}
	for _, other := range pool {
		all[period(other.time)] = true
		if period(other.time) > period(c.time) {
			later[period(other.time)] = true
		}
		if other != c && other.fresher(c) && period(other.time) == period(c.time) {
			latest = false
		}
		oldest = oldest && (other == c || other.fresher(c))
	}
	return latest && len(later) < n || oldest && len(all) < n
}

// flattened tells a repository whose times a copy has lost: of twenty tags or
// more nine in ten within an hour. What is broken may have been there too.
func flattened(tags []*candidate) bool {
	most, broken := 0, 0
	for _, first := range tags {
		if first.broken {
			broken++
			continue
		}
		n := 0
		for _, c := range tags {
			if !c.broken && !c.pushed.Before(first.pushed) && c.pushed.Sub(first.pushed) <= time.Hour {
				n++
			}
		}
		most = max(most, n)
	}
	return len(tags) >= 20 && 10*(most+broken) >= 9*len(tags)
}

// goesByPushes tells a rule that needs to know when its tags were pushed.
func (r *Rule) goesByPushes(tags []*candidate) bool {
	if r.Trust || r.Semver && r.Days <= 0 && r.Daily <= 0 && r.Weekly <= 0 && r.Monthly <= 0 {
		return false
	}
	for _, c := range tags {
		if c.rule == r && (c.counted && !c.dated || r.Created && (c.broken || c.undated)) {
			return true
		}
	}
	return false
}

// makeUp keeps so many of the rule's tags that there are enough in the repository.
func (r *Rule) makeUp(tags []*candidate) {
	fewest := r.Fewest
	if fewest < 0 {
		fewest = 1
	}
	others := 0
	for _, c := range tags {
		if c.left() && !(c.rule == r && c.counted) {
			others++
		}
	}
	for i, c := range countedBy(r, tags) {
		if i < fewest-others {
			c.kept = true
		}
	}
}
