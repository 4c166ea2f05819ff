package registrytest

import (
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var deadCases = []struct{ name, spec, dead string }{
	{"nothing", "A = image c x\npush r:v A", ""},
	{"an untagged image", "A = image c x y\nB = image d x\npush r:v A\npush r:v B", `
			blob A; blob c; blob y; r history v A; r layer c; r layer y; r revision A`},
	{"tagged elsewhere", "A = image c x\nB = image d\npush a:v A\npush a:v B\npush b:v A", `
			a history v A; a layer c; a layer x; a revision A`},
	{"children of nested indexes live", "A = image c\nI = index A\nJ = index I\npush r:v J", ""},
	{"children of an untagged index", "A = image c\nB = image d\nI = index A B\npush r:v I\npush r:v A", `
			blob B; blob I; blob d; r history v I; r layer d; r revision B; r revision I`},
	{"catalogue 6: a ghost tag", "A = image c\nB = image d\npush r@ A\npush r@ B\nhistory r:v A", `
			blob B; blob d; r layer d; r revision B`},
	{"catalogue 7: a dangling tag that can be repaired", "A = image c x\npush r:v A\nexpire r@A",
		"r revision A (empty)"},
	{"catalogue 11: no tags directory", "A = image c x\npush r@ A", ""},
	{"catalogue 11: an empty tags directory", "A = image c\npush r:v A\nuntag r:v", `
			blob A; blob c; r layer c; r revision A`},
	{"catalogue 12: sha512 and tarsum", `
			H = image c sha512:x
			O = schema1 tarsum:y
			P = schema1 tarsum:z
			push r:v H
			push r:o O
			push r@ P`, `
			blob P; blob z; r layer tarsum:z; r layer z; r revision P`},
	{"catalogue 13: linked in _layers only", "A = image c\npush r:v A links=layers", ""},
	{"catalogue 14: signatures", "A = image c\nB = image d\npush r:v A\npush r@ B\nsignatures r@A\nsignatures r@B", `
			blob B; blob B.sig; blob d; r layer d; r revision B; r signature B`},
	{"catalogue 20: sparse here, complete there", `
			A = image c x
			D = index ~A
			push a:v D
			push b:v D
			push b:v2 A`, ""},
	{"catalogue 20: a child that only another repository linked", `
			A = image c x
			B = image d
			D = index ~A
			push a:v D
			push b:v A
			push b:v B`, `
			b history v A; b layer c; b layer x; b revision A`},
	{"catalogue 21: gaps", "A = image c foreign:f\nB = image d\nD = index A ~B\npush r:v D", ""},
	{"catalogue 23: referrers, to a fixpoint", `
			A = image c
			S = image {} s subject=A
			T = artifact t subject=S
			X = image {} q subject=U
			U = image u
			push r:v A
			push r@ S
			push r@ T
			push r@ X
			push elsewhere:v A
			push elsewhere:v U
			push elsewhere:w A`, `
			blob X; blob q; r layer q; r revision X`},
	{"a referrer does not keep its subject", "A = image c\nS = image {} s subject=A\npush r:s S\npush r@ A", `
			blob A; blob c; r layer c; r revision A`},
	{"a referrer in another repository", "A = image c\nS = image {} s subject=A\npush a:v A\npush b:x A\npush b@ S\nuntag b:x", `
			b layer c; b layer {}; b layer s; b revision A; b revision S; blob S; blob s; blob {}`},
	{"catalogue 24: a plain descriptor is a leaf", "B = image d x\nA = image c plain:B\npush r:v A\nblob d x", `
			blob d; blob x`},
	{"catalogue 24: unless the repository has a revision of it", "B = image d x\nA = image c plain:B\npush r:v A\npush r@ B", ""},
	{"catalogue 24: a manifest for a layer", "B = image d x\nA = image c B\npush r:v A", ""},
	{"catalogue 24: a cache index", "K = cacheindex x y cfg\npush r:v K\nmount r z", "blob z; r layer z"},
	{"mounts and orphans", "A = image c x\npush r:v A\nmount other x\nblob orphan", `
			blob orphan; other layer x`},
	{"catalogue 51: litter and its age", `
			A = image c
			push r:v A
			upload r old age=169h
			upload r new age=100h
			cancel r cancelled age=2w
			temp r:v age=25h
			temp blob c age=1h`, `
			r upload cancelled; r upload old; temp r tag v`},
	{"empty directories", "A = image c\nB = image d\npush r:v A\npush r:w B\ndelete r@B\nmount lone x\ndelete lone layer x", `
			blob B; blob d; blob x; lone (empty); lone layer x (empty); r layer d; r revision B (empty)`},
	{"catalogue 53: expired in a proxy", "A = image c\nB = image d\nproxy\npush r:v A\npush r:w B\nexpire r@A", `
			blob A; blob c; r layer c; r revision A (empty)`},
}

// TestDead states what is garbage by hand; what is live is the rest.
func TestDead(t *testing.T) {
	for _, test := range deadCases {
		t.Run(test.name, func(t *testing.T) {
			tree := Build(t, test.spec)
			want := []string{}
			for _, line := range strings.Split(test.dead, ";") {
				if line = strings.TrimSpace(line); line != "" {
					want = append(want, line)
				}
			}
			sort.Strings(want)
			if diff := cmp.Diff(want, tree.Dead()); diff != "" {
				t.Errorf("dead (-want +got):\n%s", diff)
			}
			checkPartition(t, tree)
		})
	}
}

// checkPartition asserts that live and dead are together what is on disk.
func checkPartition(t rapid.TB, tree *Tree) {
	t.Helper()
	both := append(tree.Live(), tree.Dead()...)
	sort.Strings(both)
	if n := len(both); len(slices.Compact(slices.Clone(both))) != n {
		t.Errorf("something is both live and dead: %q", both)
	}
	if diff := cmp.Diff(tree.Contents(), both); diff != "" {
		t.Errorf("on disk, and live or dead (-disk +answer):\n%s", diff)
	}
}
