package sweep_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// What follows are gaps that mutants came through: see scripts/mutate.

func inScope(globs ...string) func(*plan.Options) {
	return func(o *plan.Options) { o.Scope = globs }
}

func TestOutsideTheScope(t *testing.T) {
	const other = app + `
		push other:v1 B
		push other:v1 A
	`
	const otherGarbage = `other revision B, other history v1 B, other layer d, other layer y`
	runRows(t, []row{
		{name: "garbage keeps the blobs that it links", spec: other, options: inScope("other"), stays: okGarbage, removed: otherGarbage},
		{name: "uploads, leftovers and what a run left of a tag stay", spec: other + `
			upload app u age=30d
			temp app@B age=30d
			temp blob x age=30d
			file repositories/app/_manifests/.regjanitor-run-v2/index/x
			`, options: inScope("other"), stays: okGarbage, removed: otherGarbage},
		{name: "its own uploads, leftovers and what a run left of a tag go", spec: other + `
			upload other u age=30d
			temp other@B age=30d
			temp other@A age=30d
			file repositories/other/_manifests/.regjanitor-run-v2/index/x
			`, options: inScope("other"), stays: okGarbage, lost: "repositories/other/_manifests/.regjanitor-run-v2/index/x",
			warnings: "none", removed: also(otherGarbage, "other upload u, temp other revision A, temp other revision B, repositories/other/_manifests/.regjanitor-run-v2/index/x")},
	})
	t.Run("what is nobody's stays, and is mentioned where it is odd", func(t *testing.T) {
		tree := registrytest.Build(t, app+`
			push other:v1 A
			push digests@ A
			temp blob x age=30d
			damage other:v1 empty
			file repositories/other/_uploads/stray
			file repositories/stray
		`)
		opts := defaults()
		opts.Scope = []string{"app"}
		removed, p := removedFrom(t, tree, opts)
		checkSame(t, "removed", words(appGarbage), removed)
		checkSame(t, "doubts", nil, codes(p.Doubts))
		var mentioned []string
		for _, w := range p.Warnings {
			mentioned = append(mentioned, w.Path)
		}
		checkSame(t, "mentioned", []string{"repositories/stray"}, mentioned)
	})
	t.Run("directories stay, and go where they are in scope", func(t *testing.T) {
		for glob, gone := range map[string]bool{"ok": false, "team/**": true, "**": true} {
			tree := registrytest.Build(t, ok+"dir repositories/team/old\ndir blobs/sha256/ff")
			opts := defaults()
			opts.Scope = []string{glob}
			removedFrom(t, tree, opts)
			_, err := os.Stat(filepath.Join(tree.V2, "repositories/team/old"))
			checkSame(t, glob+": the directory is gone", gone, os.IsNotExist(err))
			if _, err = os.Stat(filepath.Join(tree.V2, "blobs/sha256/ff")); err != nil {
				t.Errorf("%s: a shard of nobody's blobs is gone: %v", glob, err)
			}
		}
	})
}

func TestGlobs(t *testing.T) {
	tree := registrytest.Build(t, ok)
	for _, glob := range []string{"", "[a"} {
		opts := defaults()
		opts.Scope = []string{"ok", glob}
		if _, err := survey(open(t, tree.V2), 1, opts); err == nil {
			t.Errorf("%q is taken for a glob", glob)
		}
	}
}

// removedFrom is what a run removes, in letters, and its plan.
func removedFrom(t *testing.T, tree *registrytest.Tree, opts plan.Options) ([]string, *plan.Plan) {
	t.Helper()
	before, root := tree.Contents(), open(t, tree.V2)
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, root, p)
	return minus(before, tree.Contents()), p
}

func byName(requests ...plan.Request) func(*plan.Options) {
	return func(o *plan.Options) { o.Requests = requests }
}

