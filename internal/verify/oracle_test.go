package verify_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/verify"
)

// TestAgainstARegistry: of any tree with any one file spoilt, exactly those tags
// are damaged that a registry would not serve whole.
func TestAgainstARegistry(t *testing.T) {
	dir, n := t.TempDir(), 0
	damaged := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		n++
		spec := registrytest.Random(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
		spec = regexp.MustCompile(`~M`).ReplaceAllString(spec, "M") // sparse indexes have tests of their own
		parsed, err := registrytest.Parse(spec)
		if err != nil {
			rt.Fatal(err)
		}
		tree, err := parsed.Write(filepath.Join(dir, fmt.Sprint(n)), registrytest.Now)
		if err != nil {
			rt.Fatal(err)
		}
		how := "nothing"
		if !regexp.MustCompile(`(?m)^(delete|expire)`).MatchString(spec) { // which is damage enough
			how = spoil(rt, tree)
		}
		for _, hashes := range []bool{false, true} {
			got := names(rt, tree, hashes)
			want := refused(rt, registry{tree.V2, hashes})
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%s, hashing %v: a registry refuses (-), verify says damaged (+):\n%s\n%s", how, hashes, diff, spec)
			}
			damaged[fmt.Sprint(hashes, len(got) > 0)]++
		}
		os.RemoveAll(tree.Root)
	})
	for _, some := range []string{"false false", "false true", "true false", "true true"} {
		if damaged[some] == 0 {
			t.Errorf("no tree was ever hashed, damaged: %s", some)
		}
	}
}

// spoil does something to one link or data file, or leaves all as it is.
func spoil(rt *rapid.T, tree *registrytest.Tree) string {
	var files, links []string
	filepath.WalkDir(tree.V2, func(path string, d fs.DirEntry, err error) error {
		if base := filepath.Base(path); err == nil && (base == "link" || base == "data") && !strings.Contains(path, "_uploads") && !d.IsDir() {
			files = append(files, path)
			if base == "link" {
				links = append(links, path)
			}
		}
		return err
	})
	if len(files) == 0 {
		return "nothing is there"
	}
	path := rapid.SampledFrom(files).Draw(rt, "file")
	data, err := os.ReadFile(path)
	if err != nil {
		rt.Fatal(err)
	}
	how := rapid.SampledFrom([]string{"none", "gone", "directory", "empty", "half", "newline", "flip", "other"}).Draw(rt, "how")
	switch how {
	case "none":
		return how
	case "gone", "directory":
		if err = os.Remove(path); err == nil && how == "directory" {
			err = os.Mkdir(path, 0o755)
		}
	default:
		other := data
		if len(links) > 0 {
			if other, err = os.ReadFile(rapid.SampledFrom(links).Draw(rt, "other")); err != nil {
				rt.Fatal(err)
			}
		}
		flipped := slices.Clone(data)
		flipped[len(flipped)/2] ^= 1
		err = os.WriteFile(path, map[string][]byte{"empty": nil, "half": data[:len(data)/2], "newline": append(slices.Clone(data), '\n'), "flip": flipped, "other": other}[how], 0o644)
	}
	if err != nil {
		rt.Fatal(err)
	}
	return how + " " + tree.Letters([]string{path})[0]
}

// names are the tags that are damaged, and the repositories without tags that are.
func names(rt *rapid.T, tree *registrytest.Tree, hashes bool) []string {
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		rt.Fatal(err)
	}
	defer root.Close()
	inv, err := inventory.Scan(rt.Context(), root, inventory.Options{Jobs: 2, ForPulls: true})
	if err != nil {
		rt.Fatal(err)
	}
	found := map[string]bool{}
	judge := verify.NewJudge(inv)
	look := func() {
		for place := range inv.Repositories {
			for _, d := range judge.Repository(place).Damage {
				for _, tag := range d.Tags {
					found[d.Repository+":"+tag] = true
				}
				if len(d.Tags) == 0 {
					found[d.Repository] = true
				}
			}
		}
	}
	if look(); hashes {
		var unsound []verify.Unsound
		found := func(u verify.Unsound) { unsound = append(unsound, u) }
		if _, err := verify.Hash(rt.Context(), root, judge.Needed(), verify.Options{Jobs: 2, Found: found}); err != nil {
			rt.Fatal(err)
		}
		judge.Heard(unsound, func(digest.Digest) bool { return true })
		look()
	}
	return slices.Sorted(maps.Keys(found))
}

// refused are those that a registry does not serve whole.
func refused(rt *rapid.T, r registry) []string {
	found := map[string]bool{}
	for _, repository := range []string{"a", "a/b", "c"} {
		manifests := filepath.Join(r.v2, layout.Repository(repository), layout.Manifests)
		tags, err := os.ReadDir(filepath.Join(manifests, "tags"))
		for _, tag := range tags {
			if !r.pullTag(repository, tag.Name()) {
				found[repository+":"+tag.Name()] = true
			}
		}
		if err == nil {
			continue
		}
		revisions, _ := os.ReadDir(filepath.Join(manifests, "revisions", "sha256"))
		for _, revision := range revisions {
			if _, err := os.Lstat(filepath.Join(manifests, "revisions", "sha256", revision.Name(), "link")); err != nil {
				continue // an empty directory is litter
			}
			if r.pull(repository, digest.Digest("sha256:"+revision.Name()), map[digest.Digest]bool{}) != ok {
				found[repository] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
