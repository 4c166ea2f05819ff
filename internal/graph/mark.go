package graph

import (
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// marker marks one repository after the other.
type marker struct {
	inv   *inventory.Inventory
	roots Roots
	graph *Graph

	at        int32 // place of the current repository
	from      *inventory.Repository
	to        *Repository
	whole     bool // all of it stays, and its damage is none of the run's business
	here      []here
	referrers map[ID][]ID // revisions of the current repository by subject
	stack     []step
	doubted   map[doubtKey]bool
}

// here is what a digest is to the repository of this number. All that the
// marking asks of a digest lies together, and nothing has to be cleared between
// repositories.
type here struct {
	repository int32 // its place plus one
	revision   int32 // place of the revision link plus one, 0 for none
	layer      int32 // place of the layer link plus one, 0 for none
	descended  bool
}

// of is what a digest is to the current repository.
func (m *marker) of(id ID) *here {
	h := &m.here[id]
	if h.repository != m.at+1 {
		*h = here{repository: m.at + 1}
	}
	return h
}

// step is a manifest still to be descended into.
type step struct {
	id  ID
	via Via
}

func (m *marker) repository(i int) {
	m.at, m.from, m.to = int32(i), m.inv.Repositories[i], &m.graph.Repositories[i]
	m.to.Revisions = make([]Via, len(m.from.Revisions))
	m.to.Layers = make([]Via, len(m.from.Layers))
	m.referrers = nil
	if m.roots.Gone != nil && m.roots.Gone(i) {
		return
	}
	for j, revision := range m.from.Revisions {
		m.of(revision.Digest).revision = int32(j) + 1
		if m.roots.Named == nil || !m.roots.Named(i, j) {
			m.subjects(revision.Digest)
		}
	}
	for j, layer := range m.from.Layers {
		m.of(layer.Digest).layer = int32(j) + 1
	}
	m.whole = m.roots.Whole != nil && m.roots.Whole(i)
	if !m.roots.Trace {
		m.suspects(i)
	}
	for j := range m.from.Tags {
		if m.roots.Tag != nil && m.roots.Tag(i, j) {
			m.tag(j)
		}
	}
	for j, revision := range m.from.Revisions {
		if kind := m.rootKind(i, j); kind != Nothing {
			m.root(revision.Digest, Via{kind, m.at, uint32(revision.Digest)})
		}
	}
	for j, layer := range m.from.Layers {
		if m.roots.Layer != nil && m.roots.Layer(i, j) {
			m.layer(layer.Digest, Via{ByItself, m.at, uint32(layer.Digest)})
		}
	}
	m.drain()
	if m.to.Pinned || m.whole {
		m.everything()
	} else {
		m.history()
	}
}

// rootKind is why a revision is a root of its own.
func (m *marker) rootKind(repository, revision int) ViaKind {
	switch {
	case m.roots.Young != nil && m.roots.Young(repository, revision):
		return ByAge
	case m.roots.Revision == nil || !m.roots.Revision(repository, revision):
		return Nothing
	case !m.from.HasTags:
		return ByLoss
	}
	return ByItself
}

func (m *marker) subjects(id ID) {
	for _, subject := range m.inv.Subjects[id] {
		if m.referrers == nil {
			m.referrers = map[ID][]ID{}
		}
		m.referrers[subject] = append(m.referrers[subject], id)
	}
}

// history finds the entries of kept tags that name nothing kept any more.
func (m *marker) history() {
	for i, tag := range m.from.Tags {
		if tag.Current.State == inventory.LinkAbsent {
			continue
		}
		for j, entry := range tag.History {
			pointedTo := tag.Current.Points() && tag.Current.Target == entry.Digest
			if !m.of(entry.Digest).descended && !pointedTo {
				m.to.Unneeded = append(m.to.Unneeded, Entry{int32(i), int32(j)})
			}
		}
	}
}

// tag takes what a tag points to as a root.
func (m *marker) tag(j int) {
	tag := &m.from.Tags[j]
	path := func() string { return layout.TagCurrent(m.from.Name, tag.Name) }
	switch tag.Current.State {
	case inventory.LinkAbsent:
		m.ghost(j)
		return
	case inventory.LinkGood:
	case inventory.LinkSpaced:
		m.spaced(path())
	default:
		m.to.Roots++
		m.badLink(path(), tag.Current)
		if !m.roots.Trace || m.roots.Pins { // what stays may be any of its history
			for _, entry := range tag.History {
				m.root(entry.Digest, Via{ByHistory, m.at, uint32(j)})
			}
		}
		return
	}
	target := tag.Current.Target
	if !m.hasRevision(target) && !m.hasLayer(target) {
		if m.roots.Proxy {
			return // expired
		}
		if read := m.inv.Manifest(target); read == nil || read.State == inventory.Missing {
			m.doubt("tag-dangling", path(), "points to a manifest that is gone, link and blob",
				"push the tag again, or remove it: regjanitor rm "+m.from.Name+":"+tag.Name, false)
			return
		}
		m.doubt("revision-without-link", path(), "points to a manifest that this repository does not link; the registry answers 404",
			"push the tag again", false)
	}
	m.root(target, Via{ByTag, m.at, uint32(j)})
}

// ghost takes the history of a tag without a current link as roots: a push was
// killed, or the link is lost, and any of them may be what it pointed to.
func (m *marker) ghost(j int) {
	tag := &m.from.Tags[j]
	if len(tag.History) == 0 {
		return
	}
	m.doubt("tag-without-current", layout.Tag(m.from.Name, tag.Name), "has a history and no current link; all of the history stays",
		"push the tag again, or remove it: regjanitor rm "+m.from.Name+":"+tag.Name, false)
	for _, entry := range tag.History {
		m.root(entry.Digest, Via{ByHistory, m.at, uint32(j)})
	}
}

func (m *marker) root(id ID, via Via) {
	if read := m.inv.Manifest(id); via.Kind != ByLoss || read != nil && read.State != inventory.Missing && read.State != inventory.Empty {
		m.to.Roots++
	}
	m.push(id, via)
	m.drain()
}

func (m *marker) push(id ID, via Via) { m.stack = append(m.stack, step{id, via}) }

func (m *marker) drain() {
	for len(m.stack) > 0 {
		next := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		if h := m.of(next.id); !h.descended {
			h.descended = true
			m.descend(next.id, next.via)
		}
	}
}

// descend marks a manifest with its links and goes on to what it refers to and
// to what is about it.
func (m *marker) descend(id ID, via Via) {
	m.blob(id, via)
	m.layer(id, via)
	m.revision(id, via)
	from := Via{ByManifest, m.at, uint32(id)}
	if m.understood(id, via) {
		for _, ref := range m.inv.Manifest(id).References {
			if ref.Manifest || m.hasRevision(ref.Digest) {
				m.push(ref.Digest, from)
			} else {
				m.blob(ref.Digest, from)
				m.layer(ref.Digest, from)
				m.about(ref.Digest)
				m.gap(id, via, ref)
			}
		}
	}
	m.about(id)
}

// about goes on to what has a kept digest for its subject, be that kept as a
// manifest or as bytes alone.
func (m *marker) about(id ID) {
	for _, referrer := range m.referrers[id] {
		m.push(referrer, Via{BySubject, m.at, uint32(id)})
	}
}

// revision marks the link of a manifest that is reached, and follows it where
// it says something else than its directory's name.
func (m *marker) revision(id ID, via Via) {
	if !m.hasRevision(id) {
		return
	}
	index := m.of(id).revision - 1
	m.to.Revisions[index] = via
	revision := &m.from.Revisions[index]
	for _, signature := range m.from.Signatures[id] {
		m.blob(signature, Via{ByManifest, m.at, uint32(id)})
		m.about(signature)
	}
	switch link := revision.Link; link.State {
	case inventory.LinkGood, inventory.LinkSpaced:
		if link.State == inventory.LinkSpaced {
			m.spaced(m.revisionLink(id))
		}
		if link.Target != id {
			m.doubt("link-mismatch", m.revisionLink(id), "names another digest than its directory; both stay", "push the image again", false)
			m.push(link.Target, Via{ByLink, m.at, uint32(id)})
		}
	default:
		m.badLink(m.revisionLink(id), link)
	}
}

// layer marks a layer link and what it points to, through as many links as the
// registry itself would follow.
func (m *marker) layer(id ID, via Via) {
	for m.hasLayer(id) {
		index := m.of(id).layer - 1
		if m.to.Layers[index].Live() {
			return
		}
		m.to.Layers[index] = via
		layer := m.from.Layers[index]
		m.blob(layer.Target, via)
		m.about(layer.Target)
		if layer.Link == inventory.LinkSpaced {
			m.spaced(layout.Layer(m.from.Name, m.inv.Digests.Digest(id)) + "/" + layout.Link)
		}
		if layer.Link != inventory.LinkGood && layer.Link != inventory.LinkSpaced {
			m.hidden(id)
			return
		}
		id, via = layer.Target, Via{ByLink, m.at, uint32(id)}
		if m.hasRevision(id) {
			m.push(id, via)
		}
	}
}

func (m *marker) blob(id ID, via Via) {
	if !m.graph.blobs[id].Live() {
		m.graph.blobs[id] = via
	}
}

// dropped tells a revision that the run was told to remove.
func (m *marker) dropped(repository, revision int) bool {
	return m.roots.Dropped != nil && m.roots.Dropped(repository, revision)
}

func (m *marker) hasRevision(id ID) bool { return m.of(id).revision != 0 }
func (m *marker) hasLayer(id ID) bool    { return m.of(id).layer != 0 }
