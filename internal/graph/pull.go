package graph

import "regjanitor/internal/inventory"

// Pull is a repository as a pull goes through it.
type Pull struct {
	inv       *inventory.Inventory
	revisions map[ID]link
	layers    map[ID]link
	// Spoilt are digests whose link or blob is there and is not what it should be.
	Spoilt map[ID]bool
}

type link struct {
	target ID
	state  inventory.LinkState
}

// PullFrom is for the repository at this place in the inventory.
func PullFrom(inv *inventory.Inventory, place int) *Pull {
	r := inv.Repositories[place]
	p := &Pull{inv: inv, revisions: make(map[ID]link, len(r.Revisions)), layers: make(map[ID]link, len(r.Layers))}
	for _, revision := range r.Revisions {
		p.revisions[revision.Digest] = link{revision.Link.Target, revision.Link.State}
	}
	for _, layer := range r.Layers {
		p.layers[layer.Digest] = link{layer.Target, layer.Link}
	}
	return p
}

// Step is one thing that a pull asks for, as a manifest or as bytes.
type Step struct {
	Digest   ID
	Manifest bool
}

// Fault is why a pull has no use for what a step comes to.
type Fault uint8

// The faults of a step.
const (
	NoFault   Fault = iota
	Strange         // a manifest that is what its digest says, and is not understood
	NoLink          // the repository has no link of that name
	BadLink         // the link names no digest
	OtherLink       // the link names something else
	NoBlob          // there is no such blob
	BadBlob         // the blob is not what its digest says
)

// Found is what a step comes to.
type Found struct {
	Fault Fault
	At    ID                  // the digest whose link or blob is at fault, or the blob in the end
	Layer bool                // by a link of _layers
	Link  inventory.LinkState // of a BadLink
}

// Look takes a step as a registry does. Registry 2.1 kept the links of manifests
// among those of layers, where all of 2 still look for them; and a layer link
// whose content names another digest leads through that one's own link.
func (p *Pull) Look(s Step) Found {
	if revision, linked := p.revisions[s.Digest]; linked && s.Manifest {
		return p.follow(s.Digest, revision, false)
	}
	layer, linked := p.layers[s.Digest]
	if !linked {
		return Found{Fault: NoLink, At: s.Digest, Layer: !s.Manifest}
	}
	found := p.follow(s.Digest, layer, true)
	if found.Fault == NoFault && found.At != s.Digest {
		next, linked := p.layers[found.At]
		if !linked {
			return Found{Fault: NoLink, At: found.At, Layer: true}
		}
		found = p.follow(found.At, next, true)
	}
	if found.Fault == NoFault && p.IsManifest(s) {
		found.Fault = p.manifest(s.Digest)
	}
	return found
}

// follow goes where one link leads, and no further than to another link.
func (p *Pull) follow(id ID, l link, layer bool) Found {
	alias := layer && p.inv.Digests.Algorithm(id) != "sha256"
	found := Found{At: id, Layer: layer, Link: l.state}
	switch {
	case l.state != inventory.LinkGood:
		found.Fault = BadLink
	case l.target != id && !alias:
		found.Fault = OtherLink
	case l.target != id:
		found.At = l.target
		if p.Spoilt[id] {
			found.Fault = BadBlob
		}
	case p.inv.Blob(id) == nil:
		found.Fault = NoBlob
	case p.Spoilt[id]:
		found.Fault = BadBlob
	case !layer:
		found.Fault = p.manifest(id)
	}
	return found
}

// manifest is what is wrong with one whose blob is there.
func (p *Pull) manifest(id ID) Fault {
	switch m := p.inv.Manifest(id); {
	case m == nil:
		return BadBlob
	case m.State == inventory.Sound:
		return NoFault
	case m.State == inventory.Strange:
		return Strange
	}
	return BadBlob
}

// IsManifest tells whether a step leads on to what a manifest refers to.
func (p *Pull) IsManifest(s Step) bool {
	revision, linked := p.revisions[s.Digest]
	return s.Manifest || linked && revision.state == inventory.LinkGood && revision.target == s.Digest
}

// Lacks is what a pull of this manifest would not find, or not be able to read:
// for want of a link or of a blob, or because it is damaged. What may rightly be
// absent is not looked for, nor what is excused, with all that only this leads to.
func (p *Pull) Lacks(id ID, excused map[ID]bool) []ID {
	var lacks []ID
	met := map[Step]bool{}
	pending := []Step{{id, true}}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if met[next] || excused[next.Digest] {
			continue
		}
		met[next] = true
		if found := p.Look(next); found.Fault > Strange {
			lacks = append(lacks, next.Digest)
			continue
		}
		if !p.IsManifest(next) {
			continue
		}
		for _, ref := range p.inv.Manifest(next.Digest).References {
			if !ref.Foreign {
				pending = append(pending, Step{ref.Digest, ref.Manifest})
			}
		}
	}
	return lacks
}
