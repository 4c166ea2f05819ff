package repair

import (
	"slices"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/store"
)

// need is what a tag leads to: a manifest, or something that it takes for bytes.
type need struct {
	id       ID
	manifest bool
}

// follow finds what a manifest needs, and puts that before it.
func (p *planner) follow(r *repository, target ID) {
	type step struct {
		need
		entered bool
	}
	pending := []step{{need{target, true}, false}}
	for len(pending) > 0 {
		last := len(pending) - 1
		next := pending[last].need
		if pending[last].entered || r.met[next] {
			if pending[last].entered {
				r.needs = append(r.needs, next)
			}
			pending = pending[:last]
			continue
		}
		r.met[next], pending[last].entered = true, true
		for _, below := range slices.Backward(p.below(r, next)) {
			if !r.met[below] {
				pending = append(pending, step{below, false})
			}
		}
	}
}

// below is what something that is needed needs itself. Those that are about it are
// kept with it, as far as they are linked.
func (p *planner) below(r *repository, n need) []need {
	below := p.parts(r, n)
	for _, referrer := range r.referrers[n.id] {
		below = append(below, need{referrer, true})
	}
	return below
}

// parts are what a pull goes on to.
func (p *planner) parts(r *repository, n need) (below []need) {
	if _, linked := r.revisions[n.id]; !n.manifest && !linked {
		if target, known := p.aliased(r, n.id); known && p.isAlias(n) {
			below = append(below, need{target, false})
		}
		return below
	}
	m := p.manifest(n.id)
	if m == nil {
		return below
	}
	for _, ref := range m.References {
		if ref.Foreign {
			continue
		}
		if ref.Manifest && !p.isMissed(r, ref.Digest) {
			r.sparse = true
			r.passed[ref.Digest] = append(r.passed[ref.Digest], n.id)
			continue
		}
		below = append(below, need{ref.Digest, ref.Manifest})
	}
	return below
}

// manifest is what a digest refers to, nil where it is not known: read by the
// scan, or else now, here or from the other tree.
func (p *planner) manifest(id ID) *inventory.Manifest {
	if m := p.inv.Manifest(id); m != nil && (m.State == inventory.Sound || m.State == inventory.Strange) {
		return m
	}
	m, known := p.manifests[id]
	if !known {
		m = p.readManifest(p.root, id)
		if m == nil && p.opts.From != nil {
			m = p.readManifest(p.opts.From, id)
		}
		p.manifests[id] = m
	}
	return m
}

func (p *planner) readManifest(root store.Dir, id ID) *inventory.Manifest {
	d := p.digest(id)
	if layout.IsTarsum(d) {
		return nil
	}
	data, _, err := root.Read(layout.BlobData(d), manifest.Limit, nil)
	if err != nil || d.Algorithm().FromBytes(data) != d {
		return nil
	}
	var reader manifest.Reader
	parsed, err := reader.Read(data)
	if err != nil {
		return &inventory.Manifest{State: inventory.Strange}
	}
	p.subjects[id] = nil
	for _, subject := range parsed.Subjects {
		p.subjects[id] = append(p.subjects[id], p.inv.Digests.Intern(subject.Digest()))
	}
	m := &inventory.Manifest{Kind: parsed.Kind}
	for _, ref := range parsed.References {
		m.References = append(m.References, inventory.Reference{
			Digest: p.inv.Digests.Intern(ref.Digest.Digest()), Manifest: ref.Manifest, Config: ref.Config, Foreign: ref.Foreign,
		})
	}
	return m
}

// remember notes which blobs the repository makes matter.
func (p *planner) remember(r *repository) {
	for _, n := range r.needs {
		if p.isAlias(n) {
			continue
		}
		_, revision := r.revisions[n.id]
		_, layer := r.layers[n.id]
		b := p.blob(n.id)
		b.needed = true
		b.linked = b.linked || !n.manifest || revision || layer
		b.unlinked = b.unlinked || n.manifest && !revision && !layer && !p.isLinked(n.id)
	}
	for _, l := range r.broken {
		if rewritable(l.link) {
			p.blob(l.digest)
		}
	}
	for _, revision := range r.Revisions {
		switch m := p.inv.Manifest(revision.Digest); {
		case m == nil:
		case m.State == inventory.Corrupt, m.State == inventory.Empty, m.State == inventory.TooLarge:
			p.blob(revision.Digest).linked = true
		}
	}
}

// tagsOf are the tags that something is needed for.
func (p *planner) tagsOf(r *repository, id ID) (names []string) {
	if r.parents == nil {
		r.parents, r.pointing = map[ID][]ID{}, map[ID][]string{}
		for i, is := range r.tags {
			if is.known {
				r.pointing[is.target] = append(r.pointing[is.target], r.Tags[i].Name)
			}
		}
		for _, n := range r.needs {
			for _, part := range p.parts(r, n) {
				r.parents[part.id] = append(r.parents[part.id], n.id)
			}
		}
	}
	met := map[ID]bool{id: true}
	for pending := []ID{id}; len(pending) > 0; {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		names = append(names, r.pointing[next]...)
		for _, parent := range r.parents[next] {
			if !met[parent] {
				met[parent] = true
				pending = append(pending, parent)
			}
		}
	}
	slices.Sort(names)
	return names
}
