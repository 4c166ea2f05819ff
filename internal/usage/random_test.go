package usage

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/sweep"
)

// TestExclusiveIsWhatRemovalFrees: on any undamaged tree what is exclusive to a row is
// what rm of that row frees, where no garbage hides that it does: once a sweep has
// been, and the sweep changes nothing of it.
func TestExclusiveIsWhatRemovalFrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		choose := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		registrytest.Try(t, signed(choose, registrytest.Random(choose)), func(tree *registrytest.Tree) {
			inv, planned := look(t, tree)
			if planned == nil {
				return
			}
			before := map[string]map[string]Row{}
			if total := new(outline).look(inv, nil); total != planned.Found.DiskBytes+inv.Space.Links+inv.Space.Other {
				t.Errorf("who browses finds %d", total)
			}
			for _, by := range []string{"repo", "tag", "layer"} {
				u := Of(inv, planned, Options{By: by})
				balanced(t, tree, inv, planned, u)
				before[by] = named(u)
			}
			carryOut(t, tree, planned)
			inv, planned = look(t, tree)
			for by := range before {
				compareRows(t, inv, before[by], named(Of(inv, planned, Options{By: by})))
			}
		})
	})
}

var manifests = regexp.MustCompile(`(?m)^(M\d+) = (image|docker|artifact)`)

// signed adds tags to a registry that are about what others point to, or about
// themselves.
func signed(choose func(n int) int, spec string) string {
	found := manifests.FindAllStringSubmatch(spec, -1)
	pick := func(words ...string) string { return words[choose(len(words))] }
	var b strings.Builder
	b.WriteString(spec)
	for range choose(4) {
		if len(found) == 0 {
			break
		}
		repo, at := pick("a", "a", "a/b", "c"), choose(len(found))
		fmt.Fprintf(&b, "\npush %s:%s %s", repo, pick("v", "u"), found[at][1])
		for choose(2) == 0 {
			about := found[at][1]
			at += choose(len(found) - at)
			fmt.Fprintf(&b, "\npush %s:sha256-<%s>%s %s", repo, about, pick(".sig", ".att", ""), found[at][1])
		}
	}
	return b.String()
}

// named are the rows of repositories and tags by name.
func named(u *Usage) map[string]Row {
	rows := map[string]Row{}
	for _, row := range u.Rows {
		if row.Kind == Repository || row.Kind == Tag {
			rows[row.Repository+":"+row.Tag] = row
		}
	}
	return rows
}

func carryOut(t *rapid.T, tree *registrytest.Tree, p *plan.Plan) {
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if result := sweep.Execute(context.Background(), root, p, sweep.Options{Jobs: 2}); len(result.Failures) > 0 {
		t.Fatal(result.Failures)
	}
}

// compareRows compares what rows said before a sweep with what they say after it, and
// that with what their removal frees.
func compareRows(t *rapid.T, inv *inventory.Inventory, before, after map[string]Row) {
	for name, row := range before {
		now, there := after[name]
		if row.Exclusive != now.Exclusive || row.Shared != now.Shared {
			t.Errorf("%s was %+v before the sweep, and is %+v", name, row, now)
		}
		if !there {
			continue
		}
		opts := options()
		opts.Requests = []plan.Request{{Repository: row.Repository, Tag: row.Tag}}
		for _, alias := range row.Aliases {
			opts.Requests = append(opts.Requests, plan.Request{Repository: row.Repository, Tag: alias})
		}
		p, err := plan.Remove(inv, opts)
		if err != nil {
			t.Fatalf("rm %s: %v", name, err)
		}
		if freed := freedBy(p); freed != now.Exclusive && !(freed > now.Exclusive && takesAlong(p, row, after)) {
			t.Errorf("rm %s frees %d, and exclusive to it are %d", name, freed, now.Exclusive)
		}
	}
}

// takesAlong tells a removal with which tags go that are rows of their own: those of
// manifests that are about one another.
func takesAlong(p *plan.Plan, row Row, rows map[string]Row) bool {
	for _, a := range p.Actions {
		if a.Kind != plan.Tag || row.Tag == "" {
			continue
		}
		item := p.Item(a)
		if _, own := rows[item.Repository+":"+item.Tag]; own && item.Tag != row.Tag {
			return true
		}
	}
	return false
}

// freedBy is what the removal of a name frees of blobs. A sweep has to take what no
// link leads to, as what a tag lists whose manifest is only in another repository.
func freedBy(p *plan.Plan) (bytes int64) {
	inv, planned := p.Inventory, map[int32]bool{}
	for _, a := range p.Actions {
		if a.Kind == plan.Blob {
			planned[a.At] = true
			_, disk := p.Weigh(a)
			bytes += disk
		}
	}
	linked := map[inventory.ID]bool{}
	for _, repo := range inv.Repositories {
		for _, revision := range repo.Revisions {
			linked[revision.Digest] = true
		}
		for _, layer := range repo.Layers {
			linked[layer.Digest], linked[layer.Target] = true, true
		}
	}
	for i, blob := range inv.Blobs {
		if !planned[int32(i)] && !linked[blob.Digest] && !p.Graph.Blob(blob.Digest).Live() {
			bytes += blob.Disk
		}
	}
	return bytes
}
