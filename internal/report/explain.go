package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/retention"
)

// Explanation is the JSON document of retention explain.
type Explanation struct {
	Header
	Policy  string       `json:"policy"` // its file
	Now     time.Time    `json:"now"`
	Kept    int          `json:"kept"`
	Dropped int          `json:"dropped"`
	Tags    []JudgedTag  `json:"tags"`
	ByRule  []RuleRow    `json:"by_rule"`
	Rules   []PolicyRule `json:"rules"`
}

// JudgedTag is one tag with its verdict. AgeFrom is whose time Time is: the
// push's or the image's.
type JudgedTag struct {
	Repository string         `json:"repository"`
	Tag        string         `json:"tag"`
	Digest     string         `json:"digest"`
	Verdict    string         `json:"verdict"`
	Rule       string         `json:"rule"` // empty where none judges it
	Time       *time.Time     `json:"time"`
	AgeFrom    string         `json:"age_from"`
	Reasons    []JudgedReason `json:"reasons"`
}

// JudgedReason is one reason for a verdict.
type JudgedReason struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// The verdicts.
const (
	verdictKeep = "keep"
	verdictDrop = "drop"
)

// ExplanationOf puts a plan's verdicts into a document; the plan may be nil.
func ExplanationOf(file string, policy *retention.Policy, p *plan.Plan, now time.Time) *Explanation {
	e := &Explanation{Policy: file, Now: now.UTC(), Rules: RulesOf(policy), Tags: []JudgedTag{}, ByRule: []RuleRow{}}
	if p == nil {
		return e
	}
	e.ByRule = RuleRowsOf(policy, p)
	for _, v := range p.Verdicts {
		repo := p.Inventory.Repositories[v.Repository]
		tag := repo.Tags[v.Tag]
		row := JudgedTag{
			Repository: repo.Name, Tag: tag.Name, Verdict: verdictDrop, Rule: v.Rule,
			Time: when(v.Time), AgeFrom: "pushed", Reasons: make([]JudgedReason, len(v.Reasons)),
		}
		if tag.Current.Points() {
			row.Digest = p.Inventory.Digests.Digest(tag.Current.Target).String()
		}
		if v.FromCreated {
			row.AgeFrom = "created"
		}
		for i, reason := range v.Reasons {
			row.Reasons[i] = JudgedReason{string(reason.Code), reason.Detail}
		}
		if v.Keep {
			row.Verdict = verdictKeep
			e.Kept++
		} else {
			e.Dropped++
		}
		e.Tags = append(e.Tags, row)
	}
	return e
}

// Explain writes the verdicts as a table, and their sum.
func Explain(w io.Writer, paint Paint, e *Explanation) {
	if len(e.Tags) > 0 {
		paint.table(w, 0, func(w io.Writer) {
			fmt.Fprintf(w, "VERDICT\tTAG\tRULE\tAGE\tREASONS\n")
			for _, t := range e.Tags {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Verdict, printable(t.Repository+":"+shortened(t.Tag)), orNone(t.Rule), ago(t.Time, e.Now), t.why())
			}
		})
		fmt.Fprintln(w)
		ListRules(w, paint, e.ByRule)
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s\n", paint.bold(ExplainLine(e)))
}

// ListRules writes how many tags of each rule stay and go.
func ListRules(w io.Writer, paint Paint, rows []RuleRow) {
	paint.table(w, 0, func(w io.Writer) {
		fmt.Fprintf(w, "RULE\tREPOSITORIES\tTAGS\tKEEP\tDROP\n")
		for _, r := range rows {
			name := r.Rule
			if name == "" {
				name = "(no rule)"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(name), Count(r.Repositories), Count(r.Kept+r.Dropped), Count(r.Kept), Count(r.Dropped))
		}
	})
}

// RuleRow is what becomes of the tags of one rule, or of those that belong to none.
type RuleRow struct {
	Rule         string `json:"rule"`
	Repositories int64  `json:"repositories"`
	Kept         int64  `json:"kept"`
	Dropped      int64  `json:"dropped"`
}

// RuleRowsOf counts a plan's verdicts by rule, in the policy's order.
func RuleRowsOf(policy *retention.Policy, p *plan.Plan) []RuleRow {
	if policy == nil {
		return []RuleRow{}
	}
	rows := make([]RuleRow, len(policy.Rules)+1)
	place, last := map[string]int{"": len(policy.Rules)}, make([]int32, len(rows))
	for i, r := range policy.Rules {
		rows[i].Rule, place[r.Name] = r.Name, i
	}
	for _, v := range p.Verdicts {
		at := place[v.Rule]
		row := &rows[at]
		if last[at] != v.Repository+1 { // verdicts are in the order of repositories
			last[at] = v.Repository + 1
			row.Repositories++
		}
		if v.Keep {
			row.Kept++
		} else {
			row.Dropped++
		}
	}
	if none := rows[len(rows)-1]; none.Repositories == 0 {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// ExplainLine is the whole explanation in one line.
func ExplainLine(e *Explanation) string {
	return fmt.Sprintf("%s drops %s and keeps %s", printable(e.Policy), Some(int64(e.Dropped), "tag"), Count(int64(e.Kept)))
}

func (t *JudgedTag) why() string {
	details := make([]string, len(t.Reasons))
	for i, r := range t.Reasons {
		details[i] = printable(r.Detail)
	}
	return strings.Join(details, "; ")
}

// shortened cuts the digests short of which some tags are made: a table in which
// one is so wide is wide in every row.
func shortened(tag string) string {
	return digits.ReplaceAllStringFunc(tag, func(hex string) string { return hex[:12] + "…" })
}

var digits = regexp.MustCompile(`[0-9a-f]{64}`)

func orNone(word string) string {
	if word == "" {
		return "-"
	}
	return printable(word)
}
