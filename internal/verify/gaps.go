package verify

import (
	"fmt"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// GapKind is why something may be absent, or not be served, without any damage.
type GapKind uint8

// The kinds of gaps.
const (
	SparseChild   GapKind = iota // of an index: never pushed, or deleted on purpose
	ForeignLayer                 // its descriptor says where else it is
	AbsentSubject                // of a signature, say
	NotCached                    // by a pull-through cache
	TagName                      // no registry can serve a tag of this name
	OldManifest                  // registry 2 serves it, registry 3 does not
)

// Gap is something that is absent, or not served, and is no damage.
type Gap struct {
	Kind    GapKind
	Path    string // relative to the v2 directory
	Problem string
}

func (t *trial) gap(kind GapKind, path, problem string) {
	t.verdict.Gaps = append(t.verdict.Gaps, Gap{kind, path, problem})
}

// rightly tells whether what a step does not find may rightly be absent. What a
// tag points to is not asked for here.
func (t *trial) rightly(s graph.Step, found graph.Found) bool {
	d := t.inv.Digests.Digest(s.Digest)
	switch {
	case t.Proxy && (found.Fault == graph.NoLink || found.Fault == graph.NoBlob && !t.thereAtAll(found.At)):
		t.gap(NotCached, layout.Repository(t.from.Name), fmt.Sprintf("lacks %s; a pull-through cache may", d))
	case s.Manifest && found.Fault == graph.NoLink && found.At == s.Digest && t.sparse(s.Digest):
		t.gap(SparseChild, layout.Repository(t.from.Name), fmt.Sprintf("has an index that lists %s, which this repository lacks; that is legitimate", d))
	default:
		return false
	}
	return true
}

// thereAtAll tells of data that is there and is no blob: a directory, say.
func (t *trial) thereAtAll(id inventory.ID) bool {
	_, hidden := t.hiddenBy(id)
	return hidden
}

// sparse tells whether a child that the repository does not link was never pushed
// to it, or was deleted with its blob. Where there is such a blob, it has to be
// that of another repository, and this one must not have what only the child needs.
func (t *trial) sparse(id inventory.ID) bool {
	if t.inv.Blob(id) == nil {
		return !t.thereAtAll(id)
	}
	m := t.inv.Manifest(id)
	if !t.linkedElsewhere(id) || m == nil || m.State != inventory.Sound {
		return false
	}
	hasConfig := false
	for _, ref := range m.References {
		hasConfig = hasConfig || ref.Config
	}
	for _, ref := range m.References {
		own := ref.Config || !hasConfig
		if own && !ref.Foreign && t.pull.Look(graph.Step{Digest: ref.Digest, Manifest: ref.Manifest}).Fault != graph.NoLink {
			return false
		}
	}
	return len(m.References) > 0
}

// linkedElsewhere tells whether any repository has a revision link to a manifest
// that this one has none to.
func (t *trial) linkedElsewhere(id inventory.ID) bool {
	if t.linked == nil {
		t.linked = t.inv.Linked()
	}
	return t.linked[id]
}

func (t *trial) foreign(by, id inventory.ID) {
	if t.inv.Blob(id) == nil {
		t.gap(ForeignLayer, layout.Revision(t.from.Name, t.inv.Digests.Digest(by)),
			fmt.Sprintf("needs %s, and says where else it is to be had; that is legitimate", t.inv.Digests.Digest(id)))
	}
}

func (t *trial) subjects(by inventory.ID) {
	for _, subject := range t.inv.Subjects[by] {
		if t.pull.Look(graph.Step{Digest: subject, Manifest: true}).Fault == graph.NoLink {
			t.gap(AbsentSubject, layout.Revision(t.from.Name, t.inv.Digests.Digest(by)),
				fmt.Sprintf("is about %s, which this repository lacks; that is legitimate", t.inv.Digests.Digest(subject)))
		}
	}
}

// outdated tells of what only older registries serve.
func (t *trial) outdated() {
	if len(t.old) == 0 {
		return
	}
	example := ""
	for _, id := range t.manifests {
		if t.old[id] {
			example = t.inv.Digests.Digest(id).String()
			break
		}
	}
	t.gap(OldManifest, layout.Repository(t.from.Name),
		fmt.Sprintf("has %d of schema 1 or of registry 2.1, as %s: registry 2 serves them, registry 3 does not", len(t.old), example))
}
