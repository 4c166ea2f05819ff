package plan

import (
	"fmt"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// check walks every tag that stays over the plan, and fails where it meets
// something doomed. It is the marking's opposite in method: for each tag a walk
// of its own that knows neither pins nor reasons.
func (p *Plan) check() error {
	c := newChecker(p)
	for r, repo := range p.Inventory.Repositories {
		c.enter(r)
		for i, tag := range repo.Tags {
			if !tag.Current.Points() || c.doomed[r].tags[int32(i)] || c.err != nil {
				continue
			}
			target := c.of(tag.Current.Target)
			if expired := p.opts.Proxy && !target.linked && !target.layered; !expired {
				c.walk(tag.Name, tag.Current.Target)
			}
		}
	}
	return c.err
}

// checker walks one repository after the other.
type checker struct {
	inv     *inventory.Inventory
	doomed  []doomedLinks // by repository
	blobs   []bool        // doomed
	number  int32         // of the current repository: its place plus one
	name    string
	seen    []seen                        // by ID
	aliases map[inventory.ID]inventory.ID // layer links that point elsewhere
	err     error
}

// seen is what a digest is in the repository of this number.
type seen struct {
	number  int32
	linked  bool // as a revision
	layered bool // as a layer
	gone    bool // as a revision or as a layer
	met     bool
	entered bool // descended into
}

func (c *checker) of(id inventory.ID) *seen {
	s := &c.seen[id]
	if s.number != c.number {
		*s = seen{number: c.number}
	}
	return s
}

// doomedLinks are those of one repository.
type doomedLinks struct {
	tags  map[int32]bool
	links []inventory.ID
}

func newChecker(p *Plan) *checker {
	n := p.Inventory.Digests.Len()
	c := &checker{
		inv: p.Inventory, doomed: make([]doomedLinks, len(p.Inventory.Repositories)), blobs: make([]bool, n),
		seen: make([]seen, n),
	}
	for _, a := range p.Actions {
		switch a.Kind {
		case Blob:
			c.blobs[p.Inventory.Blobs[a.At].Digest] = true
		case Tag:
			d := &c.doomed[a.Repository]
			if d.tags == nil {
				d.tags = map[int32]bool{}
			}
			d.tags[a.At] = true
		case Revision:
			d := &c.doomed[a.Repository]
			d.links = append(d.links, p.Inventory.Repositories[a.Repository].Revisions[a.At].Digest)
		case LayerLink:
			d := &c.doomed[a.Repository]
			d.links = append(d.links, p.Inventory.Repositories[a.Repository].Layers[a.At].Digest)
		}
	}
	return c
}

// enter goes on to another repository.
func (c *checker) enter(r int) {
	repo := c.inv.Repositories[r]
	c.number, c.name, c.aliases = int32(r)+1, repo.Name, map[inventory.ID]inventory.ID{}
	for _, revision := range repo.Revisions {
		c.of(revision.Digest).linked = true
	}
	for _, layer := range repo.Layers {
		c.of(layer.Digest).layered = true
		if layer.Target != layer.Digest && (layer.Link == inventory.LinkGood || layer.Link == inventory.LinkSpaced) {
			c.aliases[layer.Digest] = layer.Target
		}
	}
	for _, id := range c.doomed[r].links {
		c.of(id).gone = true
	}
}

// walk follows one tag. What was met before in this repository has been looked at.
func (c *checker) walk(tag string, from inventory.ID) {
	type step struct {
		id       inventory.ID
		manifest bool
	}
	pending := []step{{from, true}}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		id := next.id
		at := c.of(id)
		if !at.met {
			at.met = true
			if c.blobs[id] || at.gone {
				c.err = fmt.Errorf("internal error, nothing was removed: the plan removes %s, which %s needs: please report this",
					c.inv.Digests.Digest(id), layout.Tag(c.name, tag))
				return
			}
			if target, ok := c.aliases[id]; ok {
				pending = append(pending, step{target, false})
			}
		}
		m := c.inv.Manifest(id)
		if m == nil || !next.manifest && !at.linked || at.entered {
			continue
		}
		at.entered = true
		for _, ref := range m.References {
			pending = append(pending, step{ref.Digest, ref.Manifest})
		}
	}
}
