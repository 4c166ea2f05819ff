package trash_test

import (
	"strings"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/trash"
)

// TestIncomplete: a tag comes back if a pull of it finds all that it found when
// the tag went.
func TestIncomplete(t *testing.T) {
	for _, c := range []struct {
		name    string
		spec    string
		lost    string // what is gone for good before the restoring, in letters
		missing string // what the tag's failure names, empty where it comes back
	}{
		{"nothing is lost", app, "", ""},
		{"a shared layer", app + "S = image s x\npush app:v2 S", "blob x, app layer x", "x"},
		{"a shared config", app + "S = image c s\npush app:v2 S", "blob c, app layer c", "c"},
		{"the blob of a layer alone", app + "S = image s x\npush app:v2 S", "blob x", "x"},
		{"the link of a layer alone", app + "S = image s x\npush app:v2 S", "app layer x", "x"},
		{"a manifest that has another tag", app + "push app:v2 A", "app revision A, blob A", "A"},
		{"the blob of such a manifest", app + "push app:v2 A", "blob A", "A"},
		{"its revision link", app + "push app:v2 A", "app revision A", "A"},

		{"a child of an index", app + "I = index A B\npush app:v1 I\npush app:v2 B", "app revision B", "B"},
		{"a layer of a child of an index", app + "I = index A B\npush app:v1 I\npush app:v2 B", "blob y", "y"},
		{"a layer of a grandchild", app + "I = index B\nK = index I\npush app:v1 K\npush app:v2 B", "app layer y", "y"},
		{"a sparse index was sparse before", app + "I = index A ~Q\nQ = image q r\npush app:v1 I", "", ""},
		{"a sparse index misses one more", app + "I = index A B ~Q\nQ = image q r\npush app:v1 I\npush app:v2 B", "app revision B, blob B", "B"},

		{"a foreign layer was never there", app + "F = image f foreign:w urls:v\npush app:v1 F", "", ""},
		{"a layer that was never pushed", app + "F = image f ~n\npush app:v1 F", "", ""},
		{"an empty descriptor", app + "E = image {} z\npush app:v1 E\npush app:v2 E", "blob {}", "{}"},

		{"a layer by its sha512", app + "F = image f sha512:z\npush app:v1 F", "", ""},
		{"the blob of a layer by its sha512", app + "F = image f sha512:z\npush app:v1 F\npush app:v2 F", "blob z", "sha512:z"},
		{"the alias", app + "F = image f sha512:z\npush app:v1 F\npush app:v2 F", "app layer sha512:z", "sha512:z"},
		{"the link that the alias leads to", app + "F = image f sha512:z\npush app:v1 F\npush app:v2 F", "app layer z", "sha512:z"},

		{"registry 2.1", "A = image c x\npush app:v1 A links=layers\nB = image d y\npush app:v2 B", "", ""},
		{"registry 2.1, the link of the manifest", "A = image c x\npush app:v1 A links=layers\npush app:v2 A links=layers", "app layer A", "A"},
		{"registry 2.1, a layer", "A = image c x\nS = image s x\npush app:v1 A links=layers\npush app:v2 S links=layers", "blob x", "x"},

		{"an artifact's blob", "R = artifact x y\nS = image s x\npush app:v1 R\npush app:v2 S", "blob x", "x"},
		{"a layer of schema1", "O = schema1 x y\nS = image s x\npush app:v1 O\npush app:v2 S", "app layer x", "x"},
		{"a layer of a cache index", "R = cacheindex x y c\nS = image s x\npush app:v1 R\npush app:v2 S", "blob x", "x"},
		{"a subject may be missing", app + "Q = image q r\nS = image s t subject=Q\npush app:v1 S\npush app:v2 Q", "app revision Q, blob Q", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, c.spec)
			p := open(t, tree)
			whole := state(t, tree)
			p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
			after := inTree(tree)
			gone(t, tree, words(c.lost)...)
			restored := p.restore("first")
			if c.missing == "" {
				checkSame(t, "not restored", nil, p.failures(restored))
				if c.lost == "" {
					checkSame(t, "before, and after the restoring", whole, state(t, tree))
				}
				return
			}
			tags := checkTagStays(t, p, restored)
			if want := tree.Digest(c.missing).String(); len(tags) != 1 || !strings.Contains(tags[0].Err.Error(), want) {
				t.Errorf("said of the tag: %v, wanting %s", tags, want)
			}
			for _, line := range minus(after, inTree(tree)) {
				if !strings.Contains(c.lost, line) {
					t.Errorf("%s is gone", line)
				}
			}
			if len(p.left()) != 1 {
				t.Error("what was not restored is no longer in the trash")
			}
		})
	}
}

