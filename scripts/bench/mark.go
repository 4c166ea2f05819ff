package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
)

// appendReferences finds what a manifest refers to by looking for the key of a
// digest, which says the same as parsing it: the manifests are of this program's
// own making, and have no other strings.
func appendReferences(found []digest, manifest []byte) ([]digest, error) {
	const length = len("sha256:") + 2*len(digest{})
	key := []byte(`"digest": "`)
	for {
		i := bytes.Index(manifest, key)
		if i < 0 {
			break
		}
		manifest = manifest[i+len(key):]
		if len(manifest) < length {
			return nil, errors.New("it ends within a digest")
		}
		d, err := parseDigest(manifest[:length])
		if err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	if len(found) == 0 {
		return nil, errors.New("it refers to nothing")
	}
	return found, nil
}

// answer marks from the tags, adds up, and looks at the size of what is dead.
func (w *walker) answer() (verdict, error) {
	m := marker{needs: w.blobs.needs, seen: make([]int32, w.blobs.count), linked: make([]int32, w.blobs.count), live: make([]bool, w.blobs.count)}
	v := verdict{Repositories: len(w.repos), Blobs: w.blobs.count}
	tags := w.tags
	for _, r := range w.repos {
		own := 0
		for own < len(tags) && tags[own].repo == r {
			own++
		}
		v.Tags += len(r.tags)
		v.Revisions += len(r.revisions)
		v.LayerLinks += len(r.linked)
		m.mark(r, tags[:own], &v)
		tags = tags[own:]
	}
	var dead, bytes atomic.Int64
	err := parallel(len(w.blobs.shards), 1, func(i int, buf *buffers) error {
		s := &w.blobs.shards[i]
		for k := range s.digests {
			if m.live[s.first+int32(k)] {
				continue
			}
			size, err := s.dir.size(buf.blobPath(&s.digests[k]))
			if err != nil {
				return err
			}
			dead.Add(1)
			bytes.Add(size)
		}
		return nil
	})
	v.DeadBlobs, v.DeadBytes = int(dead.Load()), bytes.Load()
	return v, err
}

// A marker goes through the repositories in turn. Links are of the repository,
// blobs of the store: each repository descends anew, so what it has seen and
// what it links is noted with the repository's number.
type marker struct {
	needs        [][]int32
	repo         int32
	seen, linked []int32
	live         []bool
	todo         []int32
}

// mark makes live what the tags of a repository reach, and counts what of the
// repository's own is dead.
func (m *marker) mark(r *bareRepo, tags []*tagRange, v *verdict) {
	m.repo++
	for _, id := range r.layers {
		m.linked[id] = m.repo
	}
	v.DeadLinks += len(r.linked)
	v.DeadRevs += len(r.revisions)
	for _, t := range tags {
		m.todo = append(m.todo, t.heads...)
	}
	for len(m.todo) > 0 {
		id := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		m.live[id] = true
		if m.linked[id] == m.repo {
			m.linked[id] = 0
			v.DeadLinks--
		}
		if m.needs[id] != nil && m.seen[id] != m.repo {
			m.seen[id] = m.repo
			v.DeadRevs--
			m.todo = append(m.todo, m.needs[id]...)
		}
	}
	for _, t := range tags {
		v.History += len(t.history)
		for _, id := range t.history {
			if m.seen[id] != m.repo {
				v.DeadHistory++
			}
		}
	}
}

func parseDigest(s []byte) (d digest, err error) {
	encoded, ok := bytes.CutPrefix(s, []byte("sha256:"))
	if !ok || len(encoded) != hex.EncodedLen(len(d)) {
		return d, fmt.Errorf("no sha256 digest: %q", s)
	}
	_, err = hex.Decode(d[:], encoded)
	return d, err
}
