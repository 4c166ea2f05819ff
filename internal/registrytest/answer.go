package registrytest

import (
	"time"

	"github.com/opencontainers/go-digest"
)

// How long a default sweep lets litter lie.
const (
	uploadGrace = 168 * time.Hour
	tempGrace   = 24 * time.Hour
)

// Live is what a sweep with default options must leave, and Dead what it must
// remove, both in letters and sorted: together they are the Contents of an
// undamaged tree, and after the sweep Contents is Live.
//
// Both are computed from the spec, not from the disk, and for the tree as the
// registry's own operations made it: damage and raw statements do not change
// the answer. Whatever damage does, nothing outside Dead may ever be removed,
// save what the damage itself brought in. A manifest that a janitor cannot read
// (kinds unknown and text, a type= or schema= of one's own, nest and pad beyond
// its bounds) is damage too, though the answer here knows what it says. Where no root is left at all, the
// answer is that of a sweep which is allowed to empty the registry.
func (t *Tree) Live() []string {
	live, _ := t.answer()
	return sorted(live)
}

// Dead is described at Live.
func (t *Tree) Dead() []string {
	_, dead := t.answer()
	return sorted(dead)
}

// marks are the digests that something in one repository needs, and the
// manifests among them whose references count too.
type marks struct {
	needed, descended map[digest.Digest]bool
}

func (t *Tree) answer() (live, dead map[string]bool) {
	live, dead = map[string]bool{}, map[string]bool{}
	file := func(line string, lives bool) {
		if lives {
			live[line] = true
		} else {
			dead[line] = true
		}
	}
	everywhere := map[digest.Digest]bool{}
	for name, r := range t.world.repos {
		m := t.mark(r)
		for d := range m.needed {
			everywhere[d] = true
		}
		t.judge(name, r, m, file)
	}
	for d := range t.world.blobs {
		file("blob "+t.Name(d), everywhere[d])
	}
	for temp, age := range t.world.temps {
		file(temp, age < tempGrace)
	}
	if t.world.proxy {
		file("/scheduler-state.json", true)
	}
	return live, dead
}

// judge files everything that a repository holds.
func (t *Tree) judge(repo string, r *repository, m marks, file func(string, bool)) {
	for name, tag := range r.tags {
		if tag.current != "" {
			file(repo+" tag "+t.tagWords(name), true)
		}
		for d := range tag.history {
			file(repo+" history "+t.tagWords(name)+" "+t.Name(d), m.descended[d] || d == tag.current)
		}
	}
	for d := range r.revisions {
		file(repo+" revision "+t.Name(d), m.needed[d])
	}
	for d := range r.signatures {
		file(repo+" signature "+t.Name(d), r.revisions[d] && m.needed[d])
	}
	for d := range r.layers {
		file(repo+" layer "+t.Name(d), m.needed[d])
	}
	for name, age := range r.uploads {
		file(repo+" upload "+name, age <= uploadGrace)
	}
	if r.bare() && !t.world.hasTemp(repo) {
		file(repo+" (empty)", false)
	}
	for line, at := range r.emptied {
		_, temp := t.world.temps["temp "+line]
		_, signed := r.signatures[at]
		if !temp && !signed {
			file(line+" (empty)", false)
		}
	}
}

// mark is the fixpoint for one repository.
func (t *Tree) mark(r *repository) marks {
	m := marks{map[digest.Digest]bool{}, map[digest.Digest]bool{}}
	for d := range t.roots(r) {
		m.needed[d], m.descended[d] = true, true
	}
	for before := -1; before < len(m.needed)+len(m.descended); {
		before = len(m.needed) + len(m.descended)
		for d := range m.descended {
			t.markReferences(m, d)
		}
		for d := range m.needed {
			if to, ok := r.layers[d]; ok {
				m.needed[to] = true
			}
			if to, ok := r.signatures[d]; ok && r.revisions[d] {
				m.needed[to] = true
			}
		}
		for d := range r.revisions {
			if subject := t.subject(d); subject != "" && m.needed[subject] {
				m.needed[d], m.descended[d] = true, true
			}
			if m.needed[d] {
				m.descended[d] = true
			}
		}
	}
	return m
}

// roots are what a repository keeps for its own sake.
func (t *Tree) roots(r *repository) map[digest.Digest]bool {
	roots := map[digest.Digest]bool{}
	for _, tag := range r.tags {
		switch _, inLayers := r.layers[tag.current]; {
		case tag.current == "":
			for d := range tag.history {
				roots[d] = true
			}
		case !t.world.proxy || r.revisions[tag.current] || inLayers:
			roots[tag.current] = true
		}
	}
	if !r.tagsDir {
		for d := range r.revisions {
			roots[d] = true
		}
	}
	return roots
}

// markReferences marks what a manifest refers to, if the registry holds it.
func (t *Tree) markReferences(m marks, d digest.Digest) {
	manifest := t.spec.things[t.spec.names[d]]
	if manifest == nil || !t.world.blobs[d] {
		return
	}
	for _, ref := range manifest.refs {
		to, err := t.spec.refDigest(ref)
		if err != nil {
			continue // settled with the spec; cannot fail any more
		}
		m.needed[to] = true
		if t.spec.toManifest(ref) {
			m.descended[to] = true
		}
	}
}

// subject is the digest of a manifest's subject, if the registry holds the
// manifest and it has one.
func (t *Tree) subject(d digest.Digest) digest.Digest {
	manifest := t.spec.things[t.spec.names[d]]
	if manifest == nil || !t.world.blobs[d] || manifest.options["subject"] == "" {
		return ""
	}
	return t.spec.things[manifest.options["subject"]].digest
}
