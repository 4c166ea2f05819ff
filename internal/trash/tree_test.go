package trash_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"regjanitor/internal/registrytest"
)

// push does to a tree what the registry would when it is used meanwhile: a file
// for each of the letters, with the content that the spec's own push has.
func push(t testing.TB, tree *registrytest.Tree, letters string, content string) {
	t.Helper()
	path := tree.Path(letters)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// gone removes things for good, with their directories.
func gone(t testing.TB, tree *registrytest.Tree, letters ...string) {
	t.Helper()
	for _, l := range letters {
		if err := os.RemoveAll(filepath.Dir(tree.Path(l))); err != nil {
			t.Fatal(err)
		}
	}
}

// state is everything below the storage root: modes, owners, sizes, times of
// files, contents.
func state(t rapid.TB, tree *registrytest.Tree) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(tree.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		relative, _ := filepath.Rel(tree.Root, path)
		all[relative] = describe(path, info)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func describe(path string, info fs.FileInfo) string {
	owner := info.Sys().(*syscall.Stat_t)
	line := fmt.Sprintf("%v %d:%d", info.Mode(), owner.Uid, owner.Gid)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(path)
		return line + " -> " + to
	case info.Mode().IsRegular():
		data, _ := os.ReadFile(path)
		return fmt.Sprintf("%s %s %d %s", line, info.ModTime().UTC().Format(time.RFC3339Nano), len(data), digest.FromBytes(data))
	}
	return line
}

// inTree are a tree's contents but for the trash.
func inTree(tree *registrytest.Tree) []string {
	return slices.DeleteFunc(tree.Contents(), func(line string) bool { return strings.HasPrefix(line, "/.regjanitor") })
}

// words cuts a list of letters; the result is sorted.
func words(list string) []string {
	var all []string
	for _, word := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == '\n' }) {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	slices.Sort(all)
	return all
}

// minus is what of a is not in b.
func minus(a, b []string) []string {
	var rest []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			rest = append(rest, line)
		}
	}
	return rest
}

func checkSame[T any](t rapid.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
