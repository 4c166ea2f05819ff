package usage

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

func TestOrderAndCut(t *testing.T) {
	inv, sweep := look(t, registrytest.Build(t, leaves+`
		A = image c x y
		B = image d x z
		C = image e w
		push a:v A
		push b/b:v B
		push c:v C
		push c:w A
		push c:w C          # A is garbage here
	`))
	only := func(names ...string) func(string) bool {
		return func(name string) bool { return slices.Contains(names, name) }
	}
	for _, c := range []struct {
		opts Options
		want string
	}{
		{Options{By: "repo"}, "c 8 exclusive 8; b/b 4 exclusive 4 shared 1; a 2 exclusive 2 shared 1; shared 1"},
		{Options{By: "repo", Sort: "name"}, "a 2 exclusive 2 shared 1; b/b 4 exclusive 4 shared 1; c 8 exclusive 8; shared 1"},
		{Options{By: "repo", Sort: "shared", Top: 1}, "a 2 exclusive 2 shared 1; others 12 exclusive 12; shared 1"},
		{Options{By: "repo", Sort: "exclusive", Top: 2}, "c 8 exclusive 8; b/b 4 exclusive 4 shared 1; others 2 exclusive 2; shared 1"},
		{Options{By: "repo", Chosen: only("a", "b/b")}, "b/b 4 exclusive 4 shared 1; a 2 exclusive 2 shared 1; others 8 exclusive 8; shared 1"},
		{Options{By: "tag", Chosen: only("b/b")}, "b/b:v 4 exclusive 4 shared 1; others 10 exclusive 10; shared 1"},
		{Options{By: "layer", Top: 2}, "layer 8 exclusive 8; layer 4 exclusive 4; others 3 exclusive 2"},
		{Options{By: "layer", Sort: "shared", Top: 1}, "layer 1 shared 1; others 14 exclusive 14"},
		{Options{By: "layer", Chosen: only("a")}, "layer 2 exclusive 2; layer 1 shared 1; others 12 exclusive 12"},
	} {
		u := Of(inv, sweep, c.opts)
		if diff := cmp.Diff(c.want, strings.Join(lines(u), "; ")); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.opts, diff)
		}
		if u.Total != Of(inv, sweep, Options{}).Total {
			t.Errorf("%+v: other rows than all add up to %d", c.opts, u.Total)
		}
	}
}

// TestHardLinks: a file of two names belongs to who keeps both, and counts once.
func TestHardLinks(t *testing.T) {
	for _, c := range []struct{ name, by, spec, want string }{
		{"in two repositories", "repo", "push a:v A\npush b:v B", "a 0 shared 2; b 0 shared 2; shared 2"},
		{"in one repository", "repo", "push a:v A\npush a:w B", "a 2 exclusive 2"},
		{"of one tag", "tag", "push a:v I", "a:v 2 exclusive 2"},
		{"of two tags", "tag", "push a:v A\npush a:w B", "a:v 0 shared 2; a:w 0 shared 2; shared 2"},
		{"garbage and not", "repo", "push a@ A\npush b:v B\nhistory a:v A\npush a:v C", "b 2 exclusive 2; a 0"},
		{"garbage", "repo", "push a@ A\npush a@ B\npush a:v C", "a 2 reclaimable 2"},
		{"garbage of two repositories", "repo", "push a@ A\npush b@ B\npush a:v C\npush b:v C", "a 0; b 0; garbage 2 reclaimable 2"},
		{"by layer", "layer", "push a:v A\npush b:v B", "layer 2 shared 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, leaves+"A = image c y\nB = image d y2\nC = image e f\nI = index A B\ny2 = layer 512KiB\n"+c.spec)
			y, y2 := tree.Path("blob y"), tree.Path("blob y2")
			if err := errors.Join(os.Remove(y2), os.Link(y, y2)); err != nil {
				t.Fatal(err)
			}
			inv, sweep := look(t, tree)
			u := Of(inv, sweep, Options{By: c.by})
			if diff := cmp.Diff(c.want, strings.Join(lines(u), "; ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			balanced(t, tree, inv, sweep, u)
			if total := new(outline).look(inv, nil); total != u.Total {
				t.Errorf("who browses finds %d, of %d", total, u.Total)
			}
		})
	}
}

// balanced checks that rows add up to what du says, and to what the sweep frees.
func balanced(t reporter, tree *registrytest.Tree, inv *inventory.Inventory, sweep *plan.Plan, u *Usage) {
	t.Helper()
	var reclaimable int64
	if sweep != nil {
		reclaimable = sweep.Planned.DiskBytes
		if found := sweep.Found.DiskBytes + inv.Space.Links + inv.Space.Other; u.Total != found {
			t.Errorf("the rows add up to %d, and the scan found %d", u.Total, found)
		}
	}
	if u.Reclaimable != reclaimable {
		t.Errorf("the rows' reclaimable bytes add up to %d, and the sweep frees %d", u.Reclaimable, reclaimable)
	}
	for _, row := range u.Rows {
		if row.Bytes < 0 || row.Exclusive < 0 || row.Shared < 0 || row.Reclaimable < 0 {
			t.Errorf("less than nothing: %+v", row)
		}
	}
	if _, err := exec.LookPath("du"); err != nil {
		return
	}
	out, err := exec.Command("du", "-s", "--block-size=1", tree.V2).Output()
	if want := strings.Fields(string(out)); err != nil || want[0] != strconv.FormatInt(u.Total, 10) {
		t.Errorf("the rows add up to %d, and du says %s, %v", u.Total, out, err)
	}
}
