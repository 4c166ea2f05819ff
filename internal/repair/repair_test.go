package repair_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/repair"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/trash"
)

// app is two images of one repository, and an index of both.
const app = `
	A = image c x y
	B = image d x z
	I = index A B
	push app:v1 A
	push app:multi I
`

// TestRepair breaks one thing after the other. An undamaged copy is there where
// from says so; whole trees are as they were before the damage.
func TestRepair(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, spec, damage string
		from, history      bool
		want, problems     []string
		whole              bool
	}{
		{name: "nothing", whole: true},

		{name: "a tag's link with a newline", damage: "damage app:v1 newline", want: []string{"rewrite app tag v1"}, whole: true},
		{name: "a tag's link with spaces, of a manifest that is gone", damage: "damage app:v1 spaces; damage blob A gone",
			problems: []string{"missing blob A: multi v1"}},
		{name: "an empty tag link", damage: "damage app:v1 empty", problems: []string{"broken app tag v1: v1"}},
		{name: "an empty tag link, and a history", damage: "damage app:v1 empty", history: true, want: []string{"rewrite app tag v1"}, whole: true},
		{name: "garbage in it, and a history", damage: "damage app:v1 garbage", history: true, want: []string{"rewrite app tag v1"}, whole: true},
		{name: "too much in it, and a history", damage: "damage app:v1 huge", history: true, want: []string{"rewrite app tag v1"}, whole: true},
		{name: "the last of two", spec: "push app:v1 B age=2h; push app:v1 A age=1h", damage: "damage app:v1 empty", history: true, want: []string{"rewrite app tag v1"}, whole: true},
		{name: "two of one minute", spec: "push app:v1 B; push app:v1 A", damage: "damage app:v1 empty", history: true, problems: []string{"broken app tag v1: v1"}},
		{name: "the last was deleted", spec: "push app:v2 B age=3h; history app:v2 S age=1h; S = image s t; blob S", damage: "damage app:v2 empty", history: true, problems: []string{"broken app tag v2: v2"}},
		{name: "the last is corrupt", spec: "push app:v2 A age=3h; push app:v2 B age=1h", damage: "damage app:v2 empty; damage blob B corrupt", history: true,
			want: []string{"trash blob B"}, problems: []string{"corrupt blob B: multi", "broken app tag v2: v2"}},
		{name: "the last has a broken revision link", damage: "damage app:v1 empty; damage app@A empty", history: true, want: []string{"rewrite app revision A", "rewrite app tag v1"}, whole: true},
		{name: "the last has no revision link, but an index lists it", damage: "damage app:v1 empty; damage app@A gone", history: true, want: []string{"create app revision A", "rewrite app tag v1"}, whole: true},
		{name: "the last has no revision link", spec: "S = image s t; push app:s S", damage: "damage app:s empty; damage app@S gone", history: true, problems: []string{"broken app tag s: s"}},
		{name: "no history", damage: "damage app:v1 no-history; damage app:v1 empty", history: true, problems: []string{"broken app tag v1: v1"}},
		{name: "no current link", damage: "damage app:v1 no-current", history: true, problems: []string{"missing app tag v1: v1"}},
		{name: "a tag's link is a directory", damage: "damage app:v1 directory", history: true, from: true, problems: []string{"not-a-file app tag v1: v1"}},
		{name: "a tag's link is a symlink", damage: "damage app:v1 symlink", history: true, from: true, problems: []string{"not-a-file app tag v1: v1"}},

		{name: "an empty revision link", damage: "damage app@A empty", want: []string{"rewrite app revision A"}, whole: true},
		{name: "an empty revision link of an untagged manifest", spec: "S = image s t; push app@ S", damage: "damage app@S empty", want: []string{"rewrite app revision S"}, whole: true},
		{name: "half a revision link", damage: "damage app@A short", want: []string{"rewrite app revision A"}, whole: true},
		{name: "upper case", damage: "damage app@A uppercase", want: []string{"rewrite app revision A"}, whole: true},
		{name: "a revision link with spaces", damage: "damage app@I spaces", want: []string{"rewrite app revision I"}, whole: true},
		{name: "a revision link that is far too long", damage: "damage app@I huge", want: []string{"rewrite app revision I"}, whole: true},
		{name: "a revision link to another manifest", damage: "damage app@A to=B", want: []string{"rewrite app revision A"}, whole: true},
		{name: "the revision link of a tag is missing", damage: "damage app@I missing", want: []string{"create app revision I"}, whole: true},
		{name: "of an index's child", spec: "push app:v1 B", damage: "damage app@A gone", want: []string{"create app revision A"}, whole: true},
		{name: "an untagged revision link is missing", spec: "S = image s t; push app@ S", damage: "damage app@S missing"},
		{name: "an index's child that was never here", spec: "S = image s t; J = index A ~S; push app:j J; push other:s S", whole: true},
		{name: "a revision link that is a FIFO", damage: "damage app@A fifo", problems: []string{"not-a-file app revision A: multi v1"}},
		{name: "all revision links are missing", damage: "damage app no-revisions", want: []string{"create app revision A", "create app revision B", "create app revision I"}, whole: true},

		{name: "an empty layer link", damage: "damage app layer x empty", want: []string{"rewrite app layer x"}, whole: true},
		{name: "garbage in a layer link", damage: "damage app layer x garbage", want: []string{"rewrite app layer x"}, whole: true},
		{name: "a newline in a layer link", damage: "damage app layer x newline", want: []string{"rewrite app layer x"}, whole: true},
		{name: "a layer link to another layer", damage: "damage app layer x to=y", want: []string{"rewrite app layer x"}, whole: true},
		{name: "a layer link is missing", damage: "damage app layer x gone", want: []string{"create app layer x"}, whole: true},
		{name: "a config's link is missing", damage: "damage app layer c missing", want: []string{"create app layer c"}, whole: true},
		{name: "the layer link of an untagged manifest is missing", spec: "S = image s t; push app@ S", damage: "damage app layer t missing"},
		{name: "all layer links are missing", damage: "damage app no-layers",
			want: []string{"create app layer c", "create app layer d", "create app layer x", "create app layer y", "create app layer z"}, whole: true},
		{name: "the layer link of what is about a tagged image", spec: "S = image s t subject=A; push app@ S", damage: "damage app layer t missing", want: []string{"create app layer t"}, whole: true},
		{name: "a layer by its sha512 whose link is empty", spec: "S = image s sha512:t; push app:s S", damage: "damage app layer sha512:t empty", problems: []string{"broken app layer sha512:t: s"}},
		{name: "a layer by its sha512 whose link is missing", spec: "S = image s sha512:t; push app:s S", damage: "damage app layer sha512:t missing", problems: []string{"missing app layer sha512:t: s"}},
		{name: "a layer by its sha512 whose second link is missing", spec: "S = image s sha512:t; push app:s S", damage: "damage app layer t missing", want: []string{"create app layer t"}, whole: true},
		{name: "from a copy: a layer by its sha512 whose link is empty", spec: "S = image s sha512:t; push app:s S", damage: "damage app layer sha512:t empty", from: true, want: []string{"rewrite app layer sha512:t"}, whole: true},
		{name: "from a copy: one whose links and data are all gone", spec: "S = image s sha512:t; push app:s S", damage: "damage app layer sha512:t gone; damage app layer t gone; damage blob t gone", from: true,
			want: []string{"copy blob t", "create app layer t", "create app layer sha512:t"}, whole: true},
		{name: "an empty layer link that nothing needs, and no blob", spec: "mount app q", damage: "damage app layer q empty; damage blob q gone", problems: []string{"broken app layer q:"}},

		{name: "a layer link in a repository without tags", spec: "S = image s t; push lone@ S", damage: "damage lone layer t gone; damage lone layer s garbage", want: []string{"create lone layer t", "rewrite lone layer s"}, whole: true},
		{name: "a layer in a repository without tags", spec: "S = image s t; push lone@ S", damage: "damage blob t truncated", want: []string{"trash blob t"}, problems: []string{"corrupt blob t:"}},
		{name: "an index that lists another repository's image, and loses its own", spec: "S = image s t; J = index A ~S; push app:j J; push other:s S", damage: "damage blob S altered",
			want: []string{"trash blob S"}, problems: []string{"corrupt blob S: j", "corrupt blob S: s"}},

		{name: "an empty entry of a history", damage: "damage app history v1 A empty", want: []string{"rewrite app history v1 A"}, whole: true},
		{name: "an empty entry of a history, and no blob", spec: "history app:v1 S; S = image s t", damage: "damage app history v1 S empty"},
		{name: "no history at all", damage: "damage app:v1 no-history"},

		{name: "a layer is missing", damage: "damage blob x missing", problems: []string{"missing blob x: multi v1"}},
		{name: "a layer is missing with its link", damage: "damage blob x gone; damage app layer x gone", problems: []string{"missing blob x: multi v1"}},
		{name: "a truncated layer", damage: "damage blob x truncated", want: []string{"trash blob x"}, problems: []string{"corrupt blob x: multi v1"}},
		{name: "an empty layer", damage: "damage blob x empty", want: []string{"trash blob x"}, problems: []string{"corrupt blob x: multi v1"}},
		{name: "a flipped byte", damage: "damage blob z corrupt", want: []string{"trash blob z"}, problems: []string{"corrupt blob z: multi"}},
		{name: "a corrupt layer and an empty link", damage: "damage blob z corrupt; damage app layer z empty", want: []string{"trash blob z"}, problems: []string{"corrupt blob z: multi"}},
		{name: "an empty manifest", damage: "damage blob A empty", want: []string{"trash blob A"}, problems: []string{"corrupt blob A: multi v1"}},
		{name: "an altered manifest", damage: "damage blob A altered", want: []string{"trash blob A"}, problems: []string{"corrupt blob A: multi v1"}},
		{name: "a manifest that is far too large", damage: "damage blob A huge", want: []string{"trash blob A"}, problems: []string{"corrupt blob A: multi v1"}},
		{name: "an empty manifest without a tag", spec: "S = image s t; push app@ S", damage: "damage blob S empty", want: []string{"trash blob S"}},
		{name: "a corrupt manifest that is not linked", damage: "damage blob I altered; damage app@I gone", problems: []string{"corrupt blob I: multi"}},
		{name: "a corrupt layer that nothing needs", spec: "blob o", damage: "damage blob o corrupt"},
		{name: "data is a directory", damage: "damage blob x directory", problems: []string{"not-a-file blob x: multi v1"}, from: true},
		{name: "data is a symlink", damage: "damage blob x symlink", problems: []string{"not-a-file blob x: multi v1"}, from: true},
		{name: "the directory of data is a symlink", damage: "damage blob x symlinked", problems: []string{"not-a-file blob x: multi v1"}, from: true},
		{name: "a shard is a symlink", damage: "damage blob x symlinked-shard", problems: []string{"not-a-file blob x: multi v1"}, from: true},

		{name: "from a copy: data that is missing", damage: "damage blob x gone", from: true, want: []string{"copy blob x"}, whole: true},
		{name: "from a copy: corrupt data", damage: "damage blob x corrupt", from: true, want: []string{"trash blob x", "copy blob x"}, whole: true},
		{name: "from a copy: a manifest, with what only it names", damage: "damage blob I missing; damage app@I missing; damage app layer y missing; damage blob B empty; damage app layer z missing", from: true,
			want: []string{"trash blob B", "copy blob B", "copy blob I", "create app layer y", "create app layer z", "create app revision I"}, whole: true},
		{name: "from a copy: a child, link and blob", damage: "damage blob B gone; damage app@B gone; damage blob z gone; damage app layer z gone", from: true,
			want: []string{"copy blob B", "copy blob z", "create app layer z", "create app revision B"}, whole: true},
		{name: "from a copy: a tag", damage: "damage app:v1 empty", from: true, want: []string{"rewrite app tag v1"}, whole: true},
		{name: "from a copy: a tag without a current link", damage: "damage app:v1 no-current", from: true, want: []string{"create app tag v1"}, whole: true},
		{name: "from an older copy: a tag that has gone on", spec: "push app:old A age=2h", damage: "damage app:old empty; history app:old B age=1h", from: true, problems: []string{"broken app tag old: old"}},
		{name: "from a copy: a tag that is gone", damage: "remove repositories/app/_manifests/tags/v1", from: true},
		{name: "from a copy: what was deleted", spec: "S = image s t; push app@ S", damage: "damage app@S gone; damage blob S gone; damage blob t gone; damage app layer t gone", from: true},
		{name: "from a copy: a tag whose manifest is gone, link and blob", damage: "damage blob I gone; damage app@I gone", from: true, want: []string{"copy blob I", "create app revision I"}, whole: true},
		{name: "from a copy: a corrupt manifest that is not linked", damage: "damage blob I altered; damage app@I gone", from: true, want: []string{"trash blob I", "copy blob I", "create app revision I"}, whole: true},

		{name: "a pull-through cache has gaps", damage: "proxy; damage blob x gone; damage app@B gone; damage app layer c gone; damage app@A empty", want: []string{"rewrite app revision A"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := app + lines(test.spec)
			tree, good := build(t, spec+lines(test.damage)), build(t, spec)
			opts := repair.Options{Jobs: 2, TagsFromHistory: test.history, Proxy: strings.Contains(test.damage, "proxy")}
			if test.from {
				opts.From, opts.FromName = good.v2(t), "the copy"
			}
			got, p := tree.run(t, opts, nil)
			slices.Sort(test.want)
			if diff := cmp.Diff(append([]string{}, test.want...), got); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, test.problems...), tree.problems(p)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(good.files(), tree.files()); test.whole && diff != "" {
				t.Errorf("afterwards (-undamaged +repaired):\n%s", diff)
			}
			again, _ := tree.run(t, opts, nil)
			if len(again) > 0 {
				t.Errorf("a second run does %q", again)
			}
		})
	}
}

