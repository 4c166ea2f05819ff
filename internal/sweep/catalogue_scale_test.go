package sweep_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/registrytest"
)

func TestManyEntries(t *testing.T) {
	t.Run("32 a hundred thousand entries in one directory", func(t *testing.T) {
		const entries = 100_000
		tree := registrytest.Build(t, ok)
		fillShard(t, tree, entries, func(i int) string { return digest.FromString(fmt.Sprint(i)).Encoded()[2:] })
		p := sweepAll(t, tree)
		if p.Planned.Directories <= entries {
			t.Errorf("%d directories are planned", p.Planned.Directories)
		}
		checkSame(t, "left", tree.Live(), tree.Contents())
	})
	t.Run("32 digests that somebody made alike cost no more than others", func(t *testing.T) {
		const entries, most = 15_000, 5
		others := timeToPlan(t, entries, func(i int) string { return digest.FromString(fmt.Sprint(i)).Encoded()[2:] })
		alike := timeToPlan(t, entries, func(i int) string { return fmt.Sprintf("%062x", i) })
		if alike > most*others {
			t.Errorf("%d digests take %v, and %v where they begin alike", entries, others, alike)
		}
	})
}

func timeToPlan(t *testing.T, entries int, name func(int) string) time.Duration {
	t.Helper()
	tree := registrytest.Build(t, ok)
	fillShard(t, tree, entries, name)
	root, start := open(t, tree.V2), time.Now()
	if _, err := survey(root, 4, defaults()); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// fillShard makes empty directories of blobs, which begin with ab.
func fillShard(t *testing.T, tree *registrytest.Tree, n int, name func(int) string) {
	t.Helper()
	shard := filepath.Join(tree.V2, "blobs/sha256/ab")
	if err := os.MkdirAll(shard, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := os.Mkdir(shard+"/ab"+name(i), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
