package registrytest

import (
	"testing"

	"pgregory.net/rapid"
)

// randomSpec lets rapid make the choices, so that it can shrink them.
func randomSpec(t *rapid.T) string {
	return Random(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
}

func TestLiveAndDeadAreWhatIsOnDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		Try(t, randomSpec(t), func(tree *Tree) { checkPartition(t, tree) })
	})
}

// TestLettersAreTargets: what a tree prints can be written in a spec, and Path
// and Letters are inverse.
func TestLettersAreTargets(t *testing.T) {
	tree := Build(t, sound+"signatures team/app@A\nO = schema1 tarsum:t\npush other@ O")
	for _, line := range tree.Contents() {
		if got := tree.Letters([]string{tree.Path(line)})[0]; got != line {
			t.Errorf("%q has the path %s, which is %q", line, tree.Path(line), got)
		}
	}
}

func TestLettersOfEveryForm(t *testing.T) {
	tree := Build(t, sound)
	hex := tree.Digest("x").Encoded()
	for path, want := range map[string]string{
		"blobs/sha256/" + hex[:2] + "/" + hex:                      "blob x",
		"docker/registry/v2/blobs/sha256/" + hex[:2] + "/" + hex:   "blob x",
		tree.Root + "/scheduler-state.json":                        "/scheduler-state.json",
		tree.V2 + "/blobs":                                         "blobs",
		"repositories/team/app":                                    "team/app",
		"repositories/team/app/_manifests/tags/v1":                 "team/app tag v1",
		"repositories/team/app/_manifests/tags/v1/current":         "team/app tag v1",
		"repositories/team/app/_manifests/tags":                    "repositories/team/app/_manifests/tags",
		"repositories/team/app/_layers/sha256/" + hex:              "team/app layer x",
		"repositories/team/app/_layers/sha256/" + hex + "/junk":    "team/app layer x/junk",
		"repositories/team/app/_layers/sha256/" + hex[:9]:          "repositories/team/app/_layers/sha256/" + hex[:9],
		"repositories/sha256/link/_layers/sha256/" + hex + "/link": "sha256/link layer x",
		"/elsewhere/x\ny":                                          `"/elsewhere/x\ny"`,
	} {
		if got := tree.Letters([]string{path})[0]; got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}
