package trash_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// TestConflicts has the registry used between the run and the restoring. What is
// there then stays as it is.
func TestConflicts(t *testing.T) {
	removeTag := plan.Request{Repository: "app", Tag: "v1"}
	for _, c := range []struct {
		name      string
		meanwhile func(*testing.T, *registrytest.Tree)
		failures  string // codes and letters
		present   int    // things that are there again
	}{
		{name: "nothing happens", meanwhile: func(*testing.T, *registrytest.Tree) {}},
		{name: "the tag points to another image", failures: "conflict: app tag v1",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				push(t, tree, "app tag v1", tree.Digest("N").String())
				push(t, tree, "app history v1 N", tree.Digest("N").String())
			}},
		{name: "the tag points to the same image", present: 1,
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				push(t, tree, "app tag v1", tree.Digest("A").String())
			}},
		{name: "a link of a tag was cut short", failures: "conflict: app tag v1",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) { push(t, tree, "app tag v1", "") }},
		{name: "a tag's directory is there and empty",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				mkdir(t, filepath.Dir(filepath.Dir(tree.Path("app tag v1"))))
			}},
		{name: "a blob is there again", present: 1,
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				push(t, tree, "blob x", strings.Repeat("x", int(tree.Size("x"))))
			}},
		{name: "a blob is there, and shorter", failures: "conflict: blob x, incomplete: app tag v1",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) { push(t, tree, "blob x", "x") }},
		{name: "a layer link is there again", present: 1,
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				push(t, tree, "app layer x", tree.Digest("x").String())
			}},
		{name: "a revision link is there again", present: 1,
			meanwhile: func(t *testing.T, tree *registrytest.Tree) { push(t, tree, "app@A", tree.Digest("A").String()) }},
		{name: "a link is there, and another",
			failures:  "conflict: app layer x, incomplete: app tag v1",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) { push(t, tree, "app layer x", "sha256:") }},
		{name: "empty directories are in the places of links and blobs",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				for _, letters := range []string{"blob x", "app layer x", "app@A"} {
					mkdir(t, filepath.Dir(tree.Path(letters)))
				}
			}},
		{name: "empty directories have the names of links and blobs",
			meanwhile: func(t *testing.T, tree *registrytest.Tree) {
				for _, letters := range []string{"blob x", "app layer x", "app@A"} {
					mkdir(t, tree.Path(letters))
				}
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, app+"N = image n m\npush app:other N")
			p := open(t, tree)
			whole := tree.Contents()
			p.mustTake(removeTag)
			c.meanwhile(t, tree)
			newer := files(t, tree)
			result := p.restore("first")
			checkSame(t, "not restored", words(c.failures), p.failures(result))
			checkSame(t, "there already", c.present, result.Present)
			after := files(t, tree)
			for path, is := range newer {
				if after[path] != is && !strings.HasPrefix(path, ".regjanitor") {
					t.Errorf("%s was %s and is %s", path, is, after[path])
				}
			}
			missing := minus(whole, tree.Contents())
			switch { // the history goes with its tag
			case strings.Contains(c.failures, "incomplete"):
				missing = minus(missing, words("app tag v1, app history v1 A, app history v1 B"))
			case strings.HasPrefix(c.name, "the tag "), strings.HasPrefix(c.name, "a link of a tag"):
				missing = minus(missing, words("app history v1 A, app history v1 B"))
			}
			checkSame(t, "missing", nil, missing)
			stays := len(c.failures) > 0 || c.present > 0
			checkSame(t, "there is a trash afterwards", stays, len(p.left()) > 0)
		})
	}
}

// TestGhosts: a history entry comes back to its tag alone.
func TestGhosts(t *testing.T) {
	tree := registrytest.Build(t, app+"push app:other A")
	p := open(t, tree)
	p.mustTake()
	gone(t, tree, "app tag v1")
	if err := os.RemoveAll(filepath.Dir(filepath.Dir(tree.Path("app tag v1")))); err != nil {
		t.Fatal(err)
	}
	result := p.restore("first")
	checkSame(t, "not restored", []string{"dangling: app history v1 B"}, p.failures(result))
	checkSame(t, "come back", words("app layer d, app layer y, app revision B, blob B, blob d, blob y"), minus(inTree(tree), tree.Live()))
	if _, err := os.Lstat(filepath.Dir(filepath.Dir(tree.Path("app tag v1")))); err == nil {
		t.Error("there is a directory of the tag that is gone")
	}
}

func TestUploadsAndTemporaries(t *testing.T) {
	tree := registrytest.Build(t, app+"upload app u age=30d\ntemp app@A age=30d\nupload app w age=30d")
	p := open(t, tree)
	whole := state(t, tree)
	p.mustTake()
	mkdir(t, uploadOf(tree, "u"))
	if err := os.WriteFile(uploadOf(tree, "u")+"/data", []byte("newer"), 0o644); err != nil {
		t.Fatal(err)
	}
	mkdir(t, uploadOf(tree, "w")) // empty
	result := p.restore("first")
	checkSame(t, "not restored", []string{"conflict: app upload u"}, p.failures(result))
	if err := os.RemoveAll(uploadOf(tree, "u")); err != nil {
		t.Fatal(err)
	}
	p.mustRestore("first")
	checkSame(t, "before, and after the restoring", whole, state(t, tree))
}

// TestSignaturesThere: the signatures beside a link are a conflict of their own.
func TestSignaturesThere(t *testing.T) {
	tree := registrytest.Build(t, app+"O = schema1 x\npush app:old O\nsignatures app@O\nuntag app:old")
	p := open(t, tree)
	p.mustTake()
	signature := filepath.Dir(tree.Path("app@O")) + "/signatures/sha256/" + strings.Repeat("0", 64)
	mkdir(t, signature)
	result := p.restore("first")
	checkSame(t, "not restored", []string{"conflict: app revision O"}, p.failures(result))
	if err := os.RemoveAll(filepath.Dir(tree.Path("app@O")) + "/signatures"); err != nil {
		t.Fatal(err)
	}
	p.mustRestore("first")
	checkSame(t, "left in the trash", nil, p.left())
}

// TestAgain: restoring and being used again, over and over, loses nothing.
func TestAgain(t *testing.T) {
	tree := registrytest.Build(t, app)
	p := open(t, tree)
	whole := state(t, tree)
	for range 3 {
		p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
		p.mustRestore("first")
	}
	checkSame(t, "before, and after the last restoring", whole, state(t, tree))
}

func uploadOf(tree *registrytest.Tree, name string) string {
	path := tree.Path("app upload " + name)
	if filepath.Base(path) == "data" {
		path = filepath.Dir(path)
	}
	return path
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// files are the state without the directories.
func files(t testing.TB, tree *registrytest.Tree) map[string]string {
	t.Helper()
	all := state(t, tree)
	for path, is := range all {
		if is[0] == 'd' {
			delete(all, path)
		}
	}
	return all
}
