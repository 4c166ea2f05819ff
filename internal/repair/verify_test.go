package repair_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/repair"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/verify"
)

// TestVerifyAgrees: of every tag that cannot be pulled after a repair it has told,
// and of none that could be before.
func TestVerifyAgrees(t *testing.T) {
	t.Parallel()
	first, broken, left := seed(t), 0, 0
	for n := range uint64(storetest.Scale(100)) {
		d := draw(t, first+n)
		opts := d.options(t)
		if d.seed%3 == 0 {
			opts.From = nil
		}
		storage, err := d.tree.Dir("")
		if err != nil {
			t.Fatal(err)
		}
		before := damagedTags(t, storage)
		p, result, err := mend(storage, opts, nil, "run")
		if err != nil || !whole(result) {
			t.Fatalf("%v, %+v", err, result)
		}
		after, told := damagedTags(t, storage), map[string]bool{}
		for _, problem := range p.Problems {
			for _, tag := range problem.Tags {
				told[problem.Repository+":"+tag] = true
			}
		}
		for tag := range after {
			if !told[tag] {
				t.Fatalf("%s=%d: %s cannot be pulled, and nobody was told: %+v\n%s", seedVariable, d.seed, tag, p.Problems, d.spec)
			}
		}
		for tag := range told {
			if !before[tag] && !(after[tag] && brought(p, tag)) {
				t.Fatalf("%s=%d: there is nothing wrong with %s: %+v\n%s", seedVariable, d.seed, tag, p.Problems, d.spec)
			}
		}
		broken, left = broken+len(before), left+len(after)
	}
	t.Logf("of %d tags that were damaged %d are, from %s=%d on", broken, left, seedVariable, first)
	if left >= broken {
		t.Error("nothing was healed")
	}
}

// brought tells whether a repair brings a manifest of the tag's repository back from
// the other tree, data and link. Gone without a trace, a child is a gap that verify
// takes for legitimate; there again, it is judged, and may lack a layer's link that
// neither tree has.
func brought(p *repair.Plan, tag string) bool {
	repository, _, _ := strings.Cut(tag, ":")
	return slices.ContainsFunc(p.Actions, func(link repair.Action) bool {
		return link.Kind == plan.Revision && link.Op == repair.Creating && link.Repository == repository &&
			slices.ContainsFunc(p.Actions, func(data repair.Action) bool { return data.Op == repair.Copying && data.Digest == link.Digest })
	})
}

// damagedTags are those that cannot be pulled.
func damagedTags(t *testing.T, storage store.Dir) map[string]bool {
	t.Helper()
	v2, err := storage.Open("docker/registry/v2")
	if err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Scan(context.Background(), v2, inventory.Options{Jobs: 1, ForPulls: true})
	if err != nil {
		t.Fatal(err)
	}
	judge := verify.NewJudge(inv)
	for place := range inv.Repositories {
		judge.Repository(place)
	}
	var unsound []verify.Unsound
	_, err = verify.Hash(context.Background(), v2, judge.Needed(), verify.Options{Jobs: 1, Found: func(u verify.Unsound) { unsound = append(unsound, u) }})
	if err != nil {
		t.Fatal(err)
	}
	judge.Heard(unsound, func(digest.Digest) bool { return true })
	all := map[string]bool{}
	for place := range inv.Repositories {
		verdict := judge.Repository(place)
		for _, damage := range verdict.Damage {
			for _, tag := range damage.Tags {
				if !strings.Contains(damage.Detail, "size") && !strings.Contains(damage.Detail, "no manifest that registries") { // which no repair changes
					all[verdict.Repository+":"+tag] = true
				}
			}
		}
	}
	return all
}
