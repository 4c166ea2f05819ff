package inventory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// What an index says of its children counts, of absent ones too; where it says
// nothing their configurations do.
func TestPlatformsOfImages(t *testing.T) {
	tree, root, inv := openAndScan(t, dated+`
		Q = cacheindex plain:A B x
		push app:q Q
	`)
	images, err := inv.Images(t.Context(), root, inv.all(), 3)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for id, image := range images {
		if len(image.Platforms) > 0 {
			got[tree.Name(inv.Digests.Digest(id))] = strings.Join(image.Platforms, ",")
		}
	}
	want := map[string]string{
		"A": "linux/amd64", "B": "linux/arm64", "N": "linux/arm64",
		"O": "linux/amd64", "P": "linux/amd64",
		"I": "linux/amd64,linux/arm64,linux/s390x", "J": "linux/amd64,linux/arm64,linux/s390x", "K": "linux/arm64",
		"Q": "linux/amd64,linux/arm64",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Configurations often lack the variant that the index names.
func TestTheIndexSaysMoreThanTheConfiguration(t *testing.T) {
	tree, _, inv := openAndScan(t, `
		A = image a x
		B = image b x
		I = index A B
		push app:i I
	`)
	id := func(name string) ID {
		id, _ := inv.Digests.Lookup(tree.Digest(name))
		return id
	}
	read := map[ID]said{
		id("I"): {children: map[digest.Digest]string{tree.Digest("A"): "linux/arm/v7"}},
		id("a"): {platform: "linux/arm"},
		id("b"): {platform: "linux/amd64"},
	}
	for name, want := range map[string]string{"I": "linux/arm/v7 linux/amd64", "A": "linux/arm"} {
		if got := strings.Join(inv.platforms(id(name), read), " "); got != want {
			t.Errorf("%s is for %s; want %s", name, got, want)
		}
	}
}

// Reading platforms says the same of times, and reads besides no more than the
// indexes, each once.
func TestImagesAreReadOnce(t *testing.T) {
	tree, root, inv := openAndScan(t, dated)
	reads := map[string]int{}
	counted := storetest.Wrap(root, func(call storetest.Call) error {
		if call.Op == storetest.Read {
			reads[call.Path]++
		}
		return nil
	})
	ids := inv.all()
	images, err := inv.Images(t.Context(), counted, append(ids, ids...), 4)
	if err != nil {
		t.Fatal(err)
	}
	for path, n := range reads {
		if n > 1 {
			t.Errorf("%s was read %d times", path, n)
		}
	}
	for name, want := range map[string]int{"a": 1, "I": 1, "J": 1, "K": 1, "A": 0, "B": 0} {
		if got := reads[layout.BlobData(tree.Digest(name))]; got != want {
			t.Errorf("%s was read %d times; want %d", name, got, want)
		}
	}
	created, err := inv.Created(t.Context(), store.Dir(root), ids, 1)
	if err != nil {
		t.Fatal(err)
	}
	for id, c := range created {
		if got := images[id]; !got.Time.Equal(c.Time) || got.Path != c.Path {
			t.Errorf("of %s they say %v, and the times alone %v", tree.Name(inv.Digests.Digest(id)), got, c)
		}
	}
}
