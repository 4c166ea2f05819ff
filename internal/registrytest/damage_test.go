package registrytest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sound is the registry that the catalogue's damages are done to.
const sound = `
	A = image c x y
	B = docker d x z
	I = index A B
	H = image h sha512:w
	push team/app:v1 I
	push team/app:v2 B
	push team/app:v2 A
	push other:v H
	upload other u
`

var catalogue = []struct {
	number          int
	damage, changes string
}{
	{1, "damage team/app:v1 empty", ""},
	{1, "damage team/app@A garbage", ""},
	{2, "damage team/app:v1 huge", ""},
	{3, "damage team/app:v1 newline", ""},
	{3, "damage team/app@I spaces", ""},
	{4, "damage team/app@A to=B", ""},
	{5, "damage team/app:v1 uppercase", ""},
	{5, "damage team/app layer x short", ""},
	{5, "damage team/app@A dirname=upper",
		"-team/app revision A; +repositories/team/app/_manifests/revisions/sha256/UPPER(A)/link"},
	{5, "damage team/app layer x dirname=short",
		"-team/app layer x; +repositories/team/app/_layers/sha256/SHORT(x)/link"},
	{5, "damage blob x dirname=long", "-blob x; +blobs/sha256/SHARD(x)/HEX(x)00/data"},
	{5, "damage team/app history v2 B dirname=algorithm",
		"-team/app history v2 B; +repositories/team/app/_manifests/tags/v2/index/sha999/HEX(B)/link"},
	{6, "damage team/app:v2 no-current", "-team/app tag v2"},
	{7, "damage team/app@A gone", "-team/app revision A"},
	{7, "damage team/app@A missing", "-team/app revision A; +team/app revision A (empty)"},
	{8, "damage blob A gone", "-blob A; +blobs/sha256/SHARD(A) (empty)"},
	{9, "damage team/app:v1 fifo", "-team/app tag v1; +team/app tag v1 (fifo)"},
	{9, "damage team/app@A socket", "-team/app revision A; +team/app revision A (socket)"},
	{9, "damage team/app layer x directory", "-team/app layer x; +team/app layer x (directory)"},
	{9, "damage team/app:v1 symlink", "-team/app tag v1; +team/app tag v1 -> outside/link-0"},
	{9, "damage other:v device", "-other tag v; +other tag v (device)"},
	{10, "temp team/app:v1", "+temp team/app tag v1"},
	{10, "temp blob x", "+temp blob x"},
	{10, "temp other upload u", ""},
	{10, "file repositories/team/app/_manifests/tags/.DS_Store", "+repositories/team/app/_manifests/tags/.DS_Store"},
	{10, "file repositories/team/app/_manifests/tags/stray", "+repositories/team/app/_manifests/tags/stray"},
	{10, "file {team/app@A}/stray text", "+team/app revision A/stray"},
	{11, "damage other no-layers", "-other layer h; -other layer sha512:w; -other layer w"},
	{11, "damage other no-tags", "-other history v H; -other tag v"},
	{11, "dir repositories/lone/_uploads", "+lone (empty)"},
	{12, "damage other layer sha512:w empty", ""},
	{12, "damage other layer sha512:w gone", "-other layer sha512:w; +repositories/other/_layers/sha512 (empty)"},
	{15, "damage blob A truncated", ""},
	{15, "damage blob A empty", ""},
	{15, "damage blob A altered", ""},
	{15, "damage blob x corrupt", ""},
	{15, "damage blob B missing", "-blob B; +blob B (empty)"},
	{16, "damage blob A garbage", ""},
	{16, "damage blob A huge", ""},
	{16, "T = text\npush other:t T", "+blob T; +other history t T; +other revision T; +other tag t"},
	{17, "U = unknown x\npush other:t U", "+blob U; +other history t U; +other layer x; +other revision U; +other tag t"},
	{17, "U = image h schema=9\npush other:t U", "+blob U; +other history t U; +other revision U; +other tag t"},
	{19, "damage blob I lists=I,A", ""},
	{19, "N = index A nest=1000000 pad=1MiB\npush team/app@ N", "+blob N; +team/app revision N"},
	{22, "K = image h w keys=odd\npush other@ K", "+blob K; +other revision K"},
	{25, "damage team/app symlinked", "-team/app …; +team/app -> outside/app-0"},
	{25, "damage other layer h symlinked", "-other layer h; +other layer h -> outside/HEX(h)-0"},
	{26, "damage blob x symlinked", "-blob x; +blob x -> outside/HEX(x)-0"},
	{26, "damage blob x symlink", "-blob x; +blob x -> outside/data-0"},
	{26, "damage blob x symlinked-shard", "-blob x; +blobs/sha256/SHARD(x) -> outside/SHARD(x)-0"},
	{26, "damage blob x inside", "-blob x; +blob x -> blobs/moved-x; +blobs/moved-x/data"},
	{26, "symlink blobs/sha256/zz {blob x}", "+blobs/sha256/zz -> blobs/sha256/SHARD(x)/HEX(x)"},
	{29, "damage blob x hardlink", ""},
	{30, "chmod repositories/team 000", ""},
	{30, "damage team/app unreadable", ""},
	{31, `file "repositories/a\xffb/c"`, `+"repositories/a\xffb/c"`},
	{31, `dir "repositories/a\nb"`, `+"repositories/a\nb" (empty)`},
	{31, "deep repositories/deep 25", "+repositories/" + "deep" + strings.Repeat("/"+strings.Repeat("deep", 50), 25) + "/file"},
	{33, "damage blob x directory", "-blob x; +blob x (directory)"},
	{33, "file blobs/sha256/ab/data", "+blobs/sha256/ab/data"},
	{33, "dir lost+found", "+lost+found (empty)"},
	{33, "file repositories/team/app/_referrers/x", "+repositories/team/app/_referrers/x"},
	{34, "push team:v1 A", "+team history v1 A; +team layer c; +team layer x; +team layer y; +team revision A; +team tag v1"},
	{45, "remove repositories", "-other …; -team/app …"},
	{46, "remove repositories\ndir repositories", "-other …; -team/app …"},
	{47, "file /docker/registry/lockfiles/database-in-use", "+/docker/registry/lockfiles/database-in-use"},
	{53, "proxy", "+/scheduler-state.json"},
}

