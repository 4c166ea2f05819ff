package retention

import (
	"slices"
	"time"
)

// Push times are taken for flattened where nine tenths of so many tags lie so
// close together. A pipeline that pushes its whole matrix at once stays below
// that number of tags, or has older ones too.
const (
	flatAmong = 20
	flatSpan  = time.Hour
)

// flatness is how many of the tags were pushed within the same hour, if that is
// too many to believe.
type flatness struct{ close, all int }

// flatten counts broken tags as pushed with the others: damage to one must not
// end a doubt.
func flatten(tags []Tag) flatness {
	if len(tags) < flatAmong {
		return flatness{}
	}
	var times []time.Time
	for _, tag := range tags {
		if !tag.Broken {
			times = append(times, tag.Pushed)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	most, first := 0, 0
	for i, t := range times {
		for t.Sub(times[first]) > flatSpan {
			first++
		}
		most = max(most, i-first+1)
	}
	most += len(tags) - len(times)
	if 10*most < 9*len(tags) {
		return flatness{}
	}
	return flatness{close: most, all: len(tags)}
}

// doubtful tells whether a rule goes by push times, and these are flattened. Who
// has no time may have gone by that of its push: its damage must not end a doubt.
func (j *judgement) doubtful(s *section) bool {
	if j.flat.all == 0 || s.rule.TrustMTime {
		return false
	}
	r := s.rule
	if r.Order == BySemver && r.KeepWithin == 0 && r.KeepDaily == 0 && r.KeepWeekly == 0 && r.KeepMonthly == 0 {
		return false
	}
	return s.undated || slices.ContainsFunc(s.tags, func(i int32) bool { return !j.verdicts[i].FromCreated })
}

// doubt keeps all tags where a rule goes by flattened times, and names such rules
// if that keeps any. What another rule drops by its own lights would leave fewer
// tags, of which nobody could tell any more that they were copied.
func (j *judgement) doubt(sections []*section) (rules []string) {
	for _, s := range sections {
		if j.doubtful(s) {
			rules = append(rules, s.rule.Name)
		}
	}
	if len(rules) == 0 {
		return nil
	}
	held := false
	for _, s := range sections {
		for _, i := range s.tags {
			if !j.verdicts[i].Keep {
				held = true
				j.because(i, Flattened, "%d of %d tags were pushed within an hour, as if copied; trust_mtime: true says that they were not", j.flat.close, j.flat.all)
			}
		}
	}
	if !held {
		return nil
	}
	return rules
}
