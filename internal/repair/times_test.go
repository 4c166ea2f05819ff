package repair_test

import (
	"strings"
	"testing"

	"regjanitor/internal/layout"
	"regjanitor/internal/repair"
)

// TestAnEntryWrittenAgainIsNoNewerOne: the first run mends an old entry of a
// history, and the second still finds the last.
func TestAnEntryWrittenAgainIsNoNewerOne(t *testing.T) {
	t.Parallel()
	tree := build(t, app+lines(`push app:v B age=3d; push app:v A age=1d
		damage app history v B empty; age app history v B 3d; damage app:v empty`))
	for _, history := range []bool{false, true} {
		if done, _ := tree.run(t, repair.Options{TagsFromHistory: history}, nil); len(done) != 1 {
			t.Errorf("done: %q", done)
		}
	}
	text, _ := tree.memory.Text(layout.Prefix + "/" + layout.TagCurrent("app", "v"))
	if text != string(tree.Digest("A")) {
		t.Errorf("the tag points to %q", text)
	}
}

// TestWhyTimesDoNotTell: who has to find out by hand is told why, and between what.
func TestWhyTimesDoNotTell(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"push app:v A; push app:v B":                                 "which of 2 entries of its history is the last their times do not tell: they were pushed, or copied, less than a minute apart",
		"push app:v A age=2h; push app:v B age=-1h":                  "a time among them lies in the future",
		"push app:v A; push app:v B; damage app history v B symlink": "the time of one cannot be read",
	} {
		tree := build(t, app+lines(spec+"; damage app:v empty"))
		_, p := tree.run(t, repair.Options{TagsFromHistory: true}, nil)
		if len(p.Problems) != 1 {
			t.Errorf("%s: problems %+v", spec, p.Problems)
			continue
		}
		text := p.Problems[0].Problem
		for _, part := range []string{want, string(tree.Digest("A"))[:19], string(tree.Digest("B"))[:19]} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q lacks %q", spec, text, part)
			}
		}
	}
}
