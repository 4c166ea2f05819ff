package sweep_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// faultSpec is a registry to be swept on a failing disk.
type faultSpec struct {
	name  string
	text  string
	sound bool
}

// everyKind is all kinds of manifests, and a subject's referrers.
const everyKind = `
	A = image c x y
	D = docker d x
	O = schema1 x tarsum:p
	I = index A ~M1
	L = list D
	M1 = image m z
	R = artifact x w
	K = cacheindex x y c
	S = image {} s subject=I
	T = image {} t subject=S
	N = image e sha512:n
	G = image g gx
	H = index G
	push app:i I
	push app@ S
	push app@ T
	push app:l L
	push app:o O
	signatures app@O
	push app:r R
	push app:k K
	push app:n N
	push app:h H
	push app:h A
	push other:g G
	push other:g D
`

var faultSpecs = []faultSpec{
	{"varied", varied, true},
	{"every kind", everyKind, true},
	{"litter", ok + `
		upload ok u age=30d
		upload ok v age=30d startedat=2026-03-01T11:00:00Z
		upload ok w age=30d startedat=none
		cancel ok x age=30d
		temp ok@G age=30d
		temp ok@H age=30d
		temp blob o age=30d
		temp ok:v1 age=30d
		upload bare y age=30d
		blob p
		temp blob p age=1h
	`, true},
	{"old", ok + `
		A = image c x
		B = image d x y
		O = schema1 p
		push old/reg:v1 B links=layers
		push old/reg:v1 A links=layers
		push old:o O
		signatures old@O
		untag old:o
	`, true},
	{"gaps", ok + `
		A = image c x
		B = image d x y
		C = image e z
		push app@ A
		push a/b:v1 B
		push a:v1 B
		history a:ghost C
		push c:v1 C
		delete c@C
		push c:v2 A
		expire c@A
	`, true},
	{"one bad manifest", ok + app + "C = image c z\npush app:v2 C\ndamage blob C corrupt", false},
	{"one bad link", ok + app + "C = image c z\npush app:v2 C\ndamage app:v2 garbage", false},
	{"strange", ok + app + `
		U = unknown x A
		T = text
		push u:v1 U
		push t:v1 T
		push t:v1 A
		file /notes
		file blobs/sha256/notes
		file repositories/app/_manifests/tags/.DS_Store
		dir repositories/app/_other
		damage blob o fifo
	`, false},
	{"links to elsewhere", ok + app + "damage blob y symlinked-shard\ndamage app@B spaces\ndamage ok layer h.x symlink", false},
	{"policies", ok + `
		A = image ca x created=2025-12-20T10:00:00Z
		B = image cb y created=2026-02-20T10:00:00Z
		C = image cc z created=2026-01-20T10:00:00Z
		I = index A B
		S = image cs s
		T = image ct t
		push app:pr-1 A age=40d
		push app:pr-2 B age=30d
		push app:pr-3 C age=50d
		push app:v1 C age=20d
		push app:v2 I age=10d
		push app:sha256-<A>.sig S
		push app:sha256-<C>.sig T
		push app:sha256-<S>.sig T
		push app:sha256-<B>.att T
		push other:pr-1 A
	`, true},
	{"hidden roots", ok + app + "damage app symlinked", false},
}

// randomFaultSpec is a registry by its number, damaged if that is odd.
func randomFaultSpec(seed uint64) faultSpec {
	choose := rand.New(rand.NewPCG(seed, 0)).IntN
	s := faultSpec{fmt.Sprintf("random %d", seed), registrytest.Random(choose), seed%2 == 0}
	if s.sound {
		return s
	}
	damages := []string{
		"blob M1 missing", "blob M1 truncated", "blob M1 empty", "blob M1 fifo", "a:keep empty", "a:keep missing", "a:keep newline",
		"a@M1 short", "a@M1 gone", "a@M1 spaces", "blob M1 symlinked-shard",
	}
	s.text += "\npush a:keep M1\ndamage " + damages[choose(len(damages))]
	return s
}

// write writes the registry, and reads it into memory.
func (s faultSpec) write(dir string) (*registrytest.Tree, *storetest.Memory, error) {
	parsed, err := registrytest.Parse(s.text)
	if err != nil {
		return nil, nil, err
	}
	at, err := os.MkdirTemp(dir, "")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(at)
	tree, err := parsed.Write(filepath.Join(at, "registry"), registrytest.Now)
	if err != nil {
		return nil, nil, err
	}
	registry, err := storetest.Load(tree.Root)
	return tree, registry, err
}
