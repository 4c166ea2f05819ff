package sweep_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// inMemory is the storage root of a spec's registry.
func inMemory(t testing.TB, spec string) (*storetest.Memory, *registrytest.Tree) {
	t.Helper()
	parsed, err := registrytest.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parsed.Write(filepath.Join(t.TempDir(), "root"), registrytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := storetest.Load(tree.Root)
	if err != nil {
		t.Fatal(err)
	}
	return memory, tree
}

// planOf is the plan for a registry in memory.
func planOf(memory *storetest.Memory) (*plan.Plan, error) {
	v2, err := memory.Dir(layout.Prefix)
	if err != nil {
		return nil, err
	}
	inv, err := inventory.Scan(context.Background(), v2, inventory.Options{Jobs: 1})
	if err != nil {
		return nil, err
	}
	return plan.Make(inv, defaults())
}

// FuzzLink puts anything into the link of a tag. What is exactly a digest is
// where the tag points; all else costs nothing in that repository.
func FuzzLink(f *testing.F) {
	memory, tree := inMemory(f, ok+app)
	link := "/" + layout.TagCurrent("app", "v1")
	own := []string{}
	for _, letters := range words(appGarbage) {
		own = append(own, layout.Prefix+"/"+at(tree, letters, 0))
	}
	whole := string(tree.Digest("A"))
	for _, seed := range []string{"", whole, whole + "\n", " " + whole, whole[:70], strings.ToUpper(whole), string(tree.Digest("B")),
		"sha512:" + whole, "tarsum.v1+" + whole, strings.Repeat(whole, 20), "\x00", "../../blobs"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		damaged := memory.Clone()
		damaged.Put(layout.Prefix+link, storetest.Thing{Text: string(content)})
		p, err := planOf(damaged)
		if err != nil {
			t.Fatal(err)
		}
		going := map[string]bool{}
		for _, a := range p.Actions {
			item := p.Item(a)
			going[layout.Prefix+"/"+item.Path] = true
		}
		d, parseErr := layout.ParseDigest(string(content))
		if parseErr == nil {
			if going[layout.Prefix+"/"+layout.Blob(d)] || going[layout.Prefix+"/"+layout.Revision("app", d)] {
				t.Errorf("%s goes, and the tag points to it", d)
			}
			return
		}
		for _, path := range own {
			if going[filepath.Dir(path)] {
				t.Errorf("%s goes, and the tag points to %q", path, content)
			}
		}
		if len(p.Doubts) == 0 {
			t.Errorf("nothing is said of a tag that points to %q", content)
		}
	})
}
