package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ordered are tags as clean_old_versions puts them in order by name.
func ordered(tags ...string) []string {
	var l versions
	for _, tag := range tags {
		l.versions = append(l.versions, datedTag{tag: tag})
	}
	l.sort(false)
	sorted := []string{}
	for _, v := range l.versions {
		sorted = append(sorted, v.tag)
	}
	return sorted
}

func TestTagsAreOrderedByTheNumbersInThem(t *testing.T) {
	for _, want := range [][]string{
		{"1", "2", "10"},
		{"0.1.9", "0.1.10", "0.2"},
		{"1", "1.0", "1.0.0", "1.0.1"},
		{"0.1.007", "0.1.8"},
		{"1.2", "1.2.1", "v1.2"},  // v1 is 91
		{"2", "4", "b", "latest"}, // 9, 999999
		{"1.0", "1.0-rc1"},        // 0 and 09991
		{"v1", "v2", "v10"},       // 91, 92, 910
		{"a", "b", "c"},           // all 9: as they come, by name
		{"1.a", "1.b", "1.10"},    // 9, 9, 10
		{"20160625", "20160625120000000000000000", "20160626120000000000000000"},
		{"99999999999999999999999999999998", "99999999999999999999999999999999"},
		{"1", "1.", "1..", "1..1"}, // empty parts are none
	} {
		byName := slices.Sorted(slices.Values(want))
		if diff := cmp.Diff(want, ordered(byName...)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", byName, diff)
		}
	}
}

// Numbers of one length are in the order of their texts, and a longer one is larger.
func TestNumbersAreComparedAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Uint64().Draw(t, "a")
		b := rapid.Uint64().Draw(t, "b")
		zeros := strings.Repeat("0", rapid.IntRange(0, 3).Draw(t, "zeros"))
		text := func(n uint64) string { return zeros[:min(len(zeros), int(n%4))] + strconv.FormatUint(n, 10) }
		want := 0
		if a < b {
			want = -1
		} else if a > b {
			want = 1
		}
		if got := compareNumbers(text(a), text(b)); got != want {
			t.Errorf("%s to %s: %d; want %d", text(a), text(b), got, want)
		}
	})
}
