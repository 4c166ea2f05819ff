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
	n := p.Inventory.Digests.Len()
	c := checker{inv: p.Inventory, blobs: make([]bool, n), met: make([]int32, n), descended: make([]int32, n)}
	doomed := make([]links, len(p.Inventory.Repositories))
	for _, a := range p.Actions {
		switch a.Kind {
		case Blob:
			c.blobs[p.Inventory.Blobs[a.At].Digest] = true
		case Tag:
			doomed[a.Repository].add(&doomed[a.Repository].tags, inventory.ID(a.At))
		case Revision:
			doomed[a.Repository].add(&doomed[a.Repository].revisions, p.Inventory.Repositories[a.Repository].Revisions[a.At].Digest)
		case LayerLink:
			doomed[a.Repository].add(&doomed[a.Repository].layers, p.Inventory.Repositories[a.Repository].Layers[a.At].Digest)
		}
	}
	for r, repo := range p.Inventory.Repositories {
		c.repository(r, repo, doomed[r])
		for i, tag := range repo.Tags {
			expired := p.opts.Proxy && !c.links[tag.Current.Target]
			if tag.Current.Points() && !expired && !doomed[r].tags[inventory.ID(i)] && c.err == nil {
				c.walk(tag.Name, tag.Current.Target)
			}
		}
	}
	return c.err
}

// links are the doomed ones of one repository.
type links struct{ tags, revisions, layers map[inventory.ID]bool }

func (l *links) add(set *map[inventory.ID]bool, id inventory.ID) {
	if *set == nil {
		*set = map[inventory.ID]bool{}
	}
	(*set)[id] = true
}

type checker struct {
	inv       *inventory.Inventory
	blobs     []bool  // doomed
	number    int32   // of the repository that is being walked
	met       []int32 // the last repository in which it was met
	descended []int32
	name      string
	doomed    links
	links     map[inventory.ID]bool         // the repository's revisions
	aliases   map[inventory.ID]inventory.ID // its layer links that point elsewhere
	err       error
}

func (c *checker) repository(r int, repo *inventory.Repository, doomed links) {
	c.number, c.name, c.doomed = int32(r)+1, repo.Name, doomed
	c.links, c.aliases = map[inventory.ID]bool{}, map[inventory.ID]inventory.ID{}
	for _, revision := range repo.Revisions {
		c.links[revision.Digest] = true
	}
	for _, layer := range repo.Layers {
		if layer.Target != layer.Digest && layer.Link == inventory.LinkGood {
			c.aliases[layer.Digest] = layer.Target
		}
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
		if c.met[id] != c.number {
			c.met[id] = c.number
			if c.blobs[id] || c.doomed.revisions[id] || c.doomed.layers[id] {
				c.err = fmt.Errorf("internal error, nothing was removed: the plan removes %s, which %s needs: please report this",
					c.inv.Digests.Digest(id), layout.Tag(c.name, tag))
				return
			}
			if target, ok := c.aliases[id]; ok {
				pending = append(pending, step{target, false})
			}
		}
		m := c.inv.Manifest(id)
		if m == nil || !next.manifest && !c.links[id] || c.descended[id] == c.number {
			continue
		}
		c.descended[id] = c.number
		for _, ref := range m.References {
			pending = append(pending, step{ref.Digest, ref.Manifest})
		}
	}
}
