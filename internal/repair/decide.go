package repair

import (
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/plan"
)

// decideLinks writes the links that can be proven.
func (p *planner) decideLinks(r *repository) {
	order := map[ID]int{}
	for i, n := range r.needs {
		if n.manifest {
			order[n.id] = i + 1
		}
	}
	told := map[ID]bool{}
	for _, n := range r.needs {
		if !p.isAlias(n) && !p.good(n.id) && !told[n.id] && !p.opts.Proxy {
			told[n.id] = true
			p.lacks(r, n.id)
		}
		p.decideMissing(r, n, order[n.id])
	}
	for _, l := range r.broken {
		p.decideBroken(r, l, order[l.digest], told)
	}
	p.tellPassed(r)
}

// decideMissing writes a link that is gone, if the blob is there for it.
func (p *planner) decideMissing(r *repository, n need, order int) {
	kind, path := plan.LayerLink, layout.Layer(r.Name, p.digest(n.id))+"/"+layout.Link
	_, there := r.layers[n.id]
	if n.manifest && (!there || r.met[need{n.id, false}]) { // registry 2.1 linked manifests as layers
		kind, path = plan.Revision, layout.Revision(r.Name, p.digest(n.id))+"/"+layout.Link
		_, there = r.revisions[n.id]
	}
	switch {
	case there || p.opts.Proxy:
	case p.isAlias(n) && p.decideAlias(r, n.id, path, inventory.Link{}):
	case p.isAlias(n):
		p.problem(Problem{Code: Missing, Repository: r.Name, Tags: p.tagsOf(r, n.id), Digest: p.digest(n.id), Path: path,
			Problem: "is missing, and which blob it keeps is written nowhere else", Hint: "push the image again"})
	case p.good(n.id) && (kind != plan.Revision || p.isServed(n.id)):
		a := p.link(kind, r, "", n.id, path, inventory.Link{})
		a.order, a.Reason = order, "is missing, and a tag needs it"
		p.plan.Actions = append(p.plan.Actions, a)
	}
}

// isServed tells a manifest that registries know. Linked, another one stops their
// own collector.
func (p *planner) isServed(id ID) bool {
	m := p.manifest(id)
	return m != nil && m.State != inventory.Strange && m.Kind != manifest.Artifact
}

// decideBroken rewrites a link that is there, or tells why not. Nobody reads the
// history of a tag to pull it.
func (p *planner) decideBroken(r *repository, l brokenLink, order int, told map[ID]bool) {
	d := p.digest(l.digest)
	path := map[plan.Kind]string{
		plan.Revision: layout.Revision(r.Name, d), plan.LayerLink: layout.Layer(r.Name, d), plan.TagIndexEntry: layout.TagIndexEntry(r.Name, l.tag, d),
	}[l.kind] + "/" + layout.Link
	alias := l.kind == plan.LayerLink && !p.isCanonical(l.digest)
	if rewritable(l.link) && !alias && p.good(l.digest) {
		a := p.link(l.kind, r, l.tag, l.digest, path, l.link)
		a.order, a.Reason = order, problemOf(l.link.State)+"; its path and the blob tell what it said"
		p.plan.Actions = append(p.plan.Actions, a)
		return
	}
	if rewritable(l.link) && alias && p.decideAlias(r, l.digest, path, l.link) {
		return
	}
	problem := Problem{Code: codeOf(l.link.State), Repository: r.Name, Tags: p.tagsOf(r, l.digest), Digest: d, Path: path, Problem: problemOf(l.link.State), Hint: "push the image again"}
	switch {
	case l.kind == plan.TagIndexEntry, told[l.digest]:
		return
	case alias:
		problem.Problem += ", and which blob it keeps is written nowhere else"
	case rewritable(l.link):
		problem.Problem += ", and its blob is not sound"
	}
	switch {
	case !rewritable(l.link):
		problem.Hint = hintFor(problem.Code)
	case !r.isNeeded(l.digest):
		problem.Hint = "no tag needs it: regjanitor sweep removes it"
	}
	p.problem(problem)
}

// decideAlias writes the link of a layer that is stored by another digest, if it is
// known by which; after those links through which a registry goes from there.
func (p *planner) decideAlias(r *repository, id ID, path string, was inventory.Link) bool {
	target, known := r.aliases[id]
	if !known || !p.good(target) {
		return false
	}
	a := p.link(plan.LayerLink, r, "", target, path, was)
	a.order, a.Reason, a.Source = 1, problemOf(was.State)+"; the other tree has it, and the blob hashes to both digests", p.opts.FromName
	p.plan.Actions = append(p.plan.Actions, a)
	return true
}

// hintFor helps where something is there and cannot be replaced.
func hintFor(code Code) string {
	if code == NotFile {
		return "move it away and repair again"
	}
	return "run as root or as the registry's own user; if the disk is failing, copy the tree first"
}

func (r *repository) isNeeded(id ID) bool { return r.met[need{id, true}] || r.met[need{id, false}] }

// link is the action that writes a link.
func (p *planner) link(kind plan.Kind, r *repository, tag string, id ID, path string, was inventory.Link) Action {
	a := Action{Op: Rewriting, Kind: kind, Path: path, Repository: r.Name, Tag: tag, Digest: p.digest(id), was: was.Stamp}
	if was.State == inventory.LinkAbsent {
		a.Op = Creating
	}
	if b := p.blobs[id]; b.wrong == "" {
		a.proof = b.stamp
	} else {
		a.Source = p.opts.FromName
	}
	return a
}
