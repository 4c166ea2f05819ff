package graph_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// TestPull: what a pull of app:v1 does not find, in the letters of the spec.
func TestPull(t *testing.T) {
	const (
		image = "A = image c x\npush app:v1 A\n"
		index = "A = image c x\nB = image d y\nI = index A B\npush app:v1 I\n"
		alias = "A = image c sha512:z\npush app:v1 A\n"
		old   = "A = image c x\npush app:v1 A links=layers\n"
	)
	for _, c := range []struct{ name, spec, lacks string }{
		{"an image", image, ""},
		{"without its blob", image + "damage blob A gone", "A"},
		{"without its revision link", image + "damage app@A gone", "A"},
		{"with an empty revision link", image + "damage app@A empty", "A"},
		{"with an empty manifest", image + "damage blob A empty", "A"},
		{"without a layer", image + "damage blob x gone", "x"},
		{"without the link of a layer", image + "damage app layer x missing", "x"},
		{"without its config", image + "damage blob c missing", "c"},
		{"without anything but its manifest", image + "damage blob c gone\ndamage app layer x gone", "c x"},
		{"whose layer another repository links", image + "mount other x\ndamage app layer x gone", "x"},

		{"an index", index, ""},
		{"without a child", index + "damage blob B gone", "B"},
		{"without the link of a child", index + "damage app@B gone", "B"},
		{"without a layer of a child", index + "damage blob y gone", "y"},
		{"of the same child twice", "A = image c ~x\nI = index A A\npush app:v1 I", "x"},
		{"of indexes, in a diamond", "A = image c ~x\nI = index A\nJ = index A\nK = index I J\npush app:v1 K", "x"},
		{"sparse", "A = image c x\nI = index A ~B\nB = image d y\npush app:v1 I", "B"},

		{"a layer by its sha512", alias, ""},
		{"without the alias", alias + "damage app layer sha512:z gone", "sha512:z"},
		{"without the link that the alias leads to", alias + "damage app layer z gone", "sha512:z"},
		{"without the blob that the alias leads to", alias + "damage blob z gone", "sha512:z"},
		{"with an alias that cannot be read", alias + "damage app layer sha512:z garbage", "sha512:z"},
		{"a layer by its tarsum", "O = schema1 x tarsum:p\npush app:v1 O", ""},

		{"of registry 2.1", old, ""},
		{"of registry 2.1, without its blob", old + "damage blob A gone", "A"},
		{"of registry 2.1, without a layer", old + "damage blob x gone", "x"},
		{"an index of registry 2.1", "A = image c ~x\nI = index A\npush app:v1 I links=layers", "x"},

		{"foreign layers", "F = image f foreign:w urls:v\npush app:v1 F", ""},
		{"a missing subject", "S = image s x subject=Q\nQ = image q r\npush app:v1 S", ""},
		{"a cache index, whose manifests are layers", "K = cacheindex x y c\npush app:v1 K", ""},
		{"a cache index without a layer", "K = cacheindex x ~y c\npush app:v1 K", "y"},
		{"an artifact without a blob", "R = artifact x ~y\npush app:v1 R", "y"},
		{"an index of an unknown digest", "I = index ~B\nB = image b ~x\npush app:v1 I", "B"},
		{"a manifest as a layer, linked as one only", "B = image d ~y\nA = image c plain:B\npush app:v1 A", ""},
		{"a manifest as a layer, linked as a manifest", "B = image d ~y\nA = image c plain:B\npush app:v1 A\npush app@ B", "y"},
		{"a layer ten times", "A = image c ~x*10\npush app:v1 A", "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, c.spec)
			checkLacks(t, tree, scan(t, tree), strings.Fields(c.lacks))
		})
	}
	t.Run("but for what is excused", func(t *testing.T) {
		tree := registrytest.Build(t, "A = image c ~x\nB = image d ~x ~y\nI = index A B\npush app:v1 I")
		checkLacks(t, tree, scan(t, tree), []string{"x", "y"})
		checkLacks(t, tree, scan(t, tree), []string{"y"}, "x")
		checkLacks(t, tree, scan(t, tree), []string{"x"}, "B")
		checkLacks(t, tree, scan(t, tree), nil, "B", "x")
		checkLacks(t, tree, scan(t, tree), nil, "I")
	})
	t.Run("an index that lists itself", func(t *testing.T) {
		tree := registrytest.Build(t, index+"damage blob I lists=I,B")
		checkLacks(t, tree, scan(t, tree), []string{"I"}) // it is not what its digest says
	})
}

func scan(t *testing.T, tree *registrytest.Tree) *inventory.Inventory {
	t.Helper()
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	inv, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func checkLacks(t *testing.T, tree *registrytest.Tree, inv *inventory.Inventory, want []string, excused ...string) {
	t.Helper()
	place, ok := inv.Find("app")
	if !ok {
		t.Fatal("there is no repository app")
	}
	target, err := os.ReadFile(tree.Path("app:v1"))
	if err != nil {
		t.Fatal(err)
	}
	id := inv.Repositories[place].Tags[0].Current.Target
	if inv.Digests.Digest(id).String() != string(target) {
		t.Fatalf("the tag points to %s, not %s", inv.Digests.Digest(id), target)
	}
	excuse := map[graph.ID]bool{}
	for _, name := range excused {
		id, met := inv.Digests.Lookup(tree.Digest(name))
		excuse[id] = met
	}
	var got, digests []string
	for _, lack := range graph.PullFrom(inv, place).Lacks(id, excuse) {
		got = append(got, inv.Digests.Digest(lack).String())
	}
	for _, name := range want {
		digests = append(digests, tree.Digest(name).String())
	}
	slices.Sort(got)
	slices.Sort(digests)
	if !slices.Equal(got, digests) {
		t.Errorf("lacks %q, want %q, which is %q", got, digests, want)
	}
}
