package repair

import (
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// isAlias tells what is stored by another digest, to which its link leads.
func (p *planner) isAlias(n need) bool { return !n.manifest && !p.isCanonical(n.id) }

// aliased is the digest by which a layer that is known by another one is stored.
// Only its link says so or, where that is lost, the other tree's.
func (p *planner) aliased(r *repository, id ID) (target ID, known bool) {
	if link := r.layers[id]; link.State == inventory.LinkGood {
		return link.Target, true
	}
	if target, known = r.aliases[id]; known || p.opts.From == nil || p.isCanonical(id) || layout.IsTarsum(p.digest(id)) {
		return target, known
	}
	link := p.readLink(p.opts.From, layout.Layer(r.Name, p.digest(id))+"/"+layout.Link)
	if link.State != inventory.LinkGood || !p.isCanonical(link.Target) || !p.hashesTo(link.Target, p.digest(id)) {
		return 0, false
	}
	r.aliases[id] = link.Target
	return link.Target, true
}

// hashesTo tells whether a blob, here or in the other tree, has another digest too.
func (p *planner) hashesTo(id ID, d digest.Digest) bool {
	for _, root := range []store.Dir{p.root, p.opts.From} {
		sum := d.Algorithm().Hash()
		_, err := root.Stream(layout.BlobData(p.digest(id)), sum, make([]byte, 256<<10))
		if err == nil && digest.NewDigest(d.Algorithm(), sum) == d {
			return true
		}
	}
	return false
}
