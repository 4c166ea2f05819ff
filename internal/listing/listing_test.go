package listing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

func scan(t *testing.T, spec string) (*registrytest.Tree, *inventory.Inventory) {
	t.Helper()
	tree := registrytest.Build(t, spec)
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	inv, err := inventory.Scan(t.Context(), root, inventory.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return tree, inv
}

func sizes(tree *registrytest.Tree, names ...string) int64 {
	var total int64
	for _, name := range names {
		total += tree.Size(name)
	}
	return total
}

const shared = `
	A = image c x y
	B = image d x z
	I = index A B
	S = image {} s subject=A
	T = image {} t subject=S
	push team/app:v1 A age=3d
	push team/app:v1 B age=2d          # A has no tag now
	push team/app:multi I age=1d       # and then it has again
	push team/app@ S age=4h
	push team/app@ T age=3h
	push other:v1 B age=5d
	mount empty x
`

func TestRepositories(t *testing.T) {
	tree, inv := scan(t, shared)
	ago := func(d time.Duration) time.Time { return registrytest.Now.Add(-d) }
	want := []Repository{
		{Name: "empty"},
		{Name: "other", Tags: 1, Revisions: 1, Bytes: sizes(tree, "B", "d", "x", "z"), Pushed: ago(5 * 24 * time.Hour)},
		{Name: "team/app", Tags: 2, Revisions: 5, Untagged: 0, // S and T are about what a tag needs
			Bytes: sizes(tree, "I", "A", "B", "c", "d", "x", "y", "z"), Pushed: ago(24 * time.Hour)},
	}
	if diff := cmp.Diff(want, Repositories(inv), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// lines are manifests as a test compares them: without digests and times.
func lines(tree *registrytest.Tree, list []Manifest) []string {
	var out []string
	for _, m := range list {
		name := "-"
		if m.Digest != "" {
			name = tree.Name(m.Digest)
		}
		kind := m.Kind
		if m.Subject != "" {
			kind += " about " + tree.Name(m.Subject)
		}
		var referrers []string
		for _, r := range m.Referrers {
			referrers = append(referrers, tree.Name(r.Digest))
		}
		out = append(out, fmt.Sprintf("%s:%s %s %s, about it %v, %d bytes", m.Repository, m.Tag, name, kind, referrers, m.Bytes))
	}
	return out
}

func place(t *testing.T, inv *inventory.Inventory, name string) int {
	t.Helper()
	place, found := inv.Find(name)
	if !found {
		t.Fatalf("no repository %s", name)
	}
	return place
}

func TestManifestsOfARepository(t *testing.T) {
	tree, inv := scan(t, shared)
	app := place(t, inv, "team/app")
	tagged := []string{
		fmt.Sprintf("team/app:multi I index(2), about it [S], %d bytes", sizes(tree, "I", "A", "B", "c", "d", "x", "y", "z")),
		fmt.Sprintf("team/app:v1 B image, about it [], %d bytes", sizes(tree, "B", "d", "x", "z")),
	}
	list := Manifests(inv, []Wanted{{Repository: app, All: true}})
	if diff := cmp.Diff(tagged, lines(tree, list)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if want := registrytest.Now.Add(-48 * time.Hour); !list[1].Pushed.Equal(want) {
		t.Errorf("v1 was pushed at %s; want %s", list[1].Pushed, want)
	}
	all := lines(tree, Manifests(inv, []Wanted{{Repository: app, All: true, Untagged: true}}))
	untagged := []string{
		fmt.Sprintf("team/app: S artifact about A, about it [T], %d bytes", sizes(tree, "S", "{}", "s")),
		fmt.Sprintf("team/app: T artifact about S, about it [], %d bytes", sizes(tree, "T", "{}", "t")),
	}
	sort := cmpopts.SortSlices(strings.Compare)
	if diff := cmp.Diff(append(tagged, untagged...), all, sort); diff != "" {
		t.Errorf("with what is untagged: want -, got +:\n%s", diff)
	}
}

// What is named is listed as it is: by a digest all tags that point to it, and a
// manifest without a tag, though an index lists it.
func TestManifestsThatAreNamed(t *testing.T) {
	tree, inv := scan(t, shared+"push team/app:v2 B\n")
	app := place(t, inv, "team/app")
	repo := inv.Repositories[app]
	tag := func(name string) Wanted {
		i, _ := repo.FindTag(name)
		return Wanted{Repository: app, Tags: map[int]bool{i: true}}
	}
	digest := func(name string) Wanted {
		id, _ := inv.Digests.Lookup(tree.Digest(name))
		i, _ := inv.FindRevision(app, id)
		return Wanted{Repository: app, Revisions: map[int]bool{i: true}}
	}
	for _, c := range []struct {
		want Wanted
		list []string
	}{
		{tag("v1"), []string{"v1 B"}},
		{digest("B"), []string{"v1 B", "v2 B"}},
		{digest("A"), []string{" A"}},
		{digest("T"), []string{" T"}},
	} {
		var got []string
		for _, m := range Manifests(inv, []Wanted{c.want}) {
			got = append(got, m.Tag+" "+tree.Name(m.Digest))
			if !m.Named {
				t.Errorf("%s is not said to be named", got[len(got)-1])
			}
		}
		if diff := cmp.Diff(c.list, got); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
	}
}

func TestKindsAsPeopleCallThem(t *testing.T) {
	tree, inv := scan(t, `
		A = image c x
		D = docker d x
		O = schema1 x x y
		L = list A D
		R = artifact x y
		K = cacheindex x y q
		M = image m x
		N = image n x
		U = unknown x
		push app:a A
		push app:d D
		push app:o O
		push app:l L
		push app:r R
		push app:k K
		push app:m M
		push app:n N
		push app:u U
		push app:z A
		push app:y A
		damage blob M missing
		damage blob N truncated
		damage app:z empty
		damage app:y no-current
	`)
	var got []string
	for _, m := range Manifests(inv, []Wanted{{Repository: place(t, inv, "app"), All: true}}) {
		got = append(got, m.Tag+" "+m.Kind)
	}
	want := []string{
		"a image", "d image", "k index(3)", "l index(2)", "m missing", "n damaged", "o schema1", "r artifact",
		"u damaged", "y no current link", "z broken link",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if row := Repositories(inv)[0]; row.Tags != 11 {
		t.Errorf("%s: %d tags", tree.V2, row.Tags)
	}
}

// What is met as a leaf first and as a manifest then has to be gone into.
func TestABlobThatIsBothLeafAndManifestCountsWithAllThatItNeeds(t *testing.T) {
	tree, inv := scan(t, `
		A = image c x
		P = artifact plain:A
		I = index A P
		J = index P A
		push one:v I
		push two:v J
		expire one@A
		expire two@A
	`)
	for _, row := range Repositories(inv) {
		top := map[string]string{"one": "I", "two": "J"}[row.Name]
		if want := sizes(tree, top, "P", "A", "c", "x"); row.Bytes != want {
			t.Errorf("%s: %d bytes; want %d", row.Name, row.Bytes, want)
		}
	}
}
