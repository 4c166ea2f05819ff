package inventory

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

const crowded = `
	A = image c x y
	B = image d x z
	I = index A B
	S = schema1 x y
	push team/app:v[1..12] A
	push team/app:w[1..12] A
	push team/app:w[1..12] B
	push team/app:v1 B
	push team/app:v1 I
	push team/app:latest I
	push old:v1 S
	signatures old@S
	mount many l[1..40]
	blob o[1..40]
	upload team/app u size=10KiB
	cancel team/app w
	temp blob x
	temp team/app:v1
	file {team/app@A}/stray "left by someone"
	file repositories/.DS_Store "left by a Mac"
	file blobs/lost "and found"
	dir repositories/team/.snapshot/daily
	damage blob y hardlink
	damage blob z directory
`

// total is what the scan says that the tree occupies.
func total(inv *Inventory) int64 {
	sum := inv.Space.Links + inv.Space.Other
	met := map[uint64]bool{}
	for _, blob := range inv.Blobs {
		if !met[blob.Stamp.Inode] {
			sum += blob.Disk
		}
		met[blob.Stamp.Inode] = true
	}
	for _, leftover := range inv.Leftovers {
		sum += leftover.Disk
	}
	for _, r := range inv.Repositories {
		for _, upload := range r.Uploads {
			sum += upload.Disk
		}
	}
	return sum
}

func du(t *testing.T, dir string) int64 {
	t.Helper()
	if _, err := exec.LookPath("du"); err != nil {
		t.Skip("there is no du")
	}
	out, err := exec.Command("du", "-s", "--block-size=1", dir).Output()
	if err != nil {
		t.Skipf("du: %v: not GNU's?", err)
	}
	n, err := strconv.ParseInt(strings.Fields(string(out))[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// In a small tree everything is looked at, in a large one links stand for others.
func TestTheSpaceIsWhatDuCounts(t *testing.T) {
	for _, lookInside := range []int{0, -1} {
		for _, jobs := range []int{1, 8} {
			tree := registrytest.Build(t, crowded)
			if err := os.Link(filepath.Join(tree.V2, layout.BlobData(tree.Digest("x"))), filepath.Join(tree.V2, "another name")); err != nil {
				t.Fatal(err)
			}
			root, err := store.OpenRoot(tree.V2, false)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			inv, err := Scan(t.Context(), root, Options{Jobs: jobs, LookInside: lookInside, Space: true})
			if err != nil {
				t.Fatal(err)
			}
			if inv.Space.Other == 0 || inv.Space.Links == 0 {
				t.Errorf("%+v", inv.Space)
			}
			if got, want := total(inv), du(t, tree.V2); got != want {
				t.Errorf("looking inside %d: %d bytes; du says %d", lookInside, got, want)
			}
		}
	}
}
