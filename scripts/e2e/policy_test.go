package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

// ago is a push's time by its distance from now.
func ago(age time.Duration) time.Time { return time.Now().Add(-age) }

// on is a push's time by the calendar, in UTC.
func on(t *testing.T, minute string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", minute)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// justNow leaves a tag the time that the registry gave it.
var justNow time.Time

// setPushed gives a tag the time of its push.
func (r *registry) setPushed(repo, tag string, at time.Time) {
	r.t.Helper()
	if err := os.Chtimes(r.tagLink(repo, tag), at, at); err != nil {
		r.t.Fatal(err)
	}
}

func (r *registry) tagLink(repo, tag string) string {
	return r.repository(repo, "_manifests/tags", tag, "current/link")
}

// writePolicy writes a policy's file, which every user may read.
func writePolicy(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, []byte(text))
	public(t, filepath.Dir(path))
	return path
}

// explanation is the part of retention explain's document that the tests judge.
type explanation struct {
	Kept    int         `json:"kept"`
	Dropped int         `json:"dropped"`
	Tags    []judgedTag `json:"tags"`
}

type judgedTag struct {
	Repository string    `json:"repository"`
	Tag        string    `json:"tag"`
	Digest     string    `json:"digest"`
	Verdict    string    `json:"verdict"`
	Rule       string    `json:"rule"`
	Time       time.Time `json:"time"`
	AgeFrom    string    `json:"age_from"`
	Reasons    []struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"reasons"`
}

// explain has the janitor explain a policy; the exit code is the caller's to judge.
func (r *registry) explain(policy string, args ...string) (outcome, explanation) {
	r.t.Helper()
	o := r.janitor(append([]string{"retention", "explain", "--json", "-p", policy}, args...)...)
	return o, explanationIn(r.t, o)
}

func explanationIn(t *testing.T, o outcome) (e explanation) {
	t.Helper()
	o.decode(t, &e)
	if kept := len(e.Tags) - len(e.dropped()); e.Kept != kept || e.Dropped != len(e.Tags)-kept {
		t.Errorf("%s: %d kept and %d dropped, but of %d tags %d stay", o.name(), e.Kept, e.Dropped, len(e.Tags), kept)
	}
	return e
}

// verdicts are short: "repo:tag" → "keep RULE: CODES", where "RULE by created"
// went by the image's own time and "-" is no rule.
func (e explanation) verdicts() map[string]string {
	verdicts := map[string]string{}
	for _, tag := range e.Tags {
		rule := tag.Rule
		if rule == "" {
			rule = "-"
		}
		if tag.AgeFrom != "pushed" {
			rule += " by " + tag.AgeFrom
		}
		var codes []string
		for _, reason := range tag.Reasons {
			codes = append(codes, reason.Code)
		}
		verdicts[tag.Repository+":"+tag.Tag] = tag.Verdict + " " + rule + ": " + strings.Join(codes, " ")
	}
	return verdicts
}

// dropped is the sorted list of the tags that go.
func (e explanation) dropped() []string { return droppedBy(e.verdicts()) }

func droppedBy(verdicts map[string]string) []string {
	dropped := []string{}
	for _, name := range slices.Sorted(maps.Keys(verdicts)) {
		if !stays(verdicts[name]) {
			dropped = append(dropped, name)
		}
	}
	return dropped
}

func stays(verdict string) bool { return strings.HasPrefix(verdict, "keep ") }

// tagsOf is the sorted list of the tags among a report's actions.
func tagsOf(r report) []string {
	tags := []string{}
	for _, a := range r.actionsOf("tag") {
		tags = append(tags, a.Repository+":"+a.Tag)
	}
	slices.Sort(tags)
	return tags
}

// requireWarnings compares the sorted codes of all that a run warned of.
func requireWarnings(t *testing.T, o outcome, codes ...string) {
	t.Helper()
	got := []string{}
	for _, w := range o.report.Warnings {
		got = append(got, w.Code)
	}
	slices.Sort(got)
	requireList(t, o.name()+": warnings", got, codes)
}
