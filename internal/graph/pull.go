package graph

import "regjanitor/internal/inventory"

// Pull is a repository as a pull by tag goes through it.
type Pull struct {
	inv       *inventory.Inventory
	revisions map[ID]bool
	layers    map[ID]ID // digest and target of each link
	// Spoilt are digests whose link or blob is there and is not what it should be.
	Spoilt map[ID]bool
}

// PullFrom is for the repository at this place in the inventory.
func PullFrom(inv *inventory.Inventory, place int) *Pull {
	r := inv.Repositories[place]
	p := &Pull{inv: inv, revisions: make(map[ID]bool, len(r.Revisions)), layers: make(map[ID]ID, len(r.Layers))}
	for _, revision := range r.Revisions {
		if revision.Link.State == inventory.LinkGood && revision.Link.Target == revision.Digest {
			p.revisions[revision.Digest] = true
		}
	}
	for _, layer := range r.Layers {
		if layer.Link == inventory.LinkGood {
			p.layers[layer.Digest] = layer.Target
		}
	}
	return p
}

// Lacks is what a pull of this manifest would not find, or not be able to read:
// for want of a link or of a blob, or because it is damaged. What may rightly be
// absent is not looked for, nor what is excused, with all that only this leads to.
func (p *Pull) Lacks(id ID, excused map[ID]bool) []ID {
	type step struct {
		id       ID
		manifest bool
	}
	var lacks []ID
	met := map[step]bool{}
	pending := []step{{id, true}}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if met[next] || excused[next.id] {
			continue
		}
		met[next] = true
		m := p.inv.Manifest(next.id)
		isManifest := next.manifest || p.revisions[next.id]
		if !p.finds(next.id, next.manifest) || isManifest && !readable(m) {
			lacks = append(lacks, next.id)
			continue
		}
		if !isManifest {
			continue
		}
		for _, ref := range m.References {
			if !ref.Foreign {
				pending = append(pending, step{ref.Digest, ref.Manifest})
			}
		}
	}
	return lacks
}

func readable(m *inventory.Manifest) bool {
	return m != nil && (m.State == inventory.Sound || m.State == inventory.Strange)
}

// finds tells whether the link is there and what it leads to. Registry 2.1 kept
// the links of manifests among those of layers; and a link whose content names
// another digest leads through that one's own link.
func (p *Pull) finds(id ID, manifest bool) bool {
	if manifest && p.revisions[id] {
		return p.inv.Blob(id) != nil && !p.Spoilt[id]
	}
	target, linked := p.layers[id]
	if linked && target != id {
		_, linked = p.layers[target]
	}
	return linked && p.inv.Blob(target) != nil && !p.Spoilt[id] && !p.Spoilt[target]
}
