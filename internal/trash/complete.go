package trash

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// incompleteError says what a pull of a tag would not find that it found when
// the tag went.
type incompleteError struct{ lacking []digest.Digest }

func (e *incompleteError) Error() string {
	return fmt.Sprintf("it could not be pulled: %s, which it needs, is neither in the tree nor in the trash (%d in all)", e.lacking[0], len(e.lacking))
}

// incomplete finds, by the number of their entries, the tags that would come back
// without something that they need. Everything else is back by then, but for what
// something else has taken the place of.
func (k *Kept) incomplete(ctx context.Context, v2 store.Dir, jobs int, taken map[digest.Digest]bool) (map[int]error, error) {
	var targets []digest.Digest
	for n, e := range k.Entries {
		if k.wasPullable(n) {
			targets = append(targets, e.Digest)
		}
	}
	if targets == nil {
		return nil, nil
	}
	inv, err := inventory.Scan(ctx, v2, inventory.Options{Jobs: jobs, AllowMounts: true, Manifests: targets})
	if err != nil {
		return nil, err
	}
	spoilt := map[inventory.ID]bool{}
	for d := range taken {
		if id, met := inv.Digests.Lookup(d); met {
			spoilt[id] = true
		}
	}
	found := map[int]error{}
	pulls := map[string]*graph.Pull{}
	for n, e := range k.Entries {
		if !k.wasPullable(n) {
			continue
		}
		if _, ok := pulls[e.Repository]; !ok {
			pulls[e.Repository] = pullFrom(inv, e.Repository, spoilt)
		}
		if lacking := without(lacking(inv, pulls[e.Repository], e.Digest), e.Lacking); len(lacking) > 0 {
			found[n] = &incompleteError{lacking}
		}
	}
	return found, nil
}

// wasPullable tells a tag in the trash of which anything is known.
func (k *Kept) wasPullable(n int) bool {
	e := k.Entries[n]
	return e.Kind == plan.Tag && k.There[n] && e.Digest != "" && !slices.Contains(e.Lacking, e.Digest)
}

func pullFrom(inv *inventory.Inventory, repository string, spoilt map[inventory.ID]bool) *graph.Pull {
	place, ok := inv.Find(repository)
	if !ok {
		return nil
	}
	pull := graph.PullFrom(inv, place)
	pull.Spoilt = spoilt
	return pull
}

func lacking(inv *inventory.Inventory, from *graph.Pull, d digest.Digest) []digest.Digest {
	id, known := inv.Digests.Lookup(d)
	if from == nil || !known {
		return []digest.Digest{d}
	}
	return Digests(inv, from.Lacks(id))
}

// Digests are what IDs stand for.
func Digests(inv *inventory.Inventory, ids []inventory.ID) []digest.Digest {
	all := make([]digest.Digest, len(ids))
	for i, id := range ids {
		all[i] = inv.Digests.Digest(id)
	}
	return all
}

func without(all, but []digest.Digest) []digest.Digest {
	return slices.DeleteFunc(all, func(d digest.Digest) bool { return slices.Contains(but, d) })
}
