package graph

import (
	"path"

	"regjanitor/internal/layout"
)

// everything keeps all that the repository links. A pin that is found only
// while this goes on changes nothing more.
func (m *marker) everything() {
	kind := ByItself
	if m.to.Pinned {
		kind = ByPin
	}
	for _, revision := range m.from.Revisions {
		m.push(revision.Digest, Via{kind, m.at, uint32(revision.Digest)})
		for _, signature := range m.from.Signatures[revision.Digest] {
			m.blob(signature, Via{kind, m.at, uint32(revision.Digest)})
		}
	}
	for _, layer := range m.from.Layers {
		m.layer(layer.Digest, Via{kind, m.at, uint32(layer.Digest)})
	}
	for _, discarded := range m.from.Discarded {
		for _, f := range discarded.Files {
			if id, ok := m.linkedAt(f.Path); ok {
				m.blob(id, Via{kind, m.at, uint32(id)})
			}
		}
	}
	m.drain()
}

// linkedAt is the digest that names the directory which a link lies in.
func (m *marker) linkedAt(link string) (ID, bool) {
	above, hex := path.Split(path.Dir(link))
	d, err := layout.ParseLeaf(path.Base(above), hex)
	if err != nil {
		return 0, false
	}
	return m.inv.Digests.Lookup(d)
}
