package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

func (r *references) parse(b []byte) error {
	type descriptor struct {
		Digest string `json:"digest"`
	}
	var m struct {
		Config    descriptor   `json:"config"`
		Layers    []descriptor `json:"layers"`
		Manifests []descriptor `json:"manifests"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for _, c := range m.Manifests {
		d, err := parseDigest(c.Digest)
		if err != nil {
			return err
		}
		r.children = append(r.children, d)
	}
	if m.Config.Digest == "" {
		return nil
	}
	for _, l := range append(m.Layers, m.Config) {
		d, err := parseDigest(l.Digest)
		if err != nil {
			return err
		}
		r.blobs = append(r.blobs, d)
	}
	return nil
}

// answer marks from the tags, adds up, and looks at the size of what is dead.
func (w *walker) answer() (verdict, error) {
	v := verdict{repositories: len(w.repos)}
	for _, r := range w.repos {
		revisions, links := w.mark(r)
		v.tags += len(r.tags)
		v.revisions += len(r.revisions)
		v.deadRevs += len(r.revisions) - revisions
		v.layerLinks += len(r.layers)
		v.deadLinks += len(r.layers) - links
	}
	var dead, bytes atomic.Int64
	err := parallel(len(w.shards), func(i int, _ []byte) error {
		s := w.shards[i]
		defer s.dir.close()
		for _, d := range s.blobs {
			if w.live[d] {
				continue
			}
			var st unix.Stat_t
			if err := unix.Fstatat(int(s.dir), d.hex()+"/data", &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
				return fmt.Errorf("stat %s: %w", d, err)
			}
			dead.Add(1)
			bytes.Add(st.Size)
		}
		return nil
	})
	for _, s := range w.shards {
		v.blobs += len(s.blobs)
	}
	v.deadBlobs, v.deadBytes = int(dead.Load()), bytes.Load()
	return v, err
}

// mark makes live what the tags of a repository reach, and counts its live
// revisions and layer links. Links are of the repository, blobs of the store:
// each repository descends anew.
func (w *walker) mark(r *bareRepo) (revisions, links int) {
	linked := make(map[digest]bool, len(r.layers))
	for _, d := range r.layers {
		linked[d] = true
	}
	seen := make(map[digest]bool, len(r.revisions))
	for todo := r.heads; len(todo) > 0; {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		m := w.manifests[d]
		if m == nil || seen[d] {
			continue
		}
		seen[d], w.live[d] = true, true
		todo = append(todo, m.children...)
		for _, b := range m.blobs {
			w.live[b] = true
			if linked[b] {
				links++
				delete(linked, b)
			}
		}
	}
	return len(seen), links
}

func parseDigest(s string) (d digest, err error) {
	encoded, ok := strings.CutPrefix(s, "sha256:")
	if !ok || len(encoded) != hex.EncodedLen(len(d)) {
		return d, fmt.Errorf("no sha256 digest: %q", s)
	}
	_, err = hex.Decode(d[:], []byte(encoded))
	return d, err
}
