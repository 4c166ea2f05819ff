package usage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

var digests = regexp.MustCompile(`[0-9a-f]{64}`)

// reporter is a test, or one of rapid's.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// look scans a tree and plans its sweep.
func look(t reporter, tree *registrytest.Tree) (*inventory.Inventory, *plan.Plan) {
	t.Helper()
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	inv, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 2, EveryLink: true, Space: true})
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := plan.Sweep(inv, options())
	if err != nil {
		return inv, nil
	}
	return inv, sweep
}

func options() plan.Options {
	return plan.Options{UploadAge: plan.DefaultUploadAge, AllowEmpty: true, Now: registrytest.Now, MaxDeletePercent: -1, MaxTagsPercent: -1}
}

// leaves are of sizes far above what a manifest takes, so that bytes
// tell which they are.
const leaves = `
	x = layer 256KiB
	y = layer 512KiB
	z = layer 1MiB
	w = layer 2MiB
`

// lines are rows in units of 256 KiB, without what a manifest, a config and links take.
func lines(u *Usage) []string {
	var out []string
	for _, r := range u.Rows {
		name := r.Kind
		switch r.Kind {
		case Repository:
			name = r.Repository
		case Tag:
			name = r.Repository + ":" + strings.Join(append([]string{r.Tag}, r.Aliases...), ",")
		case Layer:
			name = r.Media
		}
		if r.Kind == Links || r.Bytes < 1<<18 && r.Shared < 1<<18 && r.Kind != Repository && r.Kind != Tag {
			continue
		}
		line := fmt.Sprintf("%s %d", name, r.Bytes>>18)
		for _, part := range []struct {
			name  string
			bytes int64
		}{{"exclusive", r.Exclusive}, {"shared", r.Shared}, {"reclaimable", r.Reclaimable}} {
			if part.bytes >= 1<<18 {
				line += fmt.Sprintf(" %s %d", part.name, part.bytes>>18)
			}
		}
		out = append(out, line)
	}
	return out
}

