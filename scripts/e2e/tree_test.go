package e2e

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
)

// snapshot is everything below a directory: path → mode, times, size, content.
type snapshot map[string]string

func takeSnapshot(t *testing.T, root string) snapshot {
	t.Helper()
	s := snapshot{}
	walk(t, root, func(path string, info fs.FileInfo) {
		state := fmt.Sprintf("%v %d", info.Mode(), info.ModTime().UnixNano())
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				t.Fatal(err)
			}
			state += fmt.Sprintf(" %d %s", info.Size(), digest.FromBytes(data))
		}
		s[path] = state
	})
	return s
}

// files is the snapshot without its directories, whose times change with what is
// beside the files.
func (s snapshot) files() snapshot {
	files := maps.Clone(s)
	maps.DeleteFunc(files, func(_, state string) bool { return strings.HasPrefix(state, "d") })
	return files
}

// requireUnchanged fails unless nothing below root, times included, differs.
func (s snapshot) requireUnchanged(t *testing.T, root string) {
	t.Helper()
	requireEqual(t, "tree below "+root, takeSnapshot(t, root), s)
}

// walk calls visit for root, as ".", and all below it. What vanishes meanwhile,
// under a running registry say, is passed over.
func walk(t *testing.T, root string, visit func(path string, info fs.FileInfo)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		visit(relative, info)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tree is what lies on disk, read by its paths alone.
type tree struct {
	blobs        []string // digests
	revisions    []string // repo@digest
	layerLinks   []string // repo@digest
	tags         []string // repo:tag
	history      []string // repo@digest of every tag's index entries
	uploads      []string // repo/uuid
	repositories []string
	emptyDirs    []string
	files        map[string]int64 // every file below the tree → bytes allocated to it
}

func readTree(t *testing.T, r *registry) tree {
	t.Helper()
	l := tree{files: map[string]int64{}}
	seen := map[string]bool{}
	walk(t, r.v2(), func(path string, info fs.FileInfo) {
		if info.IsDir() {
			entries, err := os.ReadDir(r.v2(path))
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) == 0 {
				l.emptyDirs = append(l.emptyDirs, path)
			}
		} else {
			l.files[path] = info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		l.place(path, info, seen)
	})
	l.repositories = slices.Sorted(maps.Keys(seen))
	for _, list := range []*[]string{&l.blobs, &l.revisions, &l.layerLinks, &l.tags, &l.history, &l.uploads} {
		slices.Sort(*list)
	}
	return l
}

// place files one path of the tree under what it is.
func (l *tree) place(path string, info fs.FileInfo, repositories map[string]bool) {
	parts := strings.Split(path, "/")
	if parts[0] == "blobs" && len(parts) == 5 && parts[4] == "data" {
		l.blobs = append(l.blobs, parts[1]+":"+parts[3])
		return
	}
	under := slices.IndexFunc(parts, func(p string) bool { return strings.HasPrefix(p, "_") })
	if parts[0] != "repositories" || under < 0 {
		return
	}
	repo, rest := strings.Join(parts[1:under], "/"), parts[under:]
	repositories[repo] = true
	switch kind, n := rest[0], len(rest); {
	case kind == "_uploads" && n == 2 && info.IsDir():
		l.uploads = append(l.uploads, repo+"/"+rest[1])
	case rest[n-1] != "link":
	case kind == "_layers" && n == 4:
		l.layerLinks = append(l.layerLinks, repo+"@"+rest[1]+":"+rest[2])
	case kind == "_manifests" && rest[1] == "revisions" && n == 5:
		l.revisions = append(l.revisions, repo+"@"+rest[2]+":"+rest[3])
	case kind == "_manifests" && rest[1] == "tags" && n == 5 && rest[3] == "current":
		l.tags = append(l.tags, repo+":"+rest[2])
	case kind == "_manifests" && rest[1] == "tags" && n == 7 && rest[3] == "index":
		l.history = append(l.history, repo+"@"+rest[4]+":"+rest[5])
	}
}

// dataBytes is what is allocated to the content of blobs and uploads.
func (l tree) dataBytes() int64 {
	var sum int64
	for path, allocated := range l.files {
		if filepath.Base(path) == "data" {
			sum += allocated
		}
	}
	return sum
}

// without are the members of the sorted list a that are not in b.
func without(a, b []string) []string {
	gone := []string{}
	for _, s := range a {
		if !slices.Contains(b, s) {
			gone = append(gone, s)
		}
	}
	return gone
}

// requireEqual compares two values and shows where they differ.
func requireEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s differ (-want +got):\n%s", what, diff)
	}
}

// requireList compares two sorted lists and shows each member that only one has.
func requireList(t *testing.T, what string, got, want []string) {
	t.Helper()
	if missing, extra := without(want, got), without(got, want); len(missing)+len(extra) > 0 {
		t.Fatalf("%s: %d as expected\nmissing:\n  %s\nunexpected:\n  %s", what, len(want)-len(missing),
			strings.Join(missing, "\n  "), strings.Join(extra, "\n  "))
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d instead of %d, some of them twice", what, len(got), len(want))
	}
}
