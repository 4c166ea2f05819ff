package inventory

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

const dated = `
	A = image a x created=2020-01-01T00:00:00Z
	B = docker b x created=2021-01-01T00:00:00.5+01:00
	N = image n x created=none
	O = schema1 x y created=2019-01-01T00:00:00Z
	P = schema1 y
	I = index A B ~G
	J = index I N
	K = index N
	G = image g x
	R = artifact x y
	E = image {} x
	C = image c x
	D = image d x
	F = image f x
	H = image h x
	M = image m x
	W = image sha512:w x
	push app:a A
	push app:b B
	push app:n N
	push app:o O
	push app:p P
	push app:j J
	push app:k K
	push app:r R
	push app:e E
	push app:c C
	push app:d D
	push app:f F
	push app:h H
	push app:m M
	push app:w W
	damage blob c missing
	damage blob d altered
	damage blob f truncated
	damage blob h huge
	damage blob M truncated
`

func openAndScan(t *testing.T, spec string) (*registrytest.Tree, store.Dir, *Inventory) {
	t.Helper()
	tree := registrytest.Build(t, spec)
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	inv, err := Scan(t.Context(), root, Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return tree, root.Dir, inv
}

// all are the IDs of all manifests that were read.
func (inv *Inventory) all() (ids []ID) {
	for id, place := range inv.read {
		if place != 0 {
			ids = append(ids, ID(id))
		}
	}
	return ids
}

// What is damaged or too large says why nobody knows; what is no image, or by
// another algorithm, says nothing. Of an index the newest image counts, however
// deep.
func TestWhenImagesWereBuilt(t *testing.T) {
	tree, root, inv := openAndScan(t, dated)
	for _, jobs := range []int{1, 8} {
		created, err := inv.Created(t.Context(), root, inv.all(), jobs)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for id, images := range created {
			switch name := tree.Name(inv.Digests.Digest(id)); {
			case images.Err != nil:
				got[name] = "unknown, " + tree.Letters([]string{images.Path})[0]
			case !images.Time.IsZero():
				got[name] = images.Time.UTC().Format(time.RFC3339Nano)
			}
		}
		want := map[string]string{
			"A": "2020-01-01T00:00:00Z", "B": "2020-12-31T23:00:00.5Z", "O": "2019-01-01T00:00:00Z",
			"I": "2020-12-31T23:00:00.5Z", "J": "2020-12-31T23:00:00.5Z",
			"C": "unknown, blob c", "D": "unknown, blob d", "F": "unknown, blob f", "H": "unknown, blob h",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d jobs: want -, got +:\n%s", jobs, diff)
		}
	}
}

// A configuration that several images share is read once, whoever asks how often.
func TestEachConfigurationIsReadOnce(t *testing.T) {
	tree, root, inv := openAndScan(t, dated)
	reads := map[string]int{}
	counted := storetest.Wrap(root, func(call storetest.Call) error {
		if call.Op == storetest.Read {
			reads[call.Path]++
		}
		return nil
	})
	ids := inv.all()
	if _, err := inv.Created(t.Context(), counted, append(ids, ids...), 4); err != nil {
		t.Fatal(err)
	}
	if n := reads[layout.BlobData(tree.Digest("a"))]; n != 1 {
		t.Errorf("the configuration of three of them was read %d times", n)
	}
	for path, n := range reads {
		if n > 1 {
			t.Errorf("%s was read %d times", path, n)
		}
	}
	if n := reads[layout.BlobData(tree.Digest("A"))]; n != 0 {
		t.Errorf("a manifest that the scan has read was read again")
	}
}

// Of a disk that fails nobody can say that it has no time: it is not the time of
// the push that counts then.
func TestATimeThatCannotBeRead(t *testing.T) {
	tree, root, inv := openAndScan(t, dated)
	path := layout.BlobData(tree.Digest("a"))
	failing := storetest.Wrap(root, func(call storetest.Call) error {
		if call.Op == storetest.Read && call.Path == path {
			return syscall.EIO
		}
		return nil
	})
	created, err := inv.Created(t.Context(), failing, inv.all(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A", "I", "J"} {
		id, _ := inv.Digests.Lookup(tree.Digest(name))
		if got := created[id]; !errors.Is(got.Err, syscall.EIO) || got.Path != path {
			t.Errorf("of %s it says %+v", name, got)
		}
	}
}

func TestReadingTimesIsCancelled(t *testing.T) {
	_, root, inv := openAndScan(t, dated)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if created, err := inv.Created(ctx, root, inv.all(), 2); !errors.Is(err, context.Canceled) || created != nil {
		t.Errorf("it says %v, %v", created, err)
	}
}
