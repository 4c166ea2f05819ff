package trash

import (
	"context"
	"errors"
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
	return fmt.Sprintf("it could not be pulled: %s, which it needs, is neither in the tree nor in this run's trash (%d in all)", e.lacking[0], len(e.lacking))
}

// Lacking is what a tag that was not restored would be without.
func Lacking(err error) []digest.Digest {
	var incomplete *incompleteError
	if errors.As(err, &incomplete) {
		return incomplete.lacking
	}
	return nil
}

// Holds tells whether the blob or a link of this digest lies here.
func (k *Kept) Holds(d digest.Digest) bool {
	for n, e := range k.Entries {
		if _, ok := placeOf(e); ok && k.There[n] && e.Digest == d {
			return true
		}
	}
	return false
}

// place is where a digest is linked, or the blob of it where no repository is named.
type place struct {
	repository string
	digest     digest.Digest
}

// placeOf is what an entry keeps alive for others; other kinds than these do not.
func placeOf(e Entry) (place, bool) {
	switch e.Kind {
	case plan.Blob:
		return place{"", e.Digest}, true
	case plan.Revision, plan.LayerLink:
		return place{e.Repository, e.Digest}, true
	}
	return place{}, false
}

// incomplete finds, by the number of their entries, the tags that would come back
// without something that they need. Everything else is back by then, but for what
// something else has taken the place of.
func (k *Kept) incomplete(ctx context.Context, v2 store.Dir, jobs int, taken map[place]bool) (map[int]error, error) {
	var targets []digest.Digest
	for n := range k.Entries {
		if k.isPointing(n) {
			targets = append(targets, k.Entries[n].Digest)
		}
	}
	if targets == nil {
		return nil, nil
	}
	inv, err := inventory.Scan(ctx, v2, inventory.Options{Jobs: jobs, AllowMounts: true, EveryLink: true, Manifests: targets})
	if err != nil {
		return nil, err
	}
	found := map[int]error{}
	pulls := map[string]*graph.Pull{}
	for n, e := range k.Entries {
		if !k.isPointing(n) {
			continue
		}
		if _, ok := pulls[e.Repository]; !ok {
			pulls[e.Repository] = pullFrom(inv, e.Repository, taken)
		}
		if lacking := lacking(inv, pulls[e.Repository], e); len(lacking) > 0 {
			found[n] = &incompleteError{lacking}
		}
	}
	return found, nil
}

// isPointing tells a tag in the trash that points to something.
func (k *Kept) isPointing(n int) bool {
	return k.Entries[n].Kind == plan.Tag && k.There[n] && k.Entries[n].Digest != ""
}

func pullFrom(inv *inventory.Inventory, repository string, taken map[place]bool) *graph.Pull {
	at, ok := inv.Find(repository)
	if !ok {
		return nil
	}
	pull := graph.PullFrom(inv, at)
	pull.Spoilt = map[inventory.ID]bool{}
	for p := range taken {
		if id, met := inv.Digests.Lookup(p.digest); met && (p.repository == "" || p.repository == repository) {
			pull.Spoilt[id] = true
		}
	}
	return pull
}

// lacking is what a pull of a tag would not find now and found when it went.
func lacking(inv *inventory.Inventory, from *graph.Pull, e Entry) []digest.Digest {
	if slices.Contains(e.Lacking, e.Digest) {
		return nil // nothing is known of it
	}
	id, known := inv.Digests.Lookup(e.Digest)
	if from == nil || !known {
		return []digest.Digest{e.Digest}
	}
	excused := map[inventory.ID]bool{}
	for _, d := range e.Lacking {
		if id, met := inv.Digests.Lookup(d); met {
			excused[id] = true
		}
	}
	return Digests(inv, from.Lacks(id, excused))
}

// Digests are what IDs stand for.
func Digests(inv *inventory.Inventory, ids []inventory.ID) []digest.Digest {
	all := make([]digest.Digest, len(ids))
	for i, id := range ids {
		all[i] = inv.Digests.Digest(id)
	}
	return all
}
