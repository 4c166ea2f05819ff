package repair_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/repair"
	"regjanitor/internal/store/storetest"
)

// TestNothingIsDecidedByWhatARunWrites: what a run has made proves no more to the
// next one. Killed at any change and done again, it ends where it would have.
func TestNothingIsDecidedByWhatARunWrites(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, spec, damage string
		from               bool
		want, problems     []string
	}{
		{name: "what is about an image, and only the copy tells that", spec: "R = image r t subject=A; push app@ R; push other:r R",
			damage: "damage blob R altered; damage app layer t gone", from: true, want: []string{"copy blob R", "create app layer t", "trash blob R"}},
		{name: "a child that another repository had", spec: "S = image s t; J = index A ~S; push app:j J; push other:j J; push other@ S",
			damage: "damage blob S gone; damage other@S gone", from: true, want: []string{"copy blob S", "create other revision S"}},
		{name: "a child that either of two may have had", spec: "S = image s t; J = index A ~S; push app:j J; push other:j J; blob S",
			problems: []string{"missing app revision S: j", "missing other revision S: j"}},
		{name: "a child that only one can have had", spec: "S = image s t; J = index A ~S; push app:j J; blob S s t",
			want: []string{"create app layer s", "create app layer t", "create app revision S"}},
		{name: "a child that one cannot have had, and corrupt", spec: "S = image s t; J = index A ~S; push app:j J; blob S s t",
			damage: "damage blob S altered", from: true, problems: []string{"missing app revision S: j"}},
		{name: "an image that is listed as a layer too", spec: "J = index A plain:A; push app:j J", damage: "damage app@A gone; damage app layer A gone",
			want: []string{"create app layer A", "create app revision A"}},
		{name: "a tag of what registry 2.1 linked", spec: "S = image s t; push app:s S links=layers", damage: "damage app:s newline; damage app layer S empty",
			want: []string{"rewrite app layer S", "rewrite app tag s"}},
		{name: "a tag of another's image, which only the copy has", spec: "S = image s t; push other:s S", damage: "damage app:v1 to=S; damage blob S gone", from: true,
			want: []string{"copy blob S"}, problems: []string{"broken app tag v1: v1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := app + lines(test.spec)
			tree := build(t, spec+lines(test.damage))
			opts := repair.Options{Jobs: 1}
			if test.from {
				opts.From, opts.FromName = build(t, spec).v2(t), "the copy"
			}
			damaged, stopped := tree.memory, tree.memory.Clone()
			tree.memory = damaged.Clone()
			done, p := tree.run(t, opts, nil)
			if diff := cmp.Diff(append([]string{}, test.want...), done); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, test.problems...), tree.problems(p)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			want := files(tree.memory)
			if again, _ := tree.run(t, opts, nil); len(again) > 0 {
				t.Errorf("a second run does %q", again)
			}
			tree.memory = stopped
			tree.run(t, opts, func(call storetest.Call) error {
				if call.Op.Mutates() && call.Op != storetest.Write {
					if got := rerun(t, stopped.Clone(), opts); !maps.Equal(got, want) {
						t.Errorf("killed before %s %s, a rerun ends elsewhere: %q", call.Op, call.Path, differing(want, got))
					}
				}
				return nil
			})
		})
	}
}

// rerun repairs what a run was killed at.
func rerun(t *testing.T, state *storetest.Memory, opts repair.Options) map[string]string {
	t.Helper()
	storage, err := state.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := mend(storage, opts, nil, "rerun"); err != nil {
		t.Fatal(err)
	}
	return files(state)
}
