package repair_test

import (
	"maps"
	"path"
	"strings"
	"testing"

	"regjanitor/internal/repair"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// 27, 50: what is no longer as it was when the plan was made is left alone, and so
// is what lies behind a link that has taken a directory's place.
func TestWhatHasChangedStays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, damage, change, at string }{
		{"a link has been written", "damage app:v1 newline", "write", "app tag v1"},
		{"a missing link is back", "damage app layer x missing", "write", "app layer x"},
		{"the blob of a link has changed", "damage app layer x empty", "write", "blob x"},
		{"the blob of a link is gone", "damage app layer x empty", "remove", "blob x"},
		{"the manifest of a tag is gone", "damage app:v1 newline", "remove", "blob A"},
		{"the revision of a tag is gone", "damage app:v1 newline", "remove", "app revision A"},
		{"corrupt data has been replaced", "damage blob x corrupt", "write", "blob x"},
		{"missing data is back", "damage blob x missing", "write", "blob x"},
		{"a link has become a symbolic link", "damage app layer x empty", "link", "app layer x"},
		{"data has become a symbolic link", "damage blob x corrupt", "link", "blob x"},
		{"a link's directory has become a symbolic link", "damage app layer x empty", "link above", "app layer x"},
		{"that of a missing link", "damage app layer x missing", "link above", "app layer x"},
		{"that of missing data", "damage blob x missing", "link above", "blob x"},
		{"that of corrupt data", "damage blob x corrupt", "link above", "blob x"},
		{"that of a tag", "damage app:v1 newline", "link above", "app tag v1"},
		{"the one above it", "damage app:v1 newline", "link above the one above", "app tag v1"},
		{"all layers", "damage app layer x missing", "link above the one above", "app layer x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, good := build(t, app+lines(test.damage)), build(t, app)
			storage, err := tree.memory.Dir("")
			if err != nil {
				t.Fatal(err)
			}
			opts := repair.Options{From: good.v2(t), FromName: "the copy"}
			p, err := survey(storage, opts)
			if err != nil {
				t.Fatal(err)
			}
			change(tree, test.change, strings.TrimPrefix(tree.Path(test.at), tree.Root+"/"))
			before := files(tree.memory)
			result, err := carryOut(storage, p, opts, nil, "run")
			if err != nil {
				t.Fatal(err)
			}
			if after := files(tree.memory); !maps.Equal(before, after) {
				t.Errorf("changed: %q", differing(before, after))
			}
			if whole(result) || result.Done != (repair.Totals{}) {
				t.Errorf("statuses %v, done %+v", result.Statuses, result.Done)
			}
		})
	}
}

// change does something to a file behind the back of a run.
func change(tree *tree, how, at string) {
	memory, elsewhere := tree.memory, "elsewhere"
	switch how {
	case "write":
		memory.Put(at, storetest.Thing{Type: store.Regular, Text: "written by somebody else"})
		return
	case "remove":
		memory.Remove(at)
		return
	}
	for range strings.Count(how, "above") {
		at = path.Dir(at)
	}
	for name := range files(memory) {
		if below, ok := strings.CutPrefix(name, at); ok {
			text, _ := memory.Text(name)
			memory.Put(elsewhere+below, storetest.Thing{Type: store.Regular, Text: text})
		}
	}
	memory.Remove(at)
	up := strings.Repeat("../", strings.Count(at, "/"))
	memory.Put(at, storetest.Thing{Type: store.Symlink, Text: up + elsewhere})
}

// TestTheOtherTreeHasChanged: what does not hash any more when it is copied is not
// taken.
func TestTheOtherTreeHasChanged(t *testing.T) {
	t.Parallel()
	tree, copied := build(t, app+lines("damage blob x gone")), build(t, app)
	storage, err := tree.memory.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	opts, before := repair.Options{From: copied.v2(t)}, tree.files()
	p, err := survey(storage, opts)
	if err != nil {
		t.Fatal(err)
	}
	change(copied, "write", strings.TrimPrefix(copied.Path("blob x"), copied.Root+"/"))
	result, err := carryOut(storage, p, opts, nil, "run")
	if err != nil || result.Statuses[0] != repair.Failed || !maps.Equal(before, tree.files()) {
		t.Errorf("%v, %+v, %q", err, result, differing(before, tree.files()))
	}
}
