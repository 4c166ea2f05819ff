package retention

import (
	"fmt"
	"slices"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Judge gives each tag of a repository its verdict, in the order in which they
// are handed in. Flattened are the names of the rules that go by push times which
// are not those of pushes: for their sake tags stay in doubt that would go.
func (p *Policy) Judge(repository string, tags []Tag, now time.Time) (verdicts []Verdict, flattened []string) {
	now = now.UTC()
	j := judgement{now: now, tags: tags, verdicts: make([]Verdict, len(tags)), flat: flatten(tags)}
	sections := j.assign(p.Rules, repository)
	for _, s := range sections {
		j.keep(s)
	}
	j.keepMin(sections)
	flattened = j.doubt(sections)
	for _, s := range sections {
		j.conclude(s)
	}
	return j.verdicts, flattened
}

// judgement is one repository's, while it is made.
type judgement struct {
	now      time.Time
	tags     []Tag
	verdicts []Verdict // beside tags
	broken   int       // tags that count for nothing
	flat     flatness
}

// section is what a rule counts of a repository: places among the tags.
type section struct {
	rule  *Rule
	tags  []int32 // in the rule's order
	pools []pool  // the same by suffix; without versions there is one
	own   int     // how many the rule's own keep_* keep

	undated bool // there are tags of the rule that are not counted, and have no time
}

// pool is what is counted together, in the rule's order.
type pool struct {
	suffix string // of versions
	tags   []int32
}

// among names a pool behind a number.
func (p *pool) among() string {
	if p.suffix == "" {
		return ""
	}
	return " with " + p.suffix
}

func (j *judgement) because(i int32, code ReasonCode, detail string, args ...any) {
	v := &j.verdicts[i]
	v.Keep = v.Keep || code != Unkept
	v.Reasons = append(v.Reasons, Reason{Code: code, Detail: fmt.Sprintf(detail, args...)})
}

// assign hands each tag to its rule and gives it its time. What no rule counts
// gets its reason at once.
func (j *judgement) assign(rules []Rule, repository string) []*section {
	var sections []*section
	for i := range rules {
		if len(rules[i].Repositories) == 0 || matching(rules[i].Repositories, repository) != "" {
			sections = append(sections, &section{rule: &rules[i]})
		}
	}
	versions := make([]version, len(j.tags))
	for i, tag := range j.tags {
		v := &j.verdicts[i]
		s := ruling(sections, tag.Name)
		if tag.Broken {
			j.because(int32(i), Broken, "points to nothing that could be pulled")
			j.broken++
			if s != nil {
				s.undated = true
			}
			continue
		}
		v.Time = tag.Pushed.UTC()
		if s == nil {
			j.because(int32(i), NoRule, "no rule matches")
			continue
		}
		v.Rule = s.rule.Name
		if s.rule.Age == OfImage && credible(tag.Created, j.now) {
			v.Time, v.FromCreated = tag.Created.UTC(), true
		}
		if glob := matching(s.rule.Protect, tag.Name); glob != "" {
			j.because(int32(i), Protected, "protect: %q", glob)
			continue
		}
		if s.rule.Order == BySemver {
			var ok bool
			if versions[i], ok = parseVersion(tag.Name); !ok {
				j.because(int32(i), NotSemver, "not a version X.Y.Z")
				continue
			}
		}
		if s.rule.Age == OfImage && tag.Undated {
			j.because(int32(i), Undated, "when its image was created cannot be read")
			j.broken++
			s.undated = true
			continue
		}
		s.tags = append(s.tags, int32(i))
	}
	for _, s := range sections {
		j.arrange(s, versions)
	}
	return sections
}

// ruling is the first that matches a tag.
func ruling(sections []*section, tag string) *section {
	for _, s := range sections {
		if len(s.rule.Tags) == 0 || matching(s.rule.Tags, tag) != "" {
			return s
		}
	}
	return nil
}

// matching is the first of the globs that match a name, or none. Parse has seen
// to it that they are well-formed.
func matching(globs []string, name string) string {
	for _, glob := range globs {
		if doublestar.MatchUnvalidated(glob, name) {
			return glob
		}
	}
	return ""
}

// firstImage is before any: reproducible builds date theirs 1970 or 1980.
var firstImage = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// credible tells whether an image can have been created then.
func credible(created, now time.Time) bool {
	return !created.Before(firstImage) && !created.After(now)
}

// keep applies a rule's own keep_* to each of its pools.
func (j *judgement) keep(s *section) {
	r := s.rule
	for _, pool := range s.pools {
		for n, i := range pool.tags[:min(r.KeepLast, len(pool.tags))] {
			j.because(i, Last, "%d of keep_last: %d%s", n+1, r.KeepLast, pool.among())
		}
		byTime := pool.tags
		if r.Order == BySemver {
			byTime = slices.Clone(byTime)
			slices.SortFunc(byTime, j.later)
		}
		j.keepWithin(byTime, time.Duration(r.KeepWithin))
		for _, c := range calendars {
			j.keepCalendar(byTime, c, c.count(r))
		}
	}
	for _, i := range s.tags {
		if t := j.verdicts[i].Time; t.After(j.now) {
			j.because(i, Future, "%s is in the future", t.Format(time.RFC3339))
		}
		if j.verdicts[i].Keep {
			s.own++
		}
	}
}

func (j *judgement) keepWithin(byTime []int32, within time.Duration) {
	if within == 0 {
		return
	}
	for _, i := range byTime {
		if j.verdicts[i].Time.Before(j.now.Add(-within)) {
			return
		}
		j.because(i, Within, "%s, keep_within: %s", j.since(i), span(within))
	}
}

// keepMin makes up, rule by rule, what is wanting.
func (j *judgement) keepMin(sections []*section) {
	staying := len(j.tags) - j.broken // with those of the rule at hand as its own keep_* have it
	for _, s := range sections {
		staying -= len(s.tags) - s.own
	}
	for _, s := range sections {
		others := staying - s.own
		wanting := min(max(0, s.rule.KeepMin-others), len(s.tags))
		for n, i := range s.tags[:wanting] {
			if !j.verdicts[i].Keep {
				staying++
			}
			j.because(i, Min, "%d of keep_min: %d", others+n+1, s.rule.KeepMin)
		}
	}
}

// conclude says of what nothing keeps that it goes.
func (j *judgement) conclude(s *section) {
	for _, pool := range s.pools {
		for n, i := range pool.tags {
			if !j.verdicts[i].Keep {
				j.because(i, Unkept, "%s, number %d of %d%s", j.since(i), n+1, len(pool.tags), pool.among())
			}
		}
	}
}

// since says how long ago a tag's time was, in whole days from two on.
func (j *judgement) since(i int32) string {
	v := &j.verdicts[i]
	what := "pushed"
	if v.FromCreated {
		what = "created"
	}
	ago := j.now.Sub(v.Time)
	switch {
	case ago < 0:
		return what + " in the future"
	case ago < time.Hour:
		return what + " just now"
	case ago >= 2*day:
		ago = ago.Truncate(day)
	}
	return what + " " + span(ago) + " ago"
}

const day = 24 * time.Hour

// span writes a time span as policies do.
func span(d time.Duration) string {
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dh", d/time.Hour)
}