// lines are statements of a spec, which are separated by semicolons here.
func lines(statements string) string { return "\n" + strings.ReplaceAll(statements, ";", "\n") }

// tree is a registry in memory.
type tree struct {
	*registrytest.Tree
	memory *storetest.Memory
}

func build(t testing.TB, spec string) *tree {
	t.Helper()
	on := registrytest.Build(t, spec)
	memory, err := storetest.Load(on.Root)
	if err != nil {
		t.Fatal(err)
	}
	return &tree{on, memory}
}

func (tr *tree) v2(t testing.TB) store.Dir {
	t.Helper()
	dir, err := tr.memory.Dir(layout.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run repairs, and tells what was done.
func (tr *tree) run(t testing.TB, opts repair.Options, hook storetest.Hook) ([]string, *repair.Plan) {
	t.Helper()
	storage, err := tr.memory.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	p, result, err := mend(storage, opts, hook, "run")
	if err != nil {
		t.Fatal(err)
	}
	done := []string{}
	for i, a := range p.Actions {
		if result.Statuses[i] != repair.Done {
			t.Errorf("%s %s: %v, %v", a.Op, a.Path, result.Statuses[i], result.Errors[i])
		}
		done = append(done, fmt.Sprintf("%s %s", a.Op, tr.Letters([]string{a.Path})[0]))
	}
	slices.Sort(done)
	return done, p
}

// mend is a run from the scan to the last change.
func mend(storage store.Dir, opts repair.Options, hook storetest.Hook, name string) (*repair.Plan, *repair.Result, error) {
	p, err := survey(storage, opts)
	if err != nil {
		return nil, nil, err
	}
	result, err := carryOut(storage, p, opts, hook, name)
	return p, result, err
}

func survey(storage store.Dir, opts repair.Options) (*repair.Plan, error) {
	v2, err := storage.Open(layout.Prefix)
	if err != nil {
		return nil, err
	}
	inv, err := inventory.Scan(context.Background(), v2, inventory.Options{Jobs: max(opts.Jobs, 1), ForPulls: true, LookInside: -1, Began: registrytest.Now})
	if err != nil {
		return nil, err
	}
	for place := range inv.Repositories {
		opts.Repositories = append(opts.Repositories, place)
	}
	return repair.Make(context.Background(), v2, inv, opts)
}

// carryOut asks the hook, which may be nil, before each operation.
func carryOut(storage store.Dir, p *repair.Plan, opts repair.Options, hook storetest.Hook, name string) (*repair.Result, error) {
	if hook != nil {
		storage = storetest.Wrap(storage, hook)
	}
	v2, err := storage.Open(layout.Prefix)
	if err != nil {
		return nil, err
	}
	doing := repair.Doing{From: opts.From}
	if entries := repair.Entries(v2, p); entries.Len > 0 {
		if doing.Trash, err = trash.Begin(storage, trash.Header{ID: name, Command: "repair", Started: time.Unix(0, 0).UTC()}, entries); err != nil {
			return nil, err
		}
		defer doing.Trash.End()
	}
	return repair.Execute(context.Background(), v2, p, doing), nil
}

func (tr *tree) problems(p *repair.Plan) []string {
	all := []string{}
	for _, problem := range p.Problems {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s: %s", problem.Code, tr.Letters([]string{problem.Path})[0], strings.Join(problem.Tags, " "))))
	}
	return all
}

// files are the contents of all files, but for the trash and for what a run that
// was stopped has left.
func (tr *tree) files() map[string]string { return files(tr.memory) }

func files(memory *storetest.Memory) map[string]string {
	all := map[string]string{}
	for path, info := range memory.All() {
		if strings.HasPrefix(path, ".regjanitor") || strings.HasSuffix(path, ".tmp") || info.Type == store.Directory {
			continue
		}
		text, _ := memory.Text(path)
		all[path] = fmt.Sprintf("%s %s", info.Type, text)
	}
	return all
}

// TestChildrenComeFirst: an index is linked once what it lists is.
func TestChildrenComeFirst(t *testing.T) {
	t.Parallel()
	tree := build(t, app+lines("J = index B I; K = index J A; push app:k K; damage app no-revisions"))
	place := map[string]int{}
	_, p := tree.run(t, repair.Options{}, nil)
	for i, a := range p.Actions {
		place[tree.Name(a.Digest)] = i
	}
	for parent, children := range map[string]string{"I": "AB", "J": "BI", "K": "JA"} {
		for _, child := range strings.Split(children, "") {
			if place[child] >= place[parent] {
				t.Errorf("%s comes after %s, which lists it: %v", child, parent, place)
			}
		}
	}
}
