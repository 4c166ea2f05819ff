package scaletest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// drawShape draws a small registry.
func drawShape(t *rapid.T) Shape {
	return Shape{
		Repositories: rapid.SampledFrom([]int{1, 2, 3, 0, 11}).Draw(t, "repositories"),
		Tags:         rapid.IntRange(0, 4).Draw(t, "tags"),
		Pushes:       rapid.IntRange(1, 4).Draw(t, "pushes"),
		Untagged:     rapid.IntRange(0, 4).Draw(t, "untagged"),
		Layers:       rapid.IntRange(0, 3).Draw(t, "layers"),
		Shared:       rapid.IntRange(0, 7).Draw(t, "shared"),
		Orphans:      rapid.SampledFrom([]int{0, 1, 300}).Draw(t, "orphans"),
	}
}

func TestThePlanIsWhatTheShapeSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(drawShape(t))
		p := survey(t, r.Dir())
		if got, want := countOf(p.Found), r.Found(); got != want {
			t.Errorf("found\n%+v; want\n%+v", got, want)
		}
		got, want := countOf(p.Planned), r.Dead()
		got.Repositories = 0 // whether one ends is told by its directories
		if got != want {
			t.Errorf("planned\n%+v; want\n%+v", got, want)
		}
		if len(p.Doubts)+len(p.Warnings)+len(p.Inventory.Vanished) > 0 {
			t.Errorf("doubts %v, warnings %v, vanished %v", p.Doubts, p.Warnings, p.Inventory.Vanished)
		}
	})
}

// Every path that a listing leads to answers alike from any directory above it,
// and no inode is there twice.
func TestEveryPathIsOnePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(drawShape(t))
		inodes := map[uint64]string{}
		walk(t, r.Dir(), "", func(path string, dir store.Dir, name string, kind store.Type) {
			info, err := r.Dir().Stat(path)
			if err != nil || info.Type != kind {
				t.Fatalf("%s is a %v: %v", path, info.Type, err)
			}
			if near, err := dir.Stat(name); err != nil || near != info {
				t.Errorf("%s is %+v from the top, and %+v from above: %v", path, info, near, err)
			}
			if other, twice := inodes[info.Inode]; twice {
				t.Errorf("%s and %s have one inode", path, other)
			}
			inodes[info.Inode] = path
		})
	})
}

func TestAManifestIsWhatItsDigestSays(t *testing.T) {
	r := New(Usual(2000))
	manifests := 0
	walk(t, r.Dir(), "", func(file string, dir store.Dir, name string, kind store.Type) {
		data, info, err := dir.Read(name, 100_000, nil)
		switch {
		case kind != store.Regular, errors.Is(err, store.ErrTooLarge):
		case err != nil || int64(len(data)) != info.Size:
			t.Errorf("%s has %d bytes of %d: %v", file, len(data), info.Size, err)
		case name == "data" && len(data) > 0 && data[0] == '{':
			manifests++
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != path.Base(path.Dir(file)) {
				t.Errorf("%s holds something else", file)
			}
		case name == "link" && !strings.Contains(file, "/current/") && strings.TrimPrefix(string(data), "sha256:") != path.Base(path.Dir(file)):
			t.Errorf("%s holds %s", file, data)
		}
	})
	if want := r.Found().Revisions; manifests != want {
		t.Errorf("%d manifests; want %d", manifests, want)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	r := New(Usual(1000))
	leaf := leafDigest(7)
	beyond := leafDigest(r.leaves)
	manifest := hex.EncodeToString(r.digests[0][:])
	const a = "repositories/team0/app0/"
	for path, want := range map[string]error{
		"blobs/sha256/07/" + hex.EncodeToString(leaf[:]):                                       nil,
		"blobs/sha256/07/" + strings.ToUpper(hex.EncodeToString(leaf[:])):                      fs.ErrNotExist,
		"blobs/sha256/08/" + hex.EncodeToString(leaf[:]):                                       fs.ErrNotExist,
		"blobs/sha256/" + hex.EncodeToString(beyond[:1]) + "/" + hex.EncodeToString(beyond[:]): fs.ErrNotExist,
		a + "_layers/sha256/" + hex.EncodeToString(leaf[:]):                                    nil,
		a + "_layers/sha256/" + manifest:                                                       fs.ErrNotExist,
		"repositories/team0/app1/_layers/sha256/" + hex.EncodeToString(leaf[:]):                fs.ErrNotExist,
		a + "_manifests/revisions/sha256/" + manifest:                                          nil,
		a + "_manifests/tags/v0/index/sha256/" + manifest:                                      nil,
		a + "_manifests/tags/v1/index/sha256/" + manifest:                                      fs.ErrNotExist,
		a + "_manifests/tags/v00":                                                              fs.ErrNotExist,
		a + "_manifests/tags/v20":                                                              fs.ErrNotExist,
		"repositories/team1/app9":                                                              fs.ErrNotExist,
		"repositories/team0//app0":                                                             store.ErrOutside,
		"../v2":                                                                                store.ErrOutside,
	} {
		if _, err := r.Dir().Stat(path); !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", path, err, want)
		}
	}
}

// survey scans and plans.
func survey(t rapid.TB, dir store.Dir) *plan.Plan {
	t.Helper()
	inv, err := inventory.Scan(context.Background(), dir, inventory.Options{Jobs: 4})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Make(inv, sweepAll)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sweepAll are the options of a plan that removes all that is dead, be it everything.
var sweepAll = plan.Options{AllowEmpty: true, MaxDeletePercent: -1}

func countOf(t plan.Totals) Count {
	return Count{
		Repositories: int(t.Repositories), Tags: int(t.Tags), Revisions: int(t.Revisions),
		HistoryEntries: int(t.TagIndexEntries), LayerLinks: int(t.LayerLinks), Blobs: int(t.Blobs),
	}
}

// walk calls f with all that is below a directory.
func walk(t rapid.TB, dir store.Dir, at string, f func(path string, dir store.Dir, name string, kind store.Type)) {
	t.Helper()
	type found struct {
		name string
		kind store.Type
	}
	var all []found
	err := dir.List(func(e store.Entry) error {
		all = append(all, found{string(e.Name), e.Type})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		f(path.Join(at, e.name), dir, e.name, e.kind)
		if e.kind != store.Directory {
			continue
		}
		below, err := dir.Open(e.name)
		if err != nil {
			t.Fatal(err)
		}
		walk(t, below, path.Join(at, e.name), f)
		if err := below.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
