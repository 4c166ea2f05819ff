// Package retention says which tags of a repository a policy lets go, and why
// it keeps the others. It reads the policy and judges by it, and that is all:
// tags and their times are handed in, and so is the clock.
//
// Its invariants: a tag goes only when no reason keeps it; a policy that is not
// understood to the last word is an error and judges nothing; verdicts do not
// depend on the order in which tags are handed in; and a rule that is given one
// more keep_* keeps what it kept.
//
// # Which rule
//
// A tag belongs to the first rule whose repositories and tags both match it, or
// to none, and then it stays. What is broken stays and counts for nothing: else it
// would push out what can be pulled. What protect matches stays too, and so does, where
// a rule goes by versions, what is none. The rest is what the rule counts.
//
// # What keeps a tag
//
//   - keep_last: the first N in the rule's order: the latest first, or the
//     greatest version first, in which case each suffix (all behind X.Y.Z) is a
//     pool of its own and every keep_* applies to each pool by itself.
//   - keep_within: it is not older than that.
//   - keep_daily, keep_weekly, keep_monthly: the latest of each of the latest N
//     days, ISO weeks or months that have any, in UTC. Periods without tags do
//     not count. As in restic, the oldest tag stays too while fewer than N
//     periods are found.
//   - its time is in the future: then the clock or the time is wrong. It counts
//     in its place all the same.
//   - keep_min: too little would be left in the repository. Whatever stays
//     outside the rule counts; what is wanting is made up from the first of the
//     rule's order, whatever else keeps these, so that another keep_* in the
//     rule never costs it a tag. Rules take their turn in the policy's order: a
//     tag that an earlier one makes up counts for the later.
//   - flattened times: nine tenths of at least twenty tags were pushed within
//     the same hour, as after a copy that did not preserve times. Then no tag of
//     the repository goes while a rule that counts some of them goes by such times
//     and does not trust them.
//
// A number of 0 keeps nothing, and neither does an age of 0.
//
// # Which time
//
// The push's, or with age: created the image's own, unless it says none, one in
// the future or one from before 2000. Of equal times the naturally greater name is
// the later: pr-10 before pr-9.
package retention

import (
	"encoding/json"
	"slices"
	"time"

	"regjanitor/internal/age"
)

// Policy is a parsed policy file. It is stored as its text, and parsed again
// when it is read back.
type Policy struct {
	Rules []Rule

	file, text string
}

// Rule is one rule of a policy.
type Rule struct {
	Name                                         string
	Repositories, Tags, Protect                  []string // globs; none of the first two: all
	Order                                        Order
	Age                                          Clock
	KeepLast, KeepDaily, KeepWeekly, KeepMonthly int
	KeepWithin                                   age.Age
	KeepMin                                      int
	TrustMTime                                   bool
	Line                                         int // where it begins in the file
}

// Order is which tag comes before which in a rule.
type Order string

// The orders: the latest first, the greatest version first.
const (
	ByTime   Order = "pushed"
	BySemver Order = "semver"
)

// Clock is whose time a rule goes by.
type Clock string

// The clocks: when the tag was pushed, when its image was created.
const (
	OfPush  Clock = "pushed"
	OfImage Clock = "created"
)

// Tag is one tag as a rule sees it. No two of a repository share a name.
type Tag struct {
	Name    string
	Pushed  time.Time
	Created time.Time // the zero time: unknown
	Broken  bool      // it points to nothing that could be pulled; it has no time
	Undated bool      // it has a time of creation, and nobody knows which
}

// Verdict is what becomes of a tag.
type Verdict struct {
	Rule        string    // the rule that it belongs to, or none
	Time        time.Time // by which it was judged, in UTC
	FromCreated bool      // Time is the image's, not the push's
	Keep        bool
	Reasons     []Reason // all of them, in the order of the codes; of a tag that goes the one that nothing keeps it
}

// Reason is one reason for a verdict.
type Reason struct {
	Code   ReasonCode
	Detail string // for people
}

// ReasonCode is a word of the JSON contract.
type ReasonCode string

// The reasons. The first five are each the only one of their tag, for no rule
// counts it; the last is that of a tag that goes.
const (
	Broken    ReasonCode = "broken"
	NoRule    ReasonCode = "no-rule"
	Protected ReasonCode = "protected"
	NotSemver ReasonCode = "not-semver"
	Undated   ReasonCode = "created-unknown"
	Last      ReasonCode = "last"
	Within    ReasonCode = "within"
	Daily     ReasonCode = "daily"
	Weekly    ReasonCode = "weekly"
	Monthly   ReasonCode = "monthly"
	Future    ReasonCode = "future"
	Min       ReasonCode = "min"
	Flattened ReasonCode = "flattened"
	Unkept    ReasonCode = "unkept"
)

// UsesCreated tells whether some rule goes by the images' own times.
func (p *Policy) UsesCreated() bool {
	for _, r := range p.Rules {
		if r.Age == OfImage {
			return true
		}
	}
	return false
}

// source is how a policy is stored.
type source struct {
	File string `json:"file"`
	Text string `json:"text"`
}

// MarshalJSON stores the policy as it was written.
func (p *Policy) MarshalJSON() ([]byte, error) {
	return json.Marshal(source{File: p.file, Text: p.text})
}

// UnmarshalJSON parses a stored policy. Its error is an *Error where the policy
// itself is wrong.
func (p *Policy) UnmarshalJSON(data []byte) error {
	var s source
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	parsed, err := Parse(s.File, []byte(s.Text))
	if err != nil {
		return err
	}
	*p = *parsed
	return nil
}

// Shadow is a rule that gets no tag, for one before it takes them all.
type Shadow struct{ Rule, By *Rule }

// Shadows finds such rules, as far as globs that are the same to the letter tell.
func (p *Policy) Shadows() (found []Shadow) {
	for i := range p.Rules {
		for j := range p.Rules[:i] {
			if p.Rules[j].covers(&p.Rules[i]) {
				found = append(found, Shadow{&p.Rules[i], &p.Rules[j]})
				break
			}
		}
	}
	return found
}

func (r *Rule) covers(later *Rule) bool {
	return cover(r.Repositories, later.Repositories, "**") && cover(r.Tags, later.Tags, "*", "**")
}

// cover tells whether globs match whatever the later ones do; some match all.
func cover(globs, later []string, all ...string) bool {
	if len(globs) == 0 || slices.ContainsFunc(all, func(glob string) bool { return slices.Contains(globs, glob) }) {
		return true
	}
	return len(later) > 0 && !slices.ContainsFunc(later, func(glob string) bool { return !slices.Contains(globs, glob) })
}
