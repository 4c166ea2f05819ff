package inventory_test

import (
	"fmt"
	"testing"

	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// TestForPulls: only a scan that is for pulls reads layer links and keeps sizes.
func TestForPulls(t *testing.T) {
	tree := registrytest.Build(t, "A = image c x y z\nx = layer 8KiB\ny = layer 9KiB\nz = layer 8KiB\npush app:v1 A\ndamage app layer x to=y\ndamage app layer z empty")
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for forPulls, want := range map[bool]string{
		false: "[] x→x z:good",
		true:  fmt.Sprintf("[%d 8192 9216 8192] x→y z:empty", tree.Size("c")),
	} {
		inv, err := inventory.Scan(t.Context(), root, inventory.Options{Jobs: 2, EveryLink: true, ForPulls: forPulls})
		if err != nil {
			t.Fatal(err)
		}
		id, _ := inv.Digests.Lookup(tree.Digest("A"))
		got := fmt.Sprint(inv.Sizes(id))
		states := map[inventory.LinkState]string{inventory.LinkGood: "good", inventory.LinkEmpty: "empty"}
		links := map[string]string{}
		for _, layer := range inv.Repositories[0].Layers {
			name := tree.Name(inv.Digests.Digest(layer.Digest))
			links[name] = states[layer.Link]
			if layer.Link == inventory.LinkGood {
				links["to "+name] = tree.Name(inv.Digests.Digest(layer.Target))
			}
		}
		if got += " x→" + links["to x"] + " z:" + links["z"]; got != want {
			t.Errorf("for pulls %v: %s; want %s", forPulls, got, want)
		}
	}
}