func TestRemovalsByName(t *testing.T) {
	const old = "app tag v1, app history v1 O, app revision O, app signature O, app layer p, blob O, blob O.sig, blob p"
	const both = `app tag v1, app tag v2, app history v1 A, app history v1 B, app history v2 B, app revision A, app revision B,
		app layer c, app layer x, app layer d, app layer y, blob A, blob B, blob c, blob x, blob d, blob y`
	runRows(t, []row{
		{name: "a broken tag takes nothing else with it", alone: true, options: byName(plan.Request{Repository: "app", Tag: "bad"}),
			spec: app + "push app:bad A\ndamage app:bad empty", removed: "app tag bad, app history bad A", lost: "app tag bad, app history bad A"},
		{name: "damage to what is named pins nothing", alone: true, options: byName(plan.Request{Repository: "app", Tag: "v1"}),
			spec: app + "damage app@A huge", removed: "app tag v1, app history v1 A, app history v1 B, app revision A, app layer c, app layer x, blob A, blob c, blob x",
			lost: "app tag v1, app history v1 A, app revision A, app layer c, app layer x, blob A, blob c, blob x"},
		{name: "damage elsewhere is none of its business", alone: true, options: byName(plan.Request{Repository: "app", Tag: "v2"}),
			spec: app + "push app:v2 A\npush other:v1 A\ndamage other:v1 empty", removed: "app tag v2, app history v2 A", lost: "app tag v2, app history v2 A"},
		{name: "14 signatures go with their revision, and their blobs", alone: true, options: byName(plan.Request{Repository: "app", Tag: "v1"}),
			spec: "O = schema1 p\nA = image c x\npush app:v1 O\nsignatures app@O\npush app:v2 A", removed: old, lost: old},
		{name: "two tags of which one has the other's image in its history", alone: true,
			options: byName(plan.Request{Repository: "app", Tag: "v1"}, plan.Request{Repository: "app", Tag: "v2"}),
			spec:    "A = image c x\nB = image d y\nC = image e z\npush app:v1 B\npush app:v1 A\npush app:v2 B\npush app:v3 C",
			removed: both, lost: both},
		{name: "garbage from before keeps what it shares with what is named", alone: true, options: byName(plan.Request{Repository: "app", Tag: "v1"}), spec: `
			A = image c x y
			B = image d y
			C = image e z
			push app@ B
			push app:v1 A
			push app:v2 C
			`, removed: "app tag v1, app history v1 A, app revision A, app layer c, app layer x, blob A, blob c, blob x",
			lost: "app tag v1, app history v1 A, app revision A, app layer c, app layer x, blob A, blob c, blob x"},
		{name: "a layer link that nothing needed before keeps its blob", alone: true,
			options: byName(plan.Request{Repository: "app", Tag: "v2"}, plan.Request{Repository: "other", Tag: "v1"}), spec: `
			A = image c x
			B = image d y
			mount app y
			push app:v1 A
			push app:v2 A
			push other:v1 B
			push other:v2 A
			`, removed: "app tag v2, app history v2 A, other tag v1, other history v1 B, other revision B, other layer d, other layer y, blob B, blob d",
			lost: "app tag v2, app history v2 A, other tag v1, other history v1 B, other revision B, other layer d, other layer y, blob B, blob d"},
	})
}

func TestDigestsThatNobodyKnows(t *testing.T) {
	const unknown = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	tree := registrytest.Build(t, "E = index\npush app:v1 E") // a single digest
	opts := defaults()
	opts.Requests = []plan.Request{{Repository: "app", Digest: unknown}}
	var missing *plan.UnknownError
	if _, err := survey(open(t, tree.V2), 1, opts); !errors.As(err, &missing) {
		t.Errorf("its removal ends with %v", err)
	}
	opts = defaults()
	opts.KeepDigests = []plan.KeptDigest{{Digest: unknown, Source: "kept:1"}}
	p, err := survey(open(t, tree.V2), 1, opts)
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "warnings", []string{"kept-digest-unknown"}, codes(p.Warnings))
}

