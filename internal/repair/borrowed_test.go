package repair_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/repair"
)

// TestNobodyIsGivenAnothersImage: what a tag's link names may be another
// repository's, or no manifest at all. Only what shows that the repository had it
// brings its link back.
func TestNobodyIsGivenAnothersImage(t *testing.T) {
	t.Parallel()
	const secret = "\nS = image s t\npush secret:s S\n"
	for _, test := range []struct {
		name, damage   string
		want, problems []string
	}{
		{name: "another's manifest", damage: "damage app:v1 to=S", problems: []string{"broken app tag v1: v1"}},
		{name: "another's, and in the tag's history", damage: "damage app:v1 to=S; history app:v1 S", want: []string{"create app layer s", "create app layer t", "create app revision S"}},
		{name: "another's, and its configuration is linked", damage: "mount app s; damage app:v1 to=S", want: []string{"create app layer t", "create app revision S"}},
		{name: "nobody's manifest", damage: "damage app:v1 to=S; delete secret@S", want: []string{"create app layer s", "create app layer t", "create app revision S"}},
		{name: "another's layer", damage: "damage app:v1 to=t", problems: []string{"unreadable blob t: v1"}},
		{name: "its own layer", damage: "damage app:v1 to=x", problems: []string{"unreadable blob x: v1"}},
		{name: "no manifest that registries know", damage: "U = unknown x; push app:u U; T = text;  push app:t T", problems: []string{"unreadable blob T: t", "unreadable blob U: u"}},
		{name: "one of OCI's artifacts", damage: "R = artifact x; push app:r R", problems: []string{"unreadable blob R: r"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree := build(t, app+secret+lines(test.damage))
			done, p := tree.run(t, repair.Options{}, nil)
			problems := tree.problems(p)
			slices.Sort(problems)
			if diff := cmp.Diff(append([]string{}, test.want...), done); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, test.problems...), problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
