package sweep_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// ruled is one tree, a policy, and the tags and revisions that are left. Numbers
// in names are the catalogue's.
type ruled struct {
	name   string
	spec   string // among images A to E and signatures S to U
	policy string // rules, as their keys
	with   func(*plan.Options, *registrytest.Tree)

	left     string // in letters
	doubts   string // codes
	warnings string // likewise
}

const images = `
	A = image ca xa created=2026-02-20T10:00:00Z
	B = image cb xb created=2026-01-20T10:00:00Z
	C = image cc xc created=2025-12-20T10:00:00Z
	D = image cd xd
	E = image ce xe
	S = image cs xs
	T = image ct xt
	U = image cu xu
`

// onePerRequest keeps the latest of the tags pr-*.
const onePerRequest = `tags: ["pr-*"], keep_last: 1`

const nothing = `keep_last: 0, keep_min: 0`

func TestPolicies(t *testing.T) {
	for _, r := range append(slices.Concat(ordinaryTags, tagsAboutOthers, options), doubts...) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.run(t)
		})
	}
}

var ordinaryTags = []ruled{
	{name: "another tag of the same digest stays, and the digest with it", policy: onePerRequest, spec: `
		push app:pr-1 A age=40d
		push app:main A age=40d
		push app:pr-2 B age=1d`,
		left: "app tag main, app tag pr-2, app revision A, app revision B"},
	{name: "an index goes with its children, but not with those that a tag keeps", policy: onePerRequest, spec: `
		I = index A B
		push app:pr-1 I age=40d
		push app:main A age=40d
		push app:pr-2 C age=1d`,
		left: "app tag main, app tag pr-2, app revision A, app revision C"},
	{name: "20: of a child that another repository tags only the links go", policy: onePerRequest, spec: `
		I = index A B
		push app:pr-1 I age=40d
		push app:pr-2 C age=1d
		push other:pr-1 B age=40d`,
		left: "app tag pr-2, app revision C, other tag pr-1, other revision B"},
	{name: "23: a referrer by subject alone goes with its image", policy: onePerRequest, spec: `
		R = artifact cr xr subject=A
		Q = artifact cq xq subject=B
		push app:pr-1 A age=40d
		push app:pr-2 B age=1d
		push app@ R
		push app@ Q`,
		left: "app tag pr-2, app revision B, app revision Q"},
	{name: "keep_min: 0 empties a repository, and it leaves", policy: `repositories: ["ci/**"], ` + nothing, spec: `
		push ci/x:v1 A
		push ci/x:v2 B
		push app:v1 A`,
		left: "app tag v1, app revision A"},
	{name: "34: a nested repository is not the one around it", policy: `repositories: ["team"], ` + nothing, spec: `
		push team:v1 A
		push team/svc:v1 A`,
		left: "team/svc tag v1, team/svc revision A"},
	{name: "keep_min: 1 leaves the latest where nothing else is left", policy: `keep_last: 0`, spec: `
		push app:v1 A age=40d
		push app:v2 B age=30d`,
		left: "app tag v2, app revision B"},
}

