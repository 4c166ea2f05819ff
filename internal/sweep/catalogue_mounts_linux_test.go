package sweep_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

func TestMounts(t *testing.T) {
	for _, place := range []string{"repositories/app", "blobs/sha256/ff"} {
		t.Run("28 a mount point at "+place, func(t *testing.T) {
			tree := registrytest.Build(t, ok+app)
			at := filepath.Join(tree.V2, place)
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mount("none", at, "tmpfs", 0, "size=64k"); err != nil {
				t.Skipf("cannot mount: %v", err)
			}
			t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
			_, err := survey(open(t, tree.V2), 4, defaults())
			row{refused: "mount"}.checkRefusal(t, err)
		})
	}
	for _, place := range []string{"repositories/app", "repositories/app/_layers/sha256", "blobs", "blobs/sha256"} {
		t.Run("28 told of a mount point at "+place, func(t *testing.T) {
			tree := registrytest.Build(t, ok+app)
			_, err := survey(watched(t, tree, fails(storetest.Open, place, store.ErrMount)), 4, defaults())
			row{refused: "mount"}.checkRefusal(t, err)
		})
	}
}
