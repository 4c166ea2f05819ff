package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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
	if err != nil || len(blobs) < 3 {
		t.Fatal(len(blobs), err)
	}
	links, err := filepath.Glob(filepath.Join(root, prefix, "repositories/service-0000/_layers/sha256/*"))
	if err != nil || len(links) < 2 {
		t.Fatal(len(links), err)
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
	b, err := json.Marshal(map[string]any{"actions": []action{
		{"directory", "repositories/service-0000/_uploads"},
		{"blob", path(blobs[1])}, // named by its file
		{"blob", path(filepath.Dir(blobs[0]))},
		{"layer_link", path(links[0])},
	}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := listOf(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := unlink(root, strings.Split(string(list), "\n")); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{
		filepath.Dir(blobs[0]), filepath.Dir(blobs[1]), links[0],
		filepath.Join(root, prefix, "repositories/service-0000/_uploads"),
	} {
		if _, err := os.Lstat(gone); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
	for _, there := range []string{blobs[2], links[1]} {
		if _, err := os.Lstat(there); err != nil {
			t.Error(err)
		}
	}
}

func TestPlanThatLeavesTheTreeIsRefused(t *testing.T) {
	plan := `{"actions": [{"kind": "blob", "path": "../blobs/sha256/ab/abcd"}]}`
	if list, err := listOf([]byte(plan)); err == nil {
		t.Errorf("the list is %q", list)
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
