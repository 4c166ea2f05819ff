package repair

import (
	"maps"
	"slices"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// isMissed tells a child that an index should have. Many were never pushed: of one
// without a link something else has to show that this repository had it, or the
// repository would be given what is another's.
//
// No run may take away or make what shows it, but for links of what it has shown
// already: one that was killed is done again, and has to end where it would have.
func (p *planner) isMissed(r *repository, child ID) bool {
	_, linked := r.revisions[child]
	_, old := r.layers[child]
	if linked || old || p.opts.Proxy {
		return linked || old
	}
	m := p.manifest(child)
	switch {
	case m == nil: // to be told of: nothing links it
		code, _ := p.absent(child)
		return p.inv.Blob(child) != nil || code != Missing
	case m.State != inventory.Strange && len(m.References) == 0, r.hasPart(m), p.isLone(r, child):
		return true
	}
	return p.opts.From != nil && says(p.readLink(p.opts.From, layout.Revision(r.Name, p.digest(child))+"/"+layout.Link), child)
}

// hasPart tells whether the repository links, or is to link, what of a manifest no
// other one is likely to have: its configuration or, of one without, anything.
func (r *repository) hasPart(m *inventory.Manifest) bool {
	configured := slices.ContainsFunc(m.References, func(ref inventory.Reference) bool { return ref.Config })
	return slices.ContainsFunc(m.References, func(ref inventory.Reference) bool {
		_, revision := r.revisions[ref.Digest]
		_, layer := r.layers[ref.Digest]
		linked := revision || layer || r.had[need{ref.Digest, true}] || r.had[need{ref.Digest, false}]
		return (ref.Config || !configured) && !ref.Foreign && linked
	})
}

// isLone tells a manifest that is here, and that no repository can have had but
// this one. Its link may be lost in another that could lead to it, and written
// again by this very run: so links alone do not tell.
func (p *planner) isLone(r *repository, id ID) bool {
	if p.inv.Blob(id) == nil || p.isLinked(id) || !p.isSoundHere(id) {
		return false
	}
	if p.claims == nil {
		p.claims = map[ID]*inventory.Repository{}
		for _, r := range p.inv.Repositories {
			p.claim(r)
		}
	}
	by, claimed := p.claims[id]
	return !claimed || by == r.Repository
}

// isSoundHere tells a manifest that needs no other tree.
func (p *planner) isSoundHere(id ID) bool {
	m := p.inv.Manifest(id)
	return m != nil && (m.State == inventory.Sound || m.State == inventory.Strange) || p.readManifest(p.root, id) != nil
}

// isLinked tells whether any repository has a revision link to a manifest.
func (p *planner) isLinked(id ID) bool {
	if p.linked == nil {
		p.linked = p.inv.Linked()
	}
	return p.linked[id]
}

// claim notes all that a repository may ever have linked as manifests, as far as
// its links and tags lead: more than what a repair links there. What several
// repositories claim is nobody's.
func (p *planner) claim(r *inventory.Repository) {
	met := map[ID]bool{}
	pending := p.heads(r)
	for len(pending) > 0 {
		id := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if met[id] {
			continue
		}
		met[id] = true
		if _, claimed := p.claims[id]; claimed {
			p.claims[id] = nil
		} else {
			p.claims[id] = r
		}
		m := p.manifest(id)
		if m == nil {
			continue
		}
		for _, ref := range m.References {
			if ref.Manifest && !ref.Foreign {
				pending = append(pending, ref.Digest)
			}
		}
	}
}

// heads are the manifests that a repository links, and those that its tags may
// point to.
func (p *planner) heads(r *inventory.Repository) (heads []ID) {
	for _, revision := range r.Revisions {
		heads = append(heads, revision.Digest)
	}
	for _, layer := range r.Layers {
		if p.inv.Manifest(layer.Digest) != nil {
			heads = append(heads, layer.Digest)
		}
	}
	for _, t := range r.Tags {
		for _, e := range t.History {
			heads = append(heads, e.Digest)
		}
		current := t.Current
		if !current.Points() && p.opts.From != nil {
			current = p.readLink(p.opts.From, layout.TagCurrent(r.Name, t.Name))
		}
		if current.Points() {
			heads = append(heads, current.Target)
		}
	}
	return heads
}

// subjectsOf are the manifests that a manifest is about, if only the other tree
// has it as well.
func (p *planner) subjectsOf(id ID) []ID {
	m := p.inv.Manifest(id)
	if p.opts.From == nil || m != nil && (m.State == inventory.Sound || m.State == inventory.Strange) {
		return p.inv.Subjects[id]
	}
	p.manifest(id)
	return p.subjects[id]
}

// tellPassed names the children whose data is here and that no repository links, or
// is to: one of them has lost its link, and which one nothing shows.
func (p *planner) tellPassed(r *repository) {
	for _, child := range slices.Sorted(maps.Keys(r.passed)) {
		needed := slices.ContainsFunc(p.repositories, func(r *repository) bool { return r.met[need{child, true}] && p.good(child) })
		if p.opts.Proxy || needed || p.inv.Blob(child) == nil || p.isLinked(child) {
			continue
		}
		var tags []string
		for _, parent := range r.passed[child] {
			tags = append(tags, p.tagsOf(r, parent)...)
		}
		slices.Sort(tags)
		p.problem(Problem{Code: Missing, Repository: r.Name, Tags: slices.Compact(tags), Digest: p.digest(child), Path: layout.Revision(r.Name, p.digest(child)) + "/" + layout.Link,
			Problem: "is missing, and nothing shows which of the repositories that list it had it", Hint: "push the image again"})
	}
}