// checkTagStays sees that the tag is not in the tree, and returns why.
func checkTagStays(t *testing.T, p *place, result *trash.Result) (why []trash.Failure) {
	t.Helper()
	for _, line := range inTree(p.tree) {
		if line == "app tag v1" {
			t.Error("the tag is back and cannot be pulled")
		}
	}
	for _, f := range result.Failures {
		if f.Code == "incomplete" {
			why = append(why, f)
		}
	}
	return why
}

// TestTheRestComesBack: of several tags the one that lacks something stays away.
func TestTheRestComesBack(t *testing.T) {
	tree := registrytest.Build(t, `
		A = image c x y
		B = image d x
		C = image e z
		push app:shares A
		push app:kept B
		push other:v1 C
	`)
	p := open(t, tree)
	p.mustTake(plan.Request{Repository: "app", Tag: "shares"}, plan.Request{Repository: "other"})
	p.run = "second"
	p.mustTake(plan.Request{Repository: "app", Tag: "kept"})
	p.empty("second")
	result := p.restore("first")
	checkSame(t, "not restored", words("incomplete: app tag shares"), p.failures(result))
	checkSame(t, "in the tree", words(`app layer c, app layer y, app revision A, blob A, blob c, blob y,
		other tag v1, other history v1 C, other revision C, other layer e, other layer z, blob C, blob e, blob z`), inTree(tree))

	push(t, tree, "blob x", strings.Repeat("x", int(tree.Size("x"))))
	push(t, tree, "app layer x", tree.Digest("x").String())
	p.mustRestore("first")
	checkSame(t, "left in the trash", nil, p.left())
}

// TestUnsoundInPlace: a tag whose manifest or link in the tree has been damaged
// meanwhile, as a full disk does, could not be pulled either.
func TestUnsoundInPlace(t *testing.T) {
	for _, damaged := range []string{"blob A", "app@A"} {
		t.Run("no bytes in "+damaged, func(t *testing.T) {
			tree := registrytest.Build(t, app)
			p := open(t, tree)
			p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
			push(t, tree, damaged, "")
			if tags := checkTagStays(t, p, p.restore("first")); len(tags) != 1 {
				t.Errorf("said of the tag: %v", tags)
			}
		})
	}
	t.Run("a layer that is shorter than it was", func(t *testing.T) {
		tree := registrytest.Build(t, app)
		p := open(t, tree)
		p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
		push(t, tree, "blob x", "x")
		if tags := checkTagStays(t, p, p.restore("first")); len(tags) != 1 {
			t.Errorf("said of the tag: %v", tags)
		}
	})
	t.Run("a layer by its sha512 that is shorter than it was", func(t *testing.T) {
		tree := registrytest.Build(t, "A = image c sha512:z\npush app:v1 A\nB = image b d\npush app:v2 B")
		p := open(t, tree)
		p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
		push(t, tree, "blob z", "z")
		if tags := checkTagStays(t, p, p.restore("first")); len(tags) != 1 {
			t.Errorf("said of the tag: %v", tags)
		}
	})
}

// TestUnsoundElsewhere: what is in the way of one thing is no reason to keep back
// a tag that does not need it.
func TestUnsoundElsewhere(t *testing.T) {
	t.Run("the link of a layer in another repository", func(t *testing.T) {
		tree := registrytest.Build(t, "A = image c x\nN = image n m\npush a:v1 A\npush b:v1 A\npush c:v1 N")
		p := open(t, tree)
		p.mustTake(plan.Request{Repository: "a"}, plan.Request{Repository: "b"})
		push(t, tree, "a layer x", "")
		checkSame(t, "not restored", words("conflict: a layer x, incomplete: a tag v1"), p.failures(p.restore("first")))
	})
	t.Run("an entry of another tag's history", func(t *testing.T) {
		tree := registrytest.Build(t, "A = image c x\nB = image d y\npush app:v2 B\npush app:v2 A\npush app:v1 B")
		p := open(t, tree)
		p.mustTake(plan.Request{Repository: "app", Tag: "v1"})
		push(t, tree, "app history v2 B", "")
		checkSame(t, "not restored", words("conflict: app history v2 B"), p.failures(p.restore("first")))
	})
}
