package registrytest

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listing is every path of the tree itself, with <x> for the hex of x, ab for
// its first two digits and <u> for an upload's id; directories end in a slash.
func listing(t *testing.T, tree *Tree) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(tree.V2, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == tree.V2 {
			return err
		}
		line := strings.TrimPrefix(path, tree.V2+"/")
		if entry.IsDir() {
			if children, _ := os.ReadDir(path); len(children) > 0 {
				return nil
			}
			line += "/"
		}
		for d, name := range tree.spec.names {
			hex := d.Encoded()
			line = strings.ReplaceAll(line, "/"+hex[:2]+"/"+hex, "/ab/<"+name+">")
			line = strings.ReplaceAll(line, "/"+hex, "/<"+name[strings.Index(name, ":")+1:]+">")
		}
		for id, name := range tree.uploads {
			line = strings.ReplaceAll(line, id, "<"+name+">")
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n") + "\n"
}

var leavings = []struct{ name, spec, want string }{
	{"push of an image", "A = image c x\npush team/app:v1 A", `
blobs/sha256/ab/<A>/data
blobs/sha256/ab/<c>/data
blobs/sha256/ab/<x>/data
repositories/team/app/_layers/sha256/<c>/link
repositories/team/app/_layers/sha256/<x>/link
repositories/team/app/_manifests/revisions/sha256/<A>/link
repositories/team/app/_manifests/tags/v1/current/link
repositories/team/app/_manifests/tags/v1/index/sha256/<A>/link
repositories/team/app/_uploads/
`},
	{"push of an index, by digest", "A = docker c\nB = image d\nI = index A ~B\npush r@ I", `
blobs/sha256/ab/<A>/data
blobs/sha256/ab/<I>/data
blobs/sha256/ab/<c>/data
repositories/r/_layers/sha256/<c>/link
repositories/r/_manifests/revisions/sha256/<A>/link
repositories/r/_manifests/revisions/sha256/<I>/link
repositories/r/_uploads/
`},
	{"push of what has no layers", "I = index\npush r:v I", `
blobs/sha256/ab/<I>/data
repositories/r/_manifests/revisions/sha256/<I>/link
repositories/r/_manifests/tags/v/current/link
repositories/r/_manifests/tags/v/index/sha256/<I>/link
`},
	{"push of a layer by sha512", "H = image {} sha512:x foreign:f urls:g\npush r@ H", `
blobs/sha256/ab/<H>/data
blobs/sha256/ab/<x>/data
blobs/sha256/ab/<{}>/data
repositories/r/_layers/sha256/<x>/link
repositories/r/_layers/sha256/<{}>/link
repositories/r/_layers/sha512/<x>/link
repositories/r/_manifests/revisions/sha256/<H>/link
repositories/r/_uploads/
`},
	{"push of schema1 with a tarsum", "O = schema1 tarsum:x x\npush r@ O links=layers", `
blobs/sha256/ab/<O>/data
blobs/sha256/ab/<x>/data
repositories/r/_layers/sha256/<O>/link
repositories/r/_layers/sha256/<x>/link
repositories/r/_layers/tarsum/v1/sha256/<x>/link
repositories/r/_uploads/
`},
	{"push of a cache index and an artifact", "K = cacheindex x c\nR = artifact y subject=K\npush r@ K\npush r@ R", `
blobs/sha256/ab/<K>/data
blobs/sha256/ab/<R>/data
blobs/sha256/ab/<c>/data
blobs/sha256/ab/<x>/data
blobs/sha256/ab/<y>/data
repositories/r/_layers/sha256/<c>/link
repositories/r/_layers/sha256/<x>/link
repositories/r/_layers/sha256/<y>/link
repositories/r/_manifests/revisions/sha256/<K>/link
repositories/r/_manifests/revisions/sha256/<R>/link
repositories/r/_uploads/
`},
	{"a retag, then deletes of all sorts", `
			I = index
			J = index I
			push r:v J
			push r:v I
			push r:w J
			mount r x y
			delete r layer x
			expire r@I
			delete r@J`, `
blobs/sha256/ab/<I>/data
blobs/sha256/ab/<J>/data
blobs/sha256/ab/<x>/data
blobs/sha256/ab/<y>/data
repositories/r/_layers/sha256/<x>/
repositories/r/_layers/sha256/<y>/link
repositories/r/_manifests/revisions/sha256/<I>/
repositories/r/_manifests/revisions/sha256/<J>/
repositories/r/_manifests/tags/v/current/link
repositories/r/_manifests/tags/v/index/sha256/<I>/link
repositories/r/_manifests/tags/v/index/sha256/<J>/link
`},
	{"litter", "blob x\nupload r u size=9\nupload r w startedat=none\ncancel r q", `
blobs/sha256/ab/<x>/data
repositories/r/_uploads/<q>/hashstates/sha256/0
repositories/r/_uploads/<u>/data
repositories/r/_uploads/<u>/hashstates/sha256/0
repositories/r/_uploads/<u>/hashstates/sha256/9
repositories/r/_uploads/<u>/startedat
repositories/r/_uploads/<w>/data
repositories/r/_uploads/<w>/hashstates/sha256/0
repositories/r/_uploads/<w>/hashstates/sha256/64
`},
	{"signatures and a ghost tag", "I = index\npush r@ I\nsignatures r@I\nhistory r:g I", `
blobs/sha256/ab/<I.sig>/data
blobs/sha256/ab/<I>/data
repositories/r/_manifests/revisions/sha256/<I>/link
repositories/r/_manifests/revisions/sha256/<I>/signatures/sha256/<I.sig>/link
repositories/r/_manifests/tags/g/index/sha256/<I>/link
`},
}

func TestStatementsLeaveWhatTheRegistryLeaves(t *testing.T) {
	for _, test := range leavings {
		t.Run(test.name, func(t *testing.T) {
			got := listing(t, Build(t, test.spec))
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Errorf("tree (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinksHoldTheDigestAndNothingElse(t *testing.T) {
	tree := Build(t, "H = image c sha512:x\npush r:v H\nsignatures r@H")
	for letters, want := range map[string]string{
		"r tag v":          "H",
		"r revision H":     "H",
		"r history v H":    "H",
		"r layer c":        "c",
		"r layer x":        "x",
		"r layer sha512:x": "x",
		"r signature H":    "H.sig",
	} {
		got, err := os.ReadFile(tree.Path(letters))
		if err != nil || string(got) != tree.Digest(want).String() {
			t.Errorf("%s holds %q, %v; want the digest of %s", letters, got, err, want)
		}
	}
}

func TestAges(t *testing.T) {
	tree := Build(t, `
		A = image c x
		B = image d x
		push r:v A age=48h
		push r:v B
		age blob c 3w
		age r history v A -1h
		upload r u age=200h
		upload s u2
		age s 8d
	`)
	for letters, want := range map[string]time.Duration{
		"r revision A":  48 * time.Hour,
		"blob A":        48 * time.Hour,
		"blob x":        48 * time.Hour, // written once
		"r layer x":     0,              // written again
		"r tag v":       0,
		"blob c":        21 * 24 * time.Hour,
		"r history v A": -time.Hour,
		"r upload u":    200 * time.Hour,
		"s upload u2":   8 * 24 * time.Hour,
	} {
		info, err := os.Stat(tree.Path(letters))
		if err != nil {
			t.Fatal(err)
		}
		if got := Now.Sub(info.ModTime()); got != want {
			t.Errorf("%s is %s old, want %s", letters, got, want)
		}
	}
	started, err := os.ReadFile(filepath.Dir(tree.Path("s upload u2")) + "/startedat")
	if want := Now.Add(-8 * 24 * time.Hour).Format(time.RFC3339); err != nil || string(started) != want {
		t.Errorf("startedat is %q, %v; want %s", started, err, want)
	}
}
