package sweep_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// TestLargeTrees: where layer links are not looked at before they are planned to
// go, they are when they go.
func TestLargeTrees(t *testing.T) {
	const spec = `
		A = image c x
		B = image d y
		push app:v1 A
		push app@ B
		`
	for _, c := range []struct {
		name  string
		since func(link string) error // happens to the link of layer y after the scan
		fails string                  // the code of the failure; empty: all goes
		stays string
	}{
		{name: "50 a link as it was goes"},
		{
			name: "50 a link that was written meanwhile stays, with its blob",
			since: func(link string) error {
				return os.WriteFile(link, []byte("sha256:"+filepath.Base(filepath.Dir(link))), 0o644)
			},
			fails: "changed", stays: "app layer y, blob y",
		},
		{
			name: "9 a link that is a FIFO stays, with its blob",
			since: func(link string) error {
				if err := os.Remove(link); err != nil {
					return err
				}
				return unix.Mkfifo(link, 0o644)
			},
			fails: "error", stays: "app layer y, blob y",
		},
		{name: "an empty directory passes for a link", since: os.Remove},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, spec)
			root := open(t, tree.V2)
			p := surveyLarge(t, root)
			time.Sleep(10 * time.Millisecond) // the clock of a file system may tick slowly
			if c.since != nil {
				if err := c.since(tree.Path("app layer y")); err != nil {
					t.Fatal(err)
				}
			}
			result := execute(root, p)
			var codes []string
			for _, failure := range result.Failures {
				codes = append(codes, failure.Code)
			}
			if got := strings.Join(codes, ", "); got != c.fails {
				t.Errorf("failures %v, want %q", result.Failures, c.fails)
			}
			if c.fails == "" && result.Removed != p.Planned {
				t.Errorf("removed %+v, planned %+v", result.Removed, p.Planned)
			}
			left := tree.Contents()
			for _, thing := range words("app layer y, blob y") {
				stays := slices.ContainsFunc(left, func(line string) bool { return strings.HasPrefix(line, thing) })
				if want := slices.Contains(words(c.stays), thing); stays != want {
					t.Errorf("%s stays: %v, want %v", thing, stays, want)
				}
			}
			if !slices.Contains(left, "app layer x") || !slices.Contains(left, "blob x") {
				t.Error("what the tag needs is gone")
			}
		})
	}
}

// surveyLarge looks at a tree as at a large one.
func surveyLarge(t *testing.T, root store.Dir) *plan.Plan {
	t.Helper()
	inv, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 4, LookInside: -1, Began: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range inv.Repositories[0].Layers {
		if layer.Looked() {
			t.Fatal("the scan has looked at a layer link")
		}
	}
	p, err := plan.Make(inv, defaults())
	if err != nil {
		t.Fatal(err)
	}
	return p
}