func TestNamedDigests(t *testing.T) {
	t.Run("17 a manifest that only a doubt keeps may be named", func(t *testing.T) {
		tree := registrytest.Build(t, app+"damage app@A huge")
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Digest: tree.Digest("B")}}
		removed, _ := removedFrom(t, tree, opts)
		checkSame(t, "removed", []string{"app revision B"}, removed)
	})
	tree := registrytest.Build(t, ok+app+"S = image {} s subject=A\npush app@ S")
	opts := defaults()
	opts.KeepDigests = []plan.KeptDigest{{Digest: tree.Digest("A"), Source: "kept:1"}, {Digest: tree.Digest("x"), Source: "kept:2"}}
	opts.Requests = []plan.Request{{Repository: "app", Digest: tree.Digest("S")}, {Repository: "app", Digest: tree.Digest("B")}}
	removed, p := removedFrom(t, tree, opts)
	checkSame(t, "removed", words(also(appGarbage, "app revision S, app layer {}, app layer s, blob S, blob {}, blob s")), removed)
	checkSame(t, "warnings of what is no manifest", []string{"kept-digest-unknown"}, codes(p.Warnings))
}

func TestWhatIsNoRoot(t *testing.T) {
	untagged := func(o *plan.Options) { o.KeepUntagged = true }
	day := func(o *plan.Options) { o.MinAge = 24 * time.Hour }
	runRows(t, []row{
		{name: "3 a doubt that pins nothing takes no pin away", spec: app + "push app:z A\ndamage app:v1 empty\ndamage app:z newline",
			doubts: "link-empty, link-whitespace"},
		{name: "10 old temporary files of a pinned repository stay", spec: app + "temp app@B age=30d\ntemp app@A age=30d\ndamage app:v1 empty", doubts: "link-empty"},
		{name: "21 foreign layers are absent without a word", sound: true, warnings: "none", spec: `
			A = image c foreign:w urls:v x
			push app:v1 A
			`},
		{name: "21 what an index does not have may lack its layers without a word", warnings: "none", spec: `
			A = image c x
			B = image d y
			I = index A ~B
			push app:v1 I
			push other:v1 B
			push other:v1 A
			damage blob y gone
			`, removed: "other revision B, other history v1 B, other layer d, other layer y"},
		{name: "21 an image that stays untagged may lack a layer, without a word", spec: app + `damage blob y gone`, options: untagged,
			stays: but(okGarbage, "blob o"), warnings: "none"},
		{name: "21 an image of registry 2.1 that lacks a layer is mentioned", alone: true, warnings: "layer-missing", spec: `
			A = image c x
			push app:v1 A links=layers
			damage blob x gone
			`},
		{name: "15 an untagged revision without data goes, be it that untagged ones stay", spec: app + `damage blob B gone`, options: untagged,
			stays: but(okGarbage, "blob o"), removed: but(appGarbage, "blob B"), warnings: "untagged-without-data"},
		{name: "1 the history of a broken tag stays, whoever links it", alone: true, doubts: "link-empty", spec: `
			A = image c x
			B = image d y
			push app:v1 B
			push app:v1 A
			push other:v1 B
			push other:v1 A
			damage app:v1 empty
			damage app@B gone
			damage app layer d gone
			damage app layer y gone
			`, removed: "other revision B, other history v1 B, other layer d, other layer y"},
		{name: "24 what is a leaf here may be an image of another repository", sound: true, spec: `
			B = image d y
			A = image c plain:B
			push app:v1 A
			push other@ B
			push other:v1 B
			untag other:v1
			`},
		{name: "53 a child whose blob has expired and whose link has not", removed: appGarbage,
			options: func(o *plan.Options) { o.Proxy = true }, spec: app + `
			C = image c x
			I = index A C
			push app:multi I
			proxy
			damage blob C gone
			`},
		{name: "49 a young revision stays, with its manifest empty", alone: true, options: day, spec: app + `
			age everything 30d
			age app@B 1h
			damage blob B empty
			`, doubts: "manifest-empty"},
	})
}
