package verify_test

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/verify"
)

const (
	image = "A = image c x\nx = layer 8KiB\npush app:v1 A\n"
	index = "A = image c x\nB = image d y\nI = index A B\npush app:v1 I\n"
	alias = "A = image c sha512:z\npush app:v1 A\n"
)

// TestDamage: each way in which a registry fails to serve a tag, as "code path
// tags", in the letters of the spec.
func TestDamage(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"nothing", image, ""},

		{"an empty tag link", image + "damage app:v1 empty", "corrupt app tag v1 (v1)"},
		{"a garbled tag link", image + "damage app:v1 garbage", "corrupt app tag v1 (v1)"},
		{"a tag link with a newline", image + "damage app:v1 newline", "corrupt app tag v1 (v1)"},
		{"a tag link in capitals", image + "damage app:v1 uppercase", "corrupt app tag v1 (v1)"},
		{"a huge tag link", image + "damage app:v1 huge", "corrupt app tag v1 (v1)"},
		{"a tag link that is a directory", image + "damage app:v1 directory", "unreadable app tag v1 (v1)"},
		{"a tag link that is a FIFO", image + "damage app:v1 fifo", "unreadable app tag v1 (v1)"},
		{"a tag without a current link", image + "damage app:v1 no-current", "missing app tag v1 (v1)"},
		{"a ghost tag", image + "history app:v2 A", "missing app tag v2 (v2)"},
		{"an empty tag directory", image + "dir {app:v1}/../v3", "missing app tag v3 (v3)"},
		{"a tag that points to nothing", image + "damage app:v1 to=Q\nQ = image q r", "dangling app tag v1 (v1)"},
		{"a tag that points to another repository's", image + "push other:v1 Q\ndamage app:v1 to=Q\nQ = image q r", "missing app revision Q (v1)"},

		{"a file in the place of a tag", image + "file repositories/app/_manifests/tags/latest", "unreadable app tag latest (latest)"},
		{"a file that no tag could be", image + "file repositories/app/_manifests/tags/.DS_Store", ""},

		{"no tag history", image + "damage app:v1 no-history", ""},
		{"a revision link gone", image + "damage app@A gone", "missing app revision A (v1)"},
		{"an empty revision link", image + "damage app@A empty", "corrupt app revision A (v1)"},
		{"a revision link to another manifest", image + "push app:v2 Q\nQ = image c q\ndamage app@A to=Q", "corrupt app revision A (v1)"},
		{"a manifest gone", image + "damage blob A gone", "missing blob A (v1)"},
		{"an empty manifest", image + "damage blob A empty", "corrupt blob A (v1)"},
		{"a manifest that is no JSON", image + "damage blob A garbage", "corrupt blob A (v1)"},
		{"a manifest altered", image + "damage blob A altered", "corrupt blob A (v1)"},
		{"a huge manifest", image + "damage blob A huge", "unreadable blob A (v1)"},
		{"a manifest that is a directory", image + "damage blob A directory", "unreadable blob A (v1)"},
		{"a manifest that nobody knows", "U = unknown x\npush app:v1 U", "unreadable blob U (v1)"},
		{"an OCI artifact", "R = artifact x y\npush app:v1 R", "unreadable blob R (v1)"},
		{"a blob of an OCI artifact, within an index", "R = artifact x y\nI = index R\npush app:v1 I\ndamage blob x gone", "missing blob x (v1)\nunreadable blob R (v1)"},
		{"a manifest that is text", "T = text\npush app:v1 T", "unreadable blob T (v1)"},

		{"a layer link gone", image + "damage app layer x gone", "missing app layer x (v1)"},
		{"an empty layer link", image + "damage app layer x empty", "corrupt app layer x (v1)"},
		{"a layer link to another blob", image + "damage app layer x to=c", "corrupt app layer x (v1)"},
		{"a layer link that is a directory", image + "damage app layer x directory", "unreadable app layer x (v1)"},
		{"a layer gone", image + "damage blob x gone", "missing blob x (v1)"},
		{"a layer's data gone", image + "damage blob x missing", "missing blob x (v1)"},
		{"a layer gone with its link", image + "damage blob x gone\ndamage app layer x gone", "missing blob x (v1)"},
		{"a config gone", image + "damage blob c gone", "missing blob c (v1)"},
		{"a layer truncated", image + "damage blob x truncated", "corrupt blob x (v1)"},
		{"a layer that is a directory", image + "damage blob x directory", "unreadable blob x (v1)"},
		{"all layer links", image + "damage app no-layers", "missing repositories/app/_layers (v1)"},
		{"all layer links, and one layer", image + "damage app no-layers\ndamage blob x gone", "missing blob x (v1)\nmissing repositories/app/_layers (v1)"},
		{"a layer that another repository has", image + "push other:v1 A\ndamage app layer x gone", "missing app layer x (v1)"},

		{"a child gone", index + "damage blob B gone", "missing blob B (v1)"},
		{"a child's link gone", index + "damage app@B gone", "missing app revision B (v1)"},
		{"a child's link gone, which another repository has", index + "push other:v1 I\ndamage app@B gone", "missing app revision B (v1)"},
		{"a child's link gone, which nobody else has", index + "damage app@B gone\ndamage app layer d gone", "missing app revision B (v1)"},
		{"a child's link gone, and no file for its blob", index + "damage app@B gone\ndamage blob B directory", "missing app revision B (v1)"},
		{"a child's layer gone", index + "damage blob y gone", "missing blob y (v1)"},
		{"a child truncated", index + "damage blob B truncated", "corrupt blob B (v1)"},

		{"an alias gone", alias + "damage app layer sha512:z gone", "missing app layer sha512:z (v1)"},
		{"an alias garbled", alias + "damage app layer sha512:z garbage", "corrupt app layer sha512:z (v1)"},
		{"what an alias leads to not linked", alias + "damage app layer z gone", "missing app layer z (v1)"},
		{"what an alias leads to gone", alias + "damage blob z gone", "missing blob z (v1)"},
		{"a tarsum gone", "O = schema1 x tarsum:p\npush app:v1 O\ndamage app layer tarsum:p gone", "missing app layer tarsum:p (v1)"},
		{"a manifest of registry 2.1 gone", image + "push app:old Q links=layers\nQ = image c q\ndamage blob Q gone", "missing blob Q (old)"},

		{"a manifest of registry 2.1 empty", image + "push app:old Q links=layers\nQ = image c q\ndamage blob Q empty", "corrupt blob Q (old)"},

		{"several tags", image + "push app:v2 A\npush app:v0 B\nB = image d x\npush app:w D\nD = image d e\ndamage blob x gone", "missing blob x (v0 v1 v2)"},
		{"two causes for one tag", image + "damage blob x gone\ndamage blob c truncated", "corrupt blob c (v1)\nmissing blob x (v1)"},
		{"deep down", "A = image c x\nB = image d x\nI = index A B\nJ = index I\nK = index J I\npush app:v1 K\npush app:v2 J\npush app:v3 B\npush app:v4 Q\nQ = image q r\ndamage blob c gone\ndamage blob x gone",
			"missing blob c (v1 v2)\nmissing blob x (v1 v2 v3)"},
		{"a child that is tagged", index + "push app:b B\ndamage blob y gone", "missing blob y (b v1)"},
		{"in two repositories", image + "push other:v1 A\ndamage blob x gone", "missing blob x (v1)\nother: missing blob x (v1)"},

		{"by digest, without tags", "A = image c x\npush app@ A\ndamage blob x gone", "missing blob x ()"},
		{"by digest, with tags", image + "push app@ B\nB = image d y\ndamage blob y gone", ""},
		{"of a manifest that was untagged", image + "push app:v1 B\nB = image d y\ndamage blob A truncated\ndamage blob x gone", ""},
		{"of a repository whose tags were removed", "A = image c x\npush app:v1 A\nuntag app:v1\ndamage blob x gone", ""},
		{"tags gone", image + "damage app no-tags\ndamage blob x gone", "missing blob x ()"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, c.spec)
			got := []string{}
			for _, d := range judge(t, tree, false).damage {
				got = append(got, inLetters(tree, d))
				if d.Detail == "" || d.Hint == "" {
					t.Errorf("%+v says too little", d)
				}
			}
			slices.Sort(got)
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("damage\n%s\nwant\n%s", text, c.want)
			}
		})
	}
}