var tagsAboutOthers = []ruled{
	{name: "signatures fall with their image, and those of signatures with these", policy: onePerRequest, spec: `
		push app:pr-1 A age=40d
		push app:sha256-<A>.sig S
		push app:sha256-<S>.sig T
		push app:pr-2 B age=1d
		push app:sha256-<B>.sig U`,
		left: "app tag pr-2, app tag sha256-<B>.sig, app revision B, app revision U"},
	{name: "a signature stays while any tag keeps its image", policy: onePerRequest, spec: `
		push app:pr-1 A age=40d
		push app:main A age=40d
		push app:sha256-<A>.sig S age=40d
		push app:pr-2 B age=1d`,
		left: "app tag main, app tag pr-2, app tag sha256-<A>.sig, app revision A, app revision B, app revision S"},
	{name: "they are neither matched nor counted", policy: `keep_last: 1`, spec: `
		R = image cr xr subject=A
		push app:v1 A age=40d
		push app:sha256-<A>.att S age=2h
		push app:sbom R age=1h`,
		left: "app tag sbom, app tag sha256-<A>.att, app tag v1, app revision A, app revision R, app revision S"},
	{name: "the fallback index falls with its referrers", policy: onePerRequest, spec: `
		R = image cr xr subject=A
		F = index R
		push app:pr-1 A age=40d
		push app:sha256-<A> F
		push app:pr-2 B age=1d`,
		left: "app tag pr-2, app revision B"},
	{name: "sha256-<hex> on an image, or on <hex> itself, is a tag like others", policy: `protect: [keep], ` + nothing, spec: `
		I = index B
		push app:keep A
		push app:sha256-<A> C
		push app:sha256-<I> I
		push app:sha256-<A>.sig S`,
		left: "app tag keep, app tag sha256-<A>.sig, app revision A, app revision S"},
	{name: "one whose image was gone before stays, and is mentioned", policy: onePerRequest, spec: `
		push app:sha256-<E>.sig S
		push app:pr-2 B age=1d`,
		left: "app tag pr-2, app tag sha256-<E>.sig, app revision B, app revision S", warnings: "orphaned-referrers"},
	{name: "one whose image had no tag before stays, though the image goes", policy: onePerRequest, spec: `
		push app@ A
		push app:sha256-<A>.sig S
		push app:pr-2 B age=1d`,
		left: "app tag pr-2, app tag sha256-<A>.sig, app revision B, app revision S", warnings: "orphaned-referrers"},
	{name: "with --orphaned-referrers both go", policy: onePerRequest, spec: `
		push app@ A
		push app:sha256-<A>.sig S
		push app:sha256-<E>.sig T
		push app:sha256-<T>.sig U
		push app:pr-2 B age=1d`,
		with: func(o *plan.Options, _ *registrytest.Tree) { o.OrphanedReferrers = true },
		left: "app tag pr-2, app revision B"},
}

var options = []ruled{
	{name: "--min-age keeps a tag, and what it points to", policy: nothing, spec: `
		push app:v1 A age=40d
		push app:v2 B age=1d`,
		with: func(o *plan.Options, _ *registrytest.Tree) { o.MinAge = 48 * time.Hour },
		left: "app tag v2, app revision B"},
	{name: "--repo leaves all others alone", policy: nothing, with: onlyIn("app"), spec: `
		push app:v1 A
		push other:v1 A`,
		left: "other tag v1, other revision A"},
	{name: "--keep-untagged keeps the revision, and its signature with it", policy: nothing, spec: `
		push app:v1 A
		push app:sha256-<A>.sig S`,
		with: func(o *plan.Options, _ *registrytest.Tree) { o.KeepUntagged = true },
		left: "app tag sha256-<A>.sig, app revision A, app revision S"},
	{name: "--keep-digests keeps the revision, and its signature with it", policy: nothing, spec: `
		push app:v1 A
		push app:v2 B
		push app:sha256-<A>.sig S`,
		with: func(o *plan.Options, tree *registrytest.Tree) {
			o.KeepDigests = []plan.KeptDigest{{Digest: tree.Digest("A"), Source: "line 1"}}
		},
		left: "app tag sha256-<A>.sig, app revision A, app revision S"},
	{name: "--untagged-older-than keeps what lost its tag not long ago, but not what this run untags", policy: onePerRequest, spec: `
		push app:main C age=2d
		push app:main D age=1d
		push app:pr-1 A age=2d
		push app:pr-2 B age=1d`,
		with: func(o *plan.Options, _ *registrytest.Tree) { o.UntaggedAge = 30 * 24 * time.Hour },
		left: "app tag main, app tag pr-2, app revision B, app revision C, app revision D"},
}

