package graph

import (
	"fmt"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/refusal"
)

// suspects pins a repository for what no reading could clear, whether or not a
// root reaches it.
func (m *marker) suspects(i int) {
	if !m.from.Legal {
		m.doubt("repository-name", layout.Repository(m.from.Name), "holds links, and no registry can serve a repository of this name",
			"rename or remove the directory", true)
	}
	for j, revision := range m.from.Revisions {
		if m.dropped(i, j) {
			continue
		}
		switch revision.Link.State {
		case inventory.LinkNotFile, inventory.LinkTooLong, inventory.LinkUnreadable:
			m.badLink(m.revisionLink(revision.Digest), revision.Link)
		}
		m.untagged(revision.Digest)
	}
	for _, layer := range m.from.Layers {
		switch layer.Link {
		case inventory.LinkNotFile, inventory.LinkTooLong, inventory.LinkUnreadable:
			m.badLayer(layer)
		}
	}
}

// untagged pins for a manifest that is there and cannot be read: it might be
// about a kept one.
func (m *marker) untagged(id ID) {
	read := m.inv.Manifest(id)
	switch {
	case read == nil, read.State == inventory.Sound, read.State == inventory.Missing, read.State == inventory.Empty:
	default:
		m.badManifest(id, read)
	}
}

func (m *marker) badLayer(layer inventory.Layer) {
	path := layout.Layer(m.from.Name, m.inv.Digests.Digest(layer.Digest)) + "/" + layout.Link
	m.badLink(path, inventory.Link{State: layer.Link})
}

// spaced tells of a link that a registry cannot read and we can.
func (m *marker) spaced(path string) {
	m.doubt("link-whitespace", path, "has white space around its digest; the registry answers 500", "push the image again", false)
}

// hidden deals with a kept layer link that cannot be read: its name may tell
// which blob it keeps, and where it does not, no blob can be judged.
func (m *marker) hidden(id ID) {
	m.badLayer(m.from.Layers[m.of(id).layer-1])
	d := m.inv.Digests.Digest(id)
	if d.Algorithm() == "sha256" || m.graph.Refused != nil || m.roots.Trace {
		return
	}
	m.graph.Refused = refusal.New("layer-target-unknown",
		"push the image again, which writes the link anew, or remove what needs it: regjanitor rm "+m.from.Name,
		"%s cannot be read, and which blob it keeps is written nowhere else", layout.Layer(m.from.Name, d)+"/"+layout.Link)
}

// gap deals with a layer whose blob is not there, which is worth a word, or whose
// link is not there, so that nobody knows which blob it is. A manifest that the
// repository does not link itself may rightly lack its layers.
func (m *marker) gap(id ID, via Via, ref inventory.Reference) {
	target := ref.Digest
	if m.hasLayer(target) {
		target = m.from.Layers[m.of(target).layer-1].Target
	}
	if ref.Foreign || m.roots.Proxy || m.inv.Blob(target) != nil || !m.hasRevision(id) && !m.hasLayer(id) {
		return
	}
	switch d := m.inv.Digests.Digest(target); {
	case !m.hasLayer(ref.Digest) && d.Algorithm() != "sha256":
		m.graph.AnyBlob = m.graph.AnyBlob || !m.roots.Trace
		m.doubt("layer-link-missing", layout.Layer(m.from.Name, d)+"/"+layout.Link,
			"is gone, and which blob it keeps is written nowhere else: no blob is removed", "push the image again, or remove it with regjanitor rm", true)
	case reached(via) && !layout.IsTarsum(d):
		m.notice("layer-missing", layout.BlobData(d), "is gone, and an image of "+m.from.Name+" cannot be pulled without it: push it again")
	}
}

// notice mentions something once that changes nothing.
func (m *marker) notice(code, path, problem string) {
	key := doubtKey{m.at, code, path + " " + problem}
	if m.roots.Trace || m.doubted[key] || m.whole {
		return
	}
	m.doubted[key] = true
	m.graph.Notices = append(m.graph.Notices, Doubt{Code: code, Repository: m.from.Name, Path: path, Problem: problem})
}

