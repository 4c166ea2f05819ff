package repair_test

import (
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