var doubts = []ruled{
	{name: "8: a dangling tag stays, and counts for nothing", policy: onePerRequest, spec: `
		push app:pr-1 A age=40d
		push app:pr-2 B age=30d
		push app:pr-3 C age=1d
		damage app@C gone
		damage blob C gone`,
		left: "app tag pr-2, app tag pr-3, app revision B", doubts: "tag-dangling"},
	{name: "15: a repository in doubt keeps all its tags", policy: nothing, spec: `
		push app:v1 A
		push app:v2 B
		damage blob B truncated
		push other:v1 C`,
		left: "app tag v1, app tag v2, app revision A, app revision B", doubts: "manifest-corrupt"},
	{name: "49: a time to come is young", policy: nothing, spec: `
		push app:v1 A age=-1h
		push app:v2 B age=1h`,
		left: "app tag v1, app revision A"},
	{name: "49: where a copy has flattened the times nothing goes", policy: `keep_last: 1`, spec: `
		push app:v[1..18] A age=40d
		push app:w[1..2] B age=90d`,
		left: twenty + ", app tag w1, app tag w2, app revision A, app revision B", doubts: "times-flattened"},
	{name: "49: nineteen may have been pushed at once", policy: `keep_last: 1`, spec: `
		push app:v[1..18] A age=40d
		push app:w1 B age=1d`,
		left: "app tag w1, app revision B"},
	{name: "49: who trusts the times says so", policy: `keep_last: 1, trust_mtime: true`, spec: `
		push app:v[1..18] A age=40d
		push app:w[1..2] B age=30d`,
		left: "app tag w2, app revision B"},
	{name: "53: in a cache an expired tag counts for nothing", policy: onePerRequest, spec: `
		proxy
		push app:pr-1 A age=40d
		push app:pr-2 B age=30d
		push app:pr-3 C age=1d
		expire app@C`,
		with: func(o *plan.Options, _ *registrytest.Tree) { o.Proxy = true },
		left: "app tag pr-2, app tag pr-3, app revision B"},
	{name: "an image whose configuration is damaged has no time, stays, and pushes no other out", policy: `age: created, keep_last: 1, keep_min: 0`, spec: `
		push app:v1 A age=40d
		push app:v2 B age=30d
		push app:v3 C
		damage blob cc truncated`,
		left: "app tag v1, app tag v3, app revision A, app revision C", doubts: "created-unknown"},
	{name: "what a cache has not fetched is no damage: the push counts", policy: `age: created, keep_last: 1, keep_min: 0`, spec: `
		proxy
		push app:v1 A age=40d
		push app:v3 C
		damage blob cc gone`,
		with: func(o *plan.Options, _ *registrytest.Tree) { o.Proxy = true },
		left: "app tag v3, app revision C"},
}

var twenty = func() string {
	var all []string
	for n := range 18 {
		all = append(all, "app tag v"+string(rune('0'+(n+1)/10))+string(rune('0'+(n+1)%10)))
	}
	return strings.ReplaceAll(strings.Join(all, ", "), "v0", "v")
}()

func onlyIn(repository string) func(*plan.Options, *registrytest.Tree) {
	return func(o *plan.Options, _ *registrytest.Tree) { o.Scope = []string{repository} }
}

// tagsAndRevisions are the lines that tell what is left.
var tagsAndRevisions = regexp.MustCompile(`^\S+ (?:tag|revision) \S+$`)

func (r ruled) run(t *testing.T) {
	tree := registrytest.Build(t, images+r.spec)
	opts := defaults()
	opts.Policy = policyOf("version: 1\nrules:\n- {name: rule, " + r.policy + "}\n")
	if r.with != nil {
		r.with(&opts, tree)
	}
	root := open(t, tree.V2)
	snapshot := tree.Snapshot()
	p, err := survey(root, 16, opts)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := survey(root, 1, opts)
	checkSame(t, "with 16 workers and with one", describe(p, nil), describe(alone, err))
	checkSame(t, "before and after planning", snapshot, tree.Snapshot())
	checkSame(t, "doubts", words(r.doubts), codes(p.Doubts))
	checkSame(t, "warnings", words(r.warnings), minus(codes(p.Warnings), []string{"rule-unused"}))
	carryOut(t, root, p)
	left := tree.Contents()
	checkSame(t, "left", words(r.left), slices.DeleteFunc(left, func(line string) bool { return !tagsAndRevisions.MatchString(line) }))
	checkExplained(t, tree, p)
	again, err := survey(root, 16, opts)
	checkSame(t, "what a second run removes", []string(nil), items(again, err))
}

// checkExplained: the verdicts are what the sweep has done.
func checkExplained(t rapid.TB, tree *registrytest.Tree, p *plan.Plan) {
	t.Helper()
	for _, v := range p.Verdicts {
		repository := p.Inventory.Repositories[v.Repository]
		at := layout.Tag(repository.Name, repository.Tags[v.Tag].Name)
		_, err := os.Lstat(filepath.Join(tree.V2, at))
		if v.Keep != (err == nil) {
			t.Errorf("%s: the verdict is to keep it: %v, and looking for it gives %v", at, v.Keep, err)
		}
	}
}