// understood tells whether a reached manifest has references that can be
// followed, and pins the repository where it should have and has not.
func (m *marker) understood(id ID, via Via) bool {
	read := m.inv.Manifest(id)
	if read == nil {
		read = &inventory.Manifest{State: inventory.Missing}
	}
	switch {
	case read.State == inventory.Sound:
		return true
	case read.State == inventory.Empty && !reached(via):
	case read.State != inventory.Missing:
		m.badManifest(id, read)
		return len(read.References) > 0
	case via.Kind == ByHistory && !m.hasRevision(id):
	case m.roots.Proxy, !m.hasRevision(id) && !m.hasLayer(id):
		m.absent(id, via)
	case reached(via):
		m.badManifest(id, read)
	}
	return false
}

// reached tells what a tag needs, however far, from what stays by the way.
func reached(via Via) bool { return via.Kind != ByPin && via.Kind != ByItself }

// absent mentions a child that was never pushed, or was deleted on purpose.
func (m *marker) absent(id ID, via Via) {
	if via.Kind == ByManifest {
		m.notice("child-absent", layout.Revision(m.from.Name, m.inv.Digests.Digest(ID(via.From))),
			fmt.Sprintf("lists %s, which is not in this registry; that is legitimate", m.inv.Digests.Digest(id)))
	}
}

var manifestProblems = map[inventory.ManifestState]struct{ code, problem string }{
	inventory.Missing:    {"manifest-missing", "is linked, and its blob is gone"},
	inventory.Empty:      {"manifest-empty", "has no bytes"},
	inventory.Corrupt:    {"manifest-corrupt", "does not hash to its digest"},
	inventory.TooLarge:   {"manifest-too-large", fmt.Sprintf("is larger than %d bytes, the most that a registry takes", manifest.Limit)},
	inventory.NotFile:    {"manifest-not-a-file", "is not a regular file"},
	inventory.Unreadable: {"manifest-unreadable", "cannot be read"},
	inventory.Strange:    {"manifest-unknown", "is not understood"},
}

// badManifest pins the repository for a manifest that cannot be followed.
func (m *marker) badManifest(id ID, read *inventory.Manifest) {
	about := manifestProblems[read.State]
	problem := "the manifest " + about.problem
	path := layout.BlobData(m.inv.Digests.Digest(id))
	if why := m.inv.Unread[path]; why != nil {
		problem += ": " + why.Error()
	}
	hint := "regjanitor repair moves a bad file aside, which the registry never overwrites; then push the image again; " +
		"or give the tag up with regjanitor rm"
	switch read.State {
	case inventory.Unreadable:
		hint = "run as root or as the registry's own user; check the disk"
	case inventory.Strange:
		hint = "this version does not know such manifests: keep it, or remove it with regjanitor rm"
	}
	m.doubt(about.code, path, problem, hint, true)
}

var linkProblems = map[inventory.LinkState]struct{ code, problem string }{
	inventory.LinkEmpty:      {"link-empty", "the link is empty"},
	inventory.LinkGarbled:    {"link-garbled", "the link holds no digest"},
	inventory.LinkTooLong:    {"link-too-long", "the link is far too long for a digest"},
	inventory.LinkNotFile:    {"link-not-a-file", "the link is not a regular file"},
	inventory.LinkUnreadable: {"link-unreadable", "the link cannot be read"},
}

// badLink pins the repository for a link that names no digest.
func (m *marker) badLink(path string, link inventory.Link) {
	about := linkProblems[link.State]
	problem := about.problem
	if why := m.inv.Unread[path]; why != nil {
		problem += ": " + why.Error()
	}
	m.doubt(about.code, path, problem, "regjanitor repair writes a link anew where it can be proven what it said; else push the image again, or remove the tag with regjanitor rm", true)
}

// doubt records a problem once, and pins the repository if it has to.
func (m *marker) doubt(code, path, problem, hint string, pins bool) {
	if m.roots.Trace && !m.roots.Pins || m.whole && !faults[code] {
		return
	}
	m.to.Pinned = m.to.Pinned || pins
	if m.roots.Trace {
		return
	}
	key := doubtKey{m.at, code, path}
	if m.doubted[key] {
		return
	}
	m.doubted[key] = true
	m.graph.Doubts = append(m.graph.Doubts, Doubt{code, m.from.Name, path, problem, hint, pins})
}

// faults are the disk's: they are told of any repository.
var faults = map[string]bool{"link-unreadable": true, "manifest-unreadable": true}

type doubtKey struct {
	repository int32
	code, path string
}

func (m *marker) revisionLink(id ID) string {
	return layout.Revision(m.from.Name, m.inv.Digests.Digest(id)) + "/" + layout.Link
}