// TestCatalogue shows for each number of the catalogue that is a state of the
// tree which statement makes it, and what Contents then shows to have gone (-)
// and come (+).
func TestCatalogue(t *testing.T) {
	before := Build(t, sound)
	intact := before.Snapshot()
	for _, test := range catalogue {
		t.Run(strings.ReplaceAll(test.damage, "/", "."), func(t *testing.T) {
			if strings.HasSuffix(test.damage, " device") && os.Geteuid() != 0 {
				t.Skip("only root makes devices")
			}
			if test.number == 30 && os.Geteuid() != 0 {
				t.Skip("what follows expects root, who reads everything")
			}
			after := Build(t, sound+test.damage)
			unlock(t, after)
			if diff := cmp.Diff(expand(before, test.changes), changes(before, after)); diff != "" {
				t.Errorf("catalogue %d (-want +got):\n%s", test.number, diff)
			}
			if maps.Equal(intact, after.Snapshot()) {
				t.Error("nothing changed")
			}
			if strings.HasPrefix(test.damage, "damage") && !slices.Equal(before.Live(), after.Live()) {
				t.Error("damage changed the answer")
			}
		})
	}
}

// unlock lets the test remove what it may not read.
func unlock(t *testing.T, tree *Tree) {
	t.Cleanup(func() {
		for _, dir := range []string{"repositories/team", "repositories/team/app"} {
			_ = os.Chmod(filepath.Join(tree.V2, dir), 0o755)
		}
	})
}

// changes is the difference of two trees' contents; a repository that went as
// a whole is one line.
func changes(before, after *Tree) []string {
	all := map[string]bool{}
	was, is := before.Contents(), after.Contents()
	for _, line := range was {
		if !slices.Contains(is, line) {
			all["-"+line] = true
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			all["+"+line] = true
		}
	}
	for _, repo := range []string{"team/app", "other"} {
		if slices.ContainsFunc(is, func(line string) bool { return strings.HasPrefix(line, repo+" ") && !strings.Contains(line, "->") }) {
			continue
		}
		for line := range all {
			if strings.HasPrefix(line, "-"+repo+" ") {
				delete(all, line)
			}
		}
		all["-"+repo+" …"] = true
	}
	return sorted(all)
}

// expand is what a test says of the changes, with its digests filled in.
func expand(tree *Tree, text string) []string {
	all := map[string]bool{}
	for _, line := range strings.Split(text, "; ") {
		for _, name := range []string{"A", "B", "x", "h"} {
			hex := tree.Digest(name).Encoded()
			line = strings.NewReplacer("UPPER("+name+")", strings.ToUpper(hex), "SHORT("+name+")", hex[:10],
				"SHARD("+name+")", hex[:2], "HEX("+name+")", hex).Replace(line)
		}
		if line != "" {
			all[line] = true
		}
	}
	return sorted(all)
}

func TestDamagedLinks(t *testing.T) {
	tree := Build(t, sound+`
		damage team/app:v1 newline
		damage team/app@A to=B
		damage team/app layer x uppercase
		damage team/app layer y huge`)
	x := tree.Digest("x").Encoded()
	for letters, want := range map[string]string{
		"team/app tag v1":     tree.Digest("I").String() + "\n",
		"team/app revision A": tree.Digest("B").String(),
		"team/app layer x":    "sha256:" + strings.ToUpper(x),
		"team/app layer y":    tree.Digest("y").String() + strings.Repeat("f", 2000),
	} {
		got, err := os.ReadFile(tree.Path(letters))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", letters, got, err, want)
		}
	}
}