func TestRows(t *testing.T) {
	for _, c := range []struct{ name, by, spec, want string }{
		{"an empty tree", "repo", "dir blobs\ndir repositories", ""},
		{"one repository", "repo", "A = image c x y\npush a:v A", "a 3 exclusive 3"},
		{"a layer of two repositories", "repo", "A = image c x y\nB = image d x z\npush a:v A\npush b:v B",
			"b 4 exclusive 4 shared 1; a 2 exclusive 2 shared 1; shared 1"},
		{"a layer of two tags", "tag", "A = image c x y\nB = image d x z\npush a:v A\npush a:w B",
			"a:w 4 exclusive 4 shared 1; a:v 2 exclusive 2 shared 1; shared 1"},
		{"one digest under two tags", "tag", "A = image c x y\npush a:v A\npush a:w A",
			"a:v,w 3 exclusive 3"},
		{"one digest under two tags of one repository", "repo", "A = image c x y\npush a:v A\npush a:w A", "a 3 exclusive 3"},
		{"children of two indexes", "tag", "A = image c x\nB = image d y\nC = image e z\nI = index A B\nJ = index B C\npush a:i I\npush a:j J",
			"a:j 4 exclusive 4 shared 2; a:i 1 exclusive 1 shared 2; shared 2"},
		{"a child that is tagged", "tag", "A = image c x\nB = image d y\nI = index A B\npush a:i I\npush a:b B",
			"a:i 1 exclusive 1 shared 2; a:b 0 shared 2; shared 2"},
		{"a referrer", "tag", "A = image c x\nS = artifact y subject=A\npush a:v A\npush a@ S", "a:v 3 exclusive 3"},
		{"a referrer of two tags' image", "tag", "A = image c x\nS = artifact y subject=A\npush a:v A\npush a:w A\npush a@ S",
			"a:v,w 3 exclusive 3"},
		{"one digest under a tag of each of two repositories", "tag", "A = image c x y\npush a:v A\npush b:v A",
			"a:v 0 shared 3; b:v 0 shared 3; shared 3"},
		{"a referrer of what is a layer", "tag", "B = image d x\nA = image c plain:B\nS = artifact y subject=B\npush a:v A\npush a@ S", "a:v 2 exclusive 2"},
		{"a manifest that is a layer", "tag", "B = image d x\nA = image c plain:B\npush a@ B\npush a:v A\ndelete a layer B", "a:v 1 exclusive 1"},
		{"a link that names another manifest", "tag", "A = image c x\nB = image d y\npush a:v A\npush a@ B\ndamage a@A to=B", "a:v 3 exclusive 3"},
		{"cosign's tags", "tag", "A = image c x\nS = image d y\nT = image e z\npush a:v A\npush a:sha256-<A>.sig S\npush a:sha256-<S>.att T",
			"a:v 7 exclusive 7"},
		{"a cosign tag whose image is gone", "tag", "A = image c ~x\nS = image d y\npush a:sha256-<A>.sig S",
			"a:sha256-HEX.sig 2 exclusive 2"},
		{"a cosign tag whose image is garbage", "tag", "A = image c x\nS = image d y\npush a@ A\npush a:sha256-<A>.sig S",
			"a:sha256-HEX.sig 2 exclusive 2; garbage 1 reclaimable 1"},
		{"cosign tags about one another", "tag", "A = image c x\nS = image d y\npush a:sha256-<A>.sig S\npush a:sha256-<S>.sig A",
			"a:sha256-HEX.sig 2 exclusive 2; a:sha256-HEX.sig 1 exclusive 1"},
		{"a cosign tag about what it points to", "tag", "A = image c x\nS = image d y\npush a:v A\npush a:sha256-<A>.sig A\npush a:sha256-<A>.att S",
			"a:sha256-HEX.sig 0 shared 3; a:v 0 shared 3; shared 3"},
		{"garbage of one repository", "repo", "A = image c x y\nB = image d x\npush a:v A\npush a:v B",
			"a 3 exclusive 1 reclaimable 2"},
		{"garbage that one repository links by its sha512", "repo", "A = image c sha512:x\npush a@ A\npush a:v B\nB = image d y\ndelete a layer x",
			"a 3 exclusive 2 reclaimable 1"},
		{"garbage of two repositories", "repo", "A = image c y\npush a@ A\npush b@ A\nhistory a:v A\nB = image d x\npush a:v B\npush b:v B",
			"a 0 shared 1; b 0 shared 1; shared 1; garbage 2 reclaimable 2"},
		{"garbage here that is needed there", "repo", "A = image c y\nB = image d x\npush a:v A\npush a:v B\npush b:v A",
			"b 2 exclusive 2; a 1 exclusive 1"},
		{"garbage by tag", "tag", "A = image c x y\nB = image d x\npush a:v A\npush a:v B", "a:v 1 exclusive 1; garbage 2 reclaimable 2"},
		{"an orphan", "repo", "blob y\nA = image c x\npush a:v A", "a 1 exclusive 1; orphans 2 reclaimable 2"},
		{"a repository that may have lost its tags", "tag", "A = image c x y\npush a@ A\nB = image d x\npush b:v B",
			"b:v 0 shared 1; kept 3"},
		{"a repository that may have lost its tags, as such", "repo", "A = image c x y\npush a@ A", "a 3 exclusive 3"},
		{"a pinned repository", "repo", "A = image c x\nB = image d y\npush a:v A\npush a@ B\ndamage a:v empty", "a 3 exclusive 3"},
		{"a pinned repository by tag", "tag", "A = image c x\nB = image d y\nC = image e z\npush a:v A\npush a:w B\npush a@ C\ndamage a:v empty",
			"a:w 0 shared 2; a:v 0 shared 1; kept 7"},
		{"a tag that lost its link", "tag", "A = image c x\nB = image d y\npush a:v A\npush a@ B\nhistory a:ghost B", "a:ghost 2 exclusive 2; a:v 1 exclusive 1"},
		{"a hard link from outside", "repo", "A = image c x\npush a:v A\ndamage blob x hardlink", "a 0 shared 1; kept 1"},
		{"blobs that nobody can judge", "repo", "A = image c sha512:x\nB = image d y\npush a:v A\npush b:v B\nblob z\ndamage a layer sha512:x empty",
			"b 2 exclusive 2; a 1 exclusive 1; kept 4"},
		{"by layer", "layer", "A = image c x y\nB = image d x z\npush a:v A\npush b:v B\npush b:w B\nblob w",
			"layer 4 exclusive 4; layer 2 exclusive 2; layer 1 shared 1; orphans 8 reclaimable 8"},
		{"by layer, with a hard link from outside", "layer", "A = image c x\npush a:v A\ndamage blob x hardlink", "layer 1 shared 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, leaves+c.spec)
			inv, sweep := look(t, tree)
			u := Of(inv, sweep, Options{By: c.by})
			balanced(t, tree, inv, sweep, u)
			got := strings.Join(lines(u), "; ")
			got = digests.ReplaceAllString(got, "HEX")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestUploads: all of them are one row, of which a sweep frees the old ones.
func TestUploads(t *testing.T) {
	tree := registrytest.Build(t, "upload a u age=200h\nupload b v")
	u, v := tree.Path("a upload u"), tree.Path("b upload v")
	old := registrytest.Now.Add(-200 * time.Hour)
	if err := errors.Join(os.WriteFile(u, make([]byte, 1<<20), 0o666), os.WriteFile(v, make([]byte, 2<<20), 0o666),
		os.Chtimes(u, old, old)); err != nil {
		t.Fatal(err)
	}
	inv, sweep := look(t, tree)
	all := Of(inv, sweep, Options{})
	if got, want := strings.Join(lines(all), "; "), "a 0; b 0; uploads 12 reclaimable 4"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	balanced(t, tree, inv, sweep, all)
}

// TestSignaturesOfOldRegistries belong to the image that they lie beside.
func TestSignaturesOfOldRegistries(t *testing.T) {
	tree := registrytest.Build(t, `
		A = schema1 x
		B = schema1 y
		push a:v A
		signatures a@A
		push a:v B          # A and its signature are garbage
		signatures a@B
	`)
	inv, sweep := look(t, tree)
	for _, row := range Of(inv, sweep, Options{}).Rows {
		if row.Kind != Repository && row.Kind != Links {
			t.Errorf("besides the repository there is %+v", row)
		}
	}
}

// TestOneWalkForManyTags: to walk for each tag would cost tags times manifests, where
// they all point to one index.
func TestOneWalkForManyTags(t *testing.T) {
	const index = "A[1..9] = image c x[1..9]\nI = index A1 A2 A3 A4 A5 A6 A7 A8 A9\n"
	steps := func(spec string) int {
		inv, sweep := look(t, registrytest.Build(t, index+spec))
		tally := newTally(inv, sweep, Options{By: "tag"})
		tally.tags()
		return tally.steps
	}
	if one, many := steps("push a:v I"), steps("push a:v[1..50] I"); one != many {
		t.Errorf("%d steps with a tag, and %d with many", one, many)
	}
}
