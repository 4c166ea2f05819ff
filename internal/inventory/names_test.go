package inventory

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

const nested = `
	A = image c x
	push team/app:v1 A
	push team/app:v2 A
	push team/app/sub:v1 A
	push team/api/deep:v1 A
	push Example.COM/x:v1 A
	push other:v1 A
	upload unfinished u
	dir repositories/empty
	dir repositories/lost+found
	dir repositories/.snapshot/x
	dir "repositories/team/two words"
	dir "repositories/team/\xff"
	dir "repositories/team/$(x)"
	file repositories/file
	symlink repositories/link repositories/other
	dir repositories/team/app/_manifests/tags/.Trash
	dir "repositories/team/app/_manifests/tags/two words"
	file repositories/team/app/_manifests/tags/file
	dir repositories/team/app/_manifests/revisions/sha256/short
`

func openTree(t *testing.T, spec string) (*registrytest.Tree, store.Dir) {
	t.Helper()
	tree := registrytest.Build(t, spec)
	root, err := store.OpenRoot(tree.V2, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return tree, root
}

// inWords has a slash behind what has something below it, and brackets around what
// is no repository.
func inWords(names []Name) string {
	var words []string
	for _, n := range names {
		word := n.Name
		if !n.Repository {
			word = "(" + word + ")"
		}
		if n.Parent {
			word += "/"
		}
		words = append(words, word)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func TestNames(t *testing.T) {
	_, root := openTree(t, nested)
	for prefix, want := range map[string]string{
		"":               "(Example.COM)/ (empty) (team)/ other unfinished",
		"te":             "(team)/",
		"team":           "(team)/",
		"team/":          "(team/api)/ team/app/",
		"team/app":       "team/app/",
		"team/app/":      "team/app/sub",
		"team/app/sub/":  "",
		"Ex":             "(Example.COM)/",
		"none":           "",
		"..":             "",
		"../blobs":       "",
		"team/../other":  "",
		"team//":         "",
		"/":              "",
		"_":              "",
		"team/app/_ma":   "",
		"team/two words": "",
	} {
		names, err := Names(t.Context(), root, prefix)
		if err != nil {
			t.Errorf("%q: %v", prefix, err)
		}
		if got := inWords(names); got != want {
			t.Errorf("%q: %s, not %s", prefix, got, want)
		}
	}
	for _, prefix := range []string{"none/", "file/", "link/"} {
		if names, err := Names(t.Context(), root, prefix); err == nil {
			t.Errorf("%q: %v", prefix, names)
		}
	}
}

// hasty is a directory after whose listing the time is up.
type hasty struct {
	store.Dir
	up func()
}

func (h hasty) Open(path string) (store.Dir, error) {
	dir, err := h.Dir.Open(path)
	return hasty{dir, h.up}, err
}

func (h hasty) List(f func(store.Entry) error) error {
	defer h.up()
	return h.Dir.List(f)
}

func TestNamesInTime(t *testing.T) {
	_, root := openTree(t, nested)
	ctx, cancel := context.WithCancel(t.Context())
	names, err := Names(ctx, hasty{root, cancel}, "team/")
	if got := inWords(names); got != "team/api team/app" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if names, err := Names(ctx, root, "team/"); err == nil {
		t.Errorf("when the time was up from the start: %v", names)
	}
	if names, err := TagNames(ctx, root, "team/app"); err == nil {
		t.Errorf("when the time was up from the start: tags %v", names)
	}
}

func TestTagAndRevisionNames(t *testing.T) {
	tree, root := openTree(t, nested)
	tags, err := TagNames(t.Context(), root, "team/app")
	slices.Sort(tags)
	if diff := cmp.Diff([]string{"v1", "v2"}, tags); diff != "" || err != nil {
		t.Error(diff, err)
	}
	revisions, err := RevisionNames(t.Context(), root, "team/app")
	if err != nil || len(revisions) != 1 || revisions[0] != tree.Digest("A") {
		t.Errorf("%s, %v", revisions, err)
	}
	for _, repository := range []string{"", "..", "team/../other", "/other", "team/app/", "empty", "none", "link", "unfinished"} {
		if tags, _ := TagNames(t.Context(), root, repository); len(tags) > 0 {
			t.Errorf("tags of %q: %v", repository, tags)
		}
		if revisions, _ := RevisionNames(t.Context(), root, repository); len(revisions) > 0 {
			t.Errorf("revisions of %q: %v", repository, revisions)
		}
	}
}
