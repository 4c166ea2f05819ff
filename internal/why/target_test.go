package why

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// TestNamed: what names mean, in letters, or what is said of those that mean
// nothing.
func TestNamed(t *testing.T) {
	tree := registrytest.Build(t, `
		A = image c x sha512:z
		B = image d x
		push app:v1 A
		push app@ B
		push team/svc:v1 A
		push sha256:cafe A
		push cafe:beef A
		upload app u
		file blobs/sha256/fe/fe01`+strings.Repeat("0", 59)+`1/data 1
		file blobs/sha256/fe/fe01`+strings.Repeat("0", 59)+`2/data 2
		file blobs/sha512/fe/fe02`+strings.Repeat("0", 124)+`/data 3
	`)
	p, err := planOf(tree, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, want string }{
		{"{x}", "digest x"},
		{"{x/10}", "digest x"},
		{"sha256:{x/10}", "digest x"},
		{"sha512:{x/10}", "sha512:{x/10} is not there: no digest of this tree begins so"},
		{"{sha512:z}", "digest sha512:z"},
		{"{x/3}", "{x/3} is not there: see what is there"},
		{"fe01", "2 digests begin with fe01: 1, 2"},
		{"sha256:fe01", "2 digests begin with sha256:fe01: 1, 2"},
		{"fe02", "digest sha512:fe02"},
		{"fe03", "fe03 is not there: no digest of this tree begins so"},
		{"sha256:" + strings.Repeat("1", 64), "is not there: no blob, link or manifest of this tree bears or names it"},

		{"app", "repository app"},
		{"app:v1", "tag app v1"},
		{"app:v2", "app:v2 is not there: see what is there"},
		{"team", "team is not there: it is no repository itself; there is team/svc below it"},
		{"localhost/app", "localhost/app is not there: did you mean app"},
		{"*", "* is not there: name one thing, without a glob"},
		{"cafe", "repository cafe"},
		{"cafe:beef", "tag cafe beef"},
		{"sha256:cafe", "tag sha256 cafe"},

		{"app@{A}", "revision app A"},
		{"app@{A/6}", "revision app A"},
		{"app@sha256:{A/6}", "revision app A"},
		{"app@{x/6}", "is not there: name a digest, or its first digits"},
		{"app@{x}", "is not there: see what is there"},
		{"app:", "app: is not there: name something after the colon, or leave it out"},
		{"sha256:", "sha256: is not there: name something after the colon, or leave it out"},
		{"sha256:a1c", "sha256:a1c is not there: of a digest at least 4 digits are needed"},
		{"app@", "app@ is not there: name a digest, or its first digits"},
		{"nobody@{A}", "is not there: see what is there"},
		{"team/svc@{B}", "is not there: see what is there"},

		{"{blob x}", "digest x"},
		{"docker/registry/v2/{blob x}", "digest x"},
		{"{app layer x}", "layer_link app x"},
		{"{app layer sha512:z}", "layer_link app sha512:z"},
		{"{app revision B}", "revision app B"},
		{"{app tag v1}", "tag app v1"},
		{"{app history v1 A}", "tag_index_entry app v1 A"},
		{"{app history v1 A}/beside", "path app"},
		{"{app upload u}", "upload app u"},
		{"repositories/app", "repository app"},
		{"repositories/team", "path team"},
		{"repositories/app/_manifests", "path app"},
		{"{blob x}/beside", "path"},
		{"blobs", "path"},
	} {
		target, err := named(tree, p, c.name)
		got, want := describe(tree, target), spelt(tree, c.want)
		if err != nil {
			got = describeError(err)
		}
		if got != want && (err == nil || !strings.HasSuffix(got, want)) {
			t.Errorf("%s: got %s, want %s", c.name, got, want)
		}
	}
}

func describe(tree *registrytest.Tree, target Target) string {
	words := []string{string(target.Kind)}
	for _, word := range []string{target.Repository, target.Tag} {
		if word != "" {
			words = append(words, word)
		}
	}
	if target.Digest != "" {
		words = append(words, strings.TrimRight(tree.Name(target.Digest), "0"))
	}
	if target.ID != "" {
		words = append(words, "u")
	}
	return strings.Join(words, " ")
}

func describeError(err error) string {
	var unknown *UnknownError
	var nowhere *plan.UnknownError
	var ambiguous *AmbiguousError
	switch {
	case errors.As(err, &unknown):
		return err.Error() + ": " + unknown.Hint
	case errors.As(err, &nowhere) && nowhere.Meant != "":
		return err.Error() + ": did you mean " + nowhere.Meant
	case errors.As(err, &nowhere):
		return err.Error() + ": see what is there"
	case errors.As(err, &ambiguous):
		var ends []string
		for _, d := range ambiguous.Candidates {
			ends = append(ends, string(d[len(d)-1:]))
		}
		return fmt.Sprintf("%v: %s", err, strings.Join(ends, ", "))
	}
	return err.Error()
}