// TestWhatHeals: a hint has to be true of what repair does.
func TestWhatHeals(t *testing.T) {
	for spec, want := range map[string]string{
		image + "damage app@A gone":                     "where something shows that the repository had it; else push the tag again",
		image + "damage blob A huge":                    "if it does not hash to its digest",
		"A = image c pad=4100KiB\npush app:v1 A":        "if it does not hash to its digest",
		"T = text\npush app:v1 T":                       "push the tag again, or remove it",
		image + "damage app@A gone\ndamage blob A gone": "or take it from another tree with regjanitor repair --from ROOT",
		image + "damage app:v1 no-current":              "or take it from another tree with regjanitor repair --from ROOT",
		image + "damage app:v1 empty":                   "regjanitor repair --tags-from-history or --from ROOT",
		image + "damage app:v1 garbage":                 "regjanitor repair --tags-from-history or --from ROOT",
	} {
		damage := judge(t, registrytest.Build(t, spec), false).damage
		if len(damage) != 1 || !strings.Contains(damage[0].Hint, want) {
			t.Errorf("%s\n%+v, want the hint %q", spec, damage, want)
		}
	}
}

// TestLegitimate: what is absent, and rightly.
func TestLegitimate(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		proxy      bool
		want       []verify.GapKind
	}{
		{"a sparse index", "A = image c x\nB = image d y\nI = index A ~B\npush app:v1 I", false, []verify.GapKind{verify.SparseChild}},
		{"a sparse index, whole elsewhere", "A = image c x\nB = image d y\nI = index A ~B\npush app:v1 I\npush other:v1 B", false, []verify.GapKind{verify.SparseChild}},
		{"a sparse index, whose child shares a layer", "A = image c x\nB = image d x\nI = index A ~B\npush app:v1 I\npush other:v1 B", false, []verify.GapKind{verify.SparseChild}},
		{"foreign layers", "F = image f foreign:w urls:v\npush app:v1 F", false, []verify.GapKind{verify.ForeignLayer, verify.ForeignLayer}},
		{"a missing subject", "S = image s x subject=Q\nQ = image q r\npush app:v1 S", false, []verify.GapKind{verify.AbsentSubject}},
		{"a proxy's gaps", "proxy\nA = image c ~x\npush app:v1 A\nB = image d y\npush app:v2 B\nexpire app@B\nI = index B\npush app:v3 I\ndamage blob B gone\nexpire app@B", true,
			[]verify.GapKind{verify.NotCached, verify.NotCached, verify.NotCached}},
		{"schema 1", "O = schema1 x tarsum:p\npush app:v1 O", false, []verify.GapKind{verify.OldManifest}},
		{"registry 2.1", image[:14] + "push app:v1 A links=layers", false, []verify.GapKind{verify.OldManifest}},
		{"a name that no tag can have", image + "dir {app:v1}/../.snapshot", false, []verify.GapKind{verify.TagName}},
		{"a blob behind a symbolic link", image + "damage blob x symlinked", false, nil},
		{"a manifest behind a symbolic link", image + "damage blob A symlinked-shard", false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := judge(t, registrytest.Build(t, c.spec), c.proxy)
			var kinds []verify.GapKind
			for _, gap := range found.gaps {
				kinds = append(kinds, gap.Kind)
			}
			if slices.Sort(kinds); !slices.Equal(kinds, c.want) || len(found.damage) > 0 {
				t.Errorf("gaps %+v, damage %+v; want gaps %v", found.gaps, found.damage, c.want)
			}
		})
	}
}

