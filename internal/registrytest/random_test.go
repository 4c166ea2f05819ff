package registrytest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// randomSpec draws a registry without damage: manifests of every kind, each
// built of those before it, then pushes, retags and deletes.
func randomSpec(t *rapid.T) string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "pick") }
	leaf := func() string {
		return pick("x", "y", "z", "w", "sha512:x", "sha512:v", "foreign:f", "urls:g", "{}", "~n")
	}

	var manifests []string
	for i := range rapid.IntRange(1, 8).Draw(t, "manifests") {
		name := fmt.Sprintf("M%d", i)
		subject := ""
		if len(manifests) > 0 && rapid.Bool().Draw(t, "refers") {
			subject = " subject=" + pick(manifests...)
		}
		switch kind := pick("image", "docker", "artifact", "schema1", "cacheindex", "index", "list"); kind {
		case "index", "list":
			children := ""
			for range min(len(manifests), rapid.IntRange(0, 3).Draw(t, "children")) {
				children += " " + pick("", "", "~") + pick(manifests...)
			}
			say("%s = %s%s%s", name, kind, children, subject)
		case "schema1":
			say("%s = schema1 %s tarsum:%s", name, pick("x", "y", "sha512:z"), pick("x", "t"))
		default:
			say("%s = %s c%d %s %s%s", name, kind, i%3, leaf(), leaf(), subject)
		}
		manifests = append(manifests, name)
	}
	repos := []string{"a", "a/b", "c"}
	for range rapid.IntRange(1, 10).Draw(t, "pushes") {
		repo, name := pick(repos...), pick(manifests...)
		switch pick("tag", "tag", "digest", "history", "mount", "blob", "litter") {
		case "tag":
			say("push %s:%s %s", repo, pick("v", "w"), name)
		case "digest":
			say("push %s@ %s", repo, name)
		case "history":
			say("history %s:%s %s", repo, pick("v", "ghost"), name)
		case "mount":
			say("mount %s %s", repo, pick("x", "q", "sha512:w"))
		case "blob":
			say("blob %s", pick("x", "o"))
		case "litter":
			say("upload %s u age=%s", repo, pick("1h", "200h"))
			say("push %s:t %s", repo, name)
			say("temp %s@%s age=%s", repo, name, pick("1h", "200h"))
			if rapid.Bool().Draw(t, "delete") {
				say("%s %s@%s", pick("delete", "expire"), repo, name)
			}
		}
	}
	return strings.Join(lines, "\n")
}

func TestLiveAndDeadAreWhatIsOnDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := randomSpec(t)
		spec, err := Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		dir, err := os.MkdirTemp("", "registrytest")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		tree, err := spec.Write(dir+"/root", Now)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		checkPartition(t, tree)
		if t.Failed() {
			t.Log(text)
		}
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
