package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// small has an indexed and a plain repository; each tag is pushed twice, then
// half of them once more.
var small = shape{repos: 2, tags: 4, pushes: 10, layers: 3, multiArch: 2}

func newSmallTree(t *testing.T) (root string, made counts) {
	t.Helper()
	root = t.TempDir()
	made, err := makeTree(t.Context(), root, small)
	if err != nil {
		t.Fatal(err)
	}
	return root, made
}

func TestWalkAnswersForMadeTree(t *testing.T) {
	root, made := newSmallTree(t)
	got, err := walk(root)
	if err != nil {
		t.Fatal(err)
	}
	// Of ten pushes six are untagged: in one repository an image of five blobs
	// each (manifest, config, three layers), in the other an index and two.
	const deadRevisions = 6*1 + 6*3
	const deadFresh = 6*5 + 6*(1+2*5)
	// Bases 1 and 2 are in use by the last pushes, on two platforms and on one.
	const deadBases = baseLayers * (baseImages*2 - 2 - 1)
	if got.DeadRevs != deadRevisions || got.DeadBlobs != deadFresh+deadBases {
		t.Errorf("walk found %d revisions and %d blobs dead, want %d and %d",
			got.DeadRevs, got.DeadBlobs, deadRevisions, deadFresh+deadBases)
	}
	found := counts{
		repositories: got.Repositories, tags: got.Tags, history: got.History, revisions: got.Revisions,
		tagged: got.Revisions - got.DeadRevs, layerLinks: got.LayerLinks, blobs: got.Blobs,
	}
	// What the walk does not count.
	found.indexes = made.indexes
	found.layerBytes, found.manifestsBytes = made.layerBytes, made.manifestsBytes
	if found != made {
		t.Errorf("walk found %+v, made were %+v", found, made)
	}
}

func TestTreeIsDeterministic(t *testing.T) {
	a, _ := newSmallTree(t)
	b, _ := newSmallTree(t)
	if sum(t, a) != sum(t, b) {
		t.Error("two trees of one shape differ")
	}
}

func TestUnlinkRemovesPlan(t *testing.T) {
	root, _ := newSmallTree(t)
	blobs, err := filepath.Glob(filepath.Join(root, prefix, "blobs/sha256/*/*/data"))
	if err != nil || len(blobs) < 2 {
		t.Fatal(len(blobs), err)
	}
	path := func(file string) string {
		rel, err := filepath.Rel(filepath.Join(root, prefix), file)
		if err != nil {
			t.Fatal(err)
		}
		return rel
	}
	type action struct {
		Kind string `json:"kind"`
		Path string `json:"path"`
	}
	plan := filepath.Join(t.TempDir(), "plan.json")
	b, err := json.Marshal(map[string]any{"actions": []action{
		{"blob", path(blobs[0])}, // named by its file
		{"blob", path(filepath.Dir(blobs[1]))},
		{"leftover", "repositories/service-0000/_uploads"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plan, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unlink(root, plan); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{
		filepath.Dir(blobs[0]), filepath.Dir(blobs[1]),
		filepath.Join(root, prefix, "repositories/service-0000/_uploads"),
	} {
		if _, err := os.Lstat(gone); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
}

// sum hashes the names, sizes and contents in a tree.
func sum(t *testing.T, root string) (s [sha256.Size]byte) {
	t.Helper()
	h := sha256.New()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || entry.IsDir() {
			return err
		}
		var content []byte
		if info.Size() < 1<<20 { // a layer is a hole
			content, err = os.ReadFile(filepath.Join(root, path))
		}
		fmt.Fprintf(h, "%s %d %q\n", path, info.Size(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