// TestAProxyCanBeDamaged: what it holds has to be good.
func TestAProxyCanBeDamaged(t *testing.T) {
	for how, want := range map[string]string{
		"blob x directory": "unreadable blob x (v1)", "blob x truncated": "corrupt blob x (v1)", "blob A empty": "corrupt blob A (v1)",
		"app:v1 empty": "corrupt app tag v1 (v1)", "app layer x garbage": "corrupt app layer x (v1)",
	} {
		tree := registrytest.Build(t, "proxy\n"+image+"damage "+how)
		if found := judge(t, tree, true); len(found.damage) != 1 || inLetters(tree, found.damage[0]) != want {
			t.Errorf("%s: %+v; want %s", how, found.damage, want)
		}
	}
}

// TestUndamaged: whatever a registry has been through, nothing is damaged.
func TestUndamaged(t *testing.T) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		spec := registrytest.Random(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
		// Nothing that takes a link away or never makes one, as a crash or an API's
		// delete do.
		spec = regexp.MustCompile(`(?m)^(history|expire|delete) .*$|~`).ReplaceAllString(spec, "")
		spec = strings.ReplaceAll(spec, "= artifact", "= image") // which no registry serves
		parsed, err := registrytest.Parse(spec)
		if err != nil {
			rt.Fatal(err)
		}
		tree, err := parsed.Write(filepath.Join(t.TempDir(), fmt.Sprint(n)), registrytest.Now)
		if err != nil {
			rt.Fatal(err)
		}
		if found := judge(t, tree, false); len(found.damage) > 0 {
			rt.Fatalf("%+v in\n%s", found.damage, spec)
		}
	})
}

type judged struct {
	damage []verify.Damage
	gaps   []verify.Gap
	judge  *verify.Judge
	inv    *inventory.Inventory
}

func judge(t *testing.T, tree *registrytest.Tree, proxy bool) (all judged) {
	t.Helper()
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	all.inv, err = inventory.Scan(context.Background(), root, inventory.Options{Jobs: 2, ForPulls: true})
	if err != nil {
		t.Fatal(err)
	}
	all.judge = verify.NewJudge(all.inv)
	all.judge.Proxy = proxy
	for place := range all.inv.Repositories {
		verdict := all.judge.Repository(place)
		all.damage = append(all.damage, verdict.Damage...)
		all.gaps = append(all.gaps, verdict.Gaps...)
	}
	return all
}

// inLetters is damage as "code path (tags)", with the repository before it unless
// that is app.
func inLetters(tree *registrytest.Tree, d verify.Damage) string {
	prefix := ""
	if d.Repository != "app" {
		prefix = d.Repository + ": "
	}
	path := tree.Letters([]string{d.Path})[0]
	return fmt.Sprintf("%s%s %s (%s)", prefix, d.Code, path, strings.Join(d.Tags, " "))
}
