package listing

import (
	"slices"

	"regjanitor/internal/inventory"
)

// walker adds up what manifests need. A round counts each blob once, and enters
// each manifest once, which may be later.
type walker struct {
	inv    *inventory.Inventory
	linked map[inventory.ID]bool // manifests that the repository links
	met    []int32
	round  int32
}

func newWalker(inv *inventory.Inventory) *walker {
	return &walker{inv: inv, met: make([]int32, inv.Digests.Len())}
}

// enter turns to another repository.
func (w *walker) enter(r *inventory.Repository) {
	w.linked = make(map[inventory.ID]bool, len(r.Revisions))
	for _, revision := range r.Revisions {
		w.linked[revision.Digest] = true
	}
}

// size adds up what is not yet counted in this round, and tells the manifests that
// were not yet entered, in the order in which they are listed.
func (w *walker) size(from inventory.ID) (bytes int64, manifests []inventory.ID) {
	type step struct {
		id       inventory.ID
		manifest bool
	}
	pending := []step{{from, true}}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		counted, entered := 2*w.round, 2*w.round+1
		now := counted
		if next.manifest {
			now = entered
		}
		before := w.met[next.id]
		if before >= now {
			continue
		}
		w.met[next.id] = now
		if blob := w.inv.Blob(next.id); blob != nil && before < counted {
			bytes += blob.Stamp.Size
		}
		if !next.manifest {
			continue
		}
		manifests = append(manifests, next.id)
		if m := w.inv.Manifest(next.id); m != nil {
			for _, ref := range slices.Backward(m.References) {
				pending = append(pending, step{ref.Digest, ref.Manifest || w.linked[ref.Digest]})
			}
		}
	}
	return bytes, manifests
}
