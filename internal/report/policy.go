package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"regjanitor/internal/retention"
)

// Check is the JSON document of retention check.
type Check struct {
	Header
	Policy string       `json:"policy"` // its file
	Rules  []PolicyRule `json:"rules"`
}

// PolicyRule is a retention.Rule under the policy's own names, with what it
// leaves out filled in.
type PolicyRule struct {
	Name         string   `json:"name"`
	Line         int      `json:"line"`
	Repositories []string `json:"repositories"`
	Tags         []string `json:"tags"`
	Protect      []string `json:"protect"`
	Order        string   `json:"order"`
	Age          string   `json:"age"`
	KeepLast     int      `json:"keep_last"`
	KeepWithin   int64    `json:"keep_within_seconds"`
	KeepDaily    int      `json:"keep_daily"`
	KeepWeekly   int      `json:"keep_weekly"`
	KeepMonthly  int      `json:"keep_monthly"`
	KeepMin      int      `json:"keep_min"`
	TrustMTime   bool     `json:"trust_mtime"`
}

// RulesOf are the rules of a policy, which may be nil.
func RulesOf(p *retention.Policy) []PolicyRule {
	rules := []PolicyRule{}
	if p == nil {
		return rules
	}
	for _, r := range p.Rules {
		rules = append(rules, PolicyRule{
			r.Name, r.Line, all(r.Repositories), all(r.Tags), append([]string{}, r.Protect...), string(r.Order), string(r.Age),
			r.KeepLast, int64(time.Duration(r.KeepWithin).Seconds()), r.KeepDaily, r.KeepWeekly, r.KeepMonthly, r.KeepMin, r.TrustMTime,
		})
	}
	return rules
}

// all spells out what it means to leave globs out.
func all(globs []string) []string {
	if len(globs) == 0 {
		return []string{"**"}
	}
	return globs
}

// CheckPolicy says in words what a policy does.
func CheckPolicy(w io.Writer, paint Paint, c *Check) {
	fmt.Fprintf(w, "%s\n", paint.bold(fmt.Sprintf("%s is well-formed: %s; a tag belongs to the first that matches it", printable(c.Policy), Some(int64(len(c.Rules)), "rule"))))
	for _, r := range c.Rules {
		fmt.Fprintf(w, "  %s: of %s in %s keeps\n", printable(r.Name), globs(r.Tags, "tags"), globs(r.Repositories, "repositories"))
		for _, what := range r.keeps() {
			fmt.Fprintf(w, "    - %s\n", what)
		}
	}
}

func globs(globs []string, things string) string {
	if len(globs) == 1 && globs[0] == "**" {
		return "all " + things
	}
	return printable(strings.Join(globs, ", "))
}

// keeps lists what a rule keeps.
func (r *PolicyRule) keeps() (list []string) {
	if len(r.Protect) > 0 {
		list = append(list, printable(strings.Join(r.Protect, ", "))+", which are not counted")
	}
	last, age := "the latest %d", "pushed"
	if r.Order == string(retention.BySemver) {
		list = append(list, "what is no version X.Y.Z, which is not counted")
		last = "of each suffix the %d greatest versions"
	}
	if r.Age == string(retention.OfImage) {
		age = "created"
	}
	for _, k := range []struct {
		n     int
		words string
	}{
		{r.KeepLast, last},
		{r.KeepDaily, "the latest of each of %d days"},
		{r.KeepWeekly, "the latest of each of %d weeks"},
		{r.KeepMonthly, "the latest of each of %d months"},
	} {
		if k.n > 0 {
			list = append(list, fmt.Sprintf(k.words, k.n))
		}
	}
	if r.KeepWithin > 0 {
		list = append(list, fmt.Sprintf("what was %s in the last %s", age, days(r.KeepWithin)))
	}
	if r.KeepMin > 0 {
		return append(list, "as many as it takes to leave "+Some(int64(r.KeepMin), "tag")+" in the repository")
	}
	if len(list) == 0 {
		return []string{"none"}
	}
	return list
}

// days is an age for people.
func days(seconds int64) string {
	if seconds%86400 == 0 {
		return Some(seconds/86400, "day")
	}
	return Some(seconds/3600, "hour")
}
