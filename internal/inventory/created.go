package inventory

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/store"
)

// Created is when the images of a manifest were built: the zero time where they
// do not say. Err is why nobody knows: what should tell, at Path, is not there or
// not what its digest says, or the disk does not give it.
type Created struct {
	Time time.Time
	Path string
	Err  error
	Gone bool // it is not there
}

// Created reads when the images of these manifests were built, each source once:
// an image's configuration, schema1's own history, and of an index its images',
// of which the newest counts. A manifest that is no image is left out. The only
// error is that of ctx.
func (inv *Inventory) Created(ctx context.Context, root store.Dir, ids []ID, jobs int) (map[ID]Created, error) {
	sources, all := inv.sources(ids)
	read, err := inv.readSources(ctx, root, all, jobs, false)
	if err != nil {
		return nil, err
	}
	created := map[ID]Created{}
	for id, from := range sources {
		if len(from) > 0 {
			created[id] = newest(from, read)
		}
	}
	return created, nil
}

// sources are those of each manifest, and of all together.
func (inv *Inventory) sources(ids []ID) (of map[ID][]ID, all map[ID]bool) {
	of, all = make(map[ID][]ID, len(ids)), map[ID]bool{}
	for _, id := range ids {
		if _, known := of[id]; known {
			continue
		}
		of[id] = inv.dated(id)
		for _, source := range of[id] {
			all[source] = true
		}
	}
	return of, all
}

// newest is the newest time of several sources, and the first reason why it may
// not be.
func newest(sources []ID, read map[ID]said) (c Created) {
	for _, source := range sources {
		said := read[source]
		if said.Time.After(c.Time) {
			c.Time = said.Time
		}
		if c.Err == nil {
			c.Path, c.Err, c.Gone = said.Path, said.Err, said.Gone
		}
	}
	return c
}

// dated are the blobs that say when the images of a manifest were built.
func (inv *Inventory) dated(id ID) (sources []ID) {
	inv.within(id, func(id ID, m *Manifest) {
		if m.Kind == manifest.Schema1 {
			sources = append(sources, id)
		}
		for _, ref := range m.References {
			if ref.Config {
				sources = append(sources, ref.Digest)
			}
		}
	})
	return sources
}

// within calls f for a manifest and for all that it lists, as far as they have been
// understood: each once, and after one that lists it.
func (inv *Inventory) within(id ID, f func(id ID, m *Manifest)) {
	met := map[ID]bool{id: true}
	for pending := []ID{id}; len(pending) > 0; pending = pending[1:] {
		m := inv.Manifest(pending[0])
		if m == nil || m.State != Sound {
			continue
		}
		f(pending[0], m)
		if !m.IsIndex() {
			continue
		}
		for _, ref := range m.References {
			if !met[ref.Digest] && !ref.Config {
				met[ref.Digest] = true
				pending = append(pending, ref.Digest)
			}
		}
	}
}

// said is what one blob says of images.
type said struct {
	Created
	platform string                   // of an image
	children map[digest.Digest]string // platforms of an index's
}

// readSources reads what blobs say. What has another hash than its name says
// somebody else's time, if any. A digest that is not sha256 is no blob's own name.
func (inv *Inventory) readSources(ctx context.Context, root store.Dir, sources map[ID]bool, jobs int, platforms bool) (map[ID]said, error) {
	blobs := slices.Collect(maps.Keys(sources))
	found := make([]said, len(blobs))
	c := newCrew(ctx, jobs)
	c.each(len(blobs), func(i int) error {
		key := inv.Digests.key(blobs[i])
		d := key.Digest()
		if d.Algorithm() != digest.SHA256 {
			return nil
		}
		path := layout.BlobData(d)
		data, _, err := read(root, path, manifest.Limit, nil)
		if err == nil && !hashes(key, data) {
			err = errOther
		}
		if err != nil {
			found[i].Created = Created{Path: path, Err: err, Gone: errors.Is(err, fs.ErrNotExist)}
			return nil
		}
		if m := inv.Manifest(blobs[i]); m != nil && m.IsIndex() {
			found[i].children = manifest.Platforms(data)
			return nil
		}
		found[i].Time, _ = manifest.Created(data)
		if platforms {
			found[i].platform = manifest.Platform(data)
		}
		return nil
	}, nil)
	if err := c.work(); err != nil {
		return nil, err
	}
	read := make(map[ID]said, len(blobs))
	for i := range found {
		read[blobs[i]] = found[i]
	}
	return read, nil
}

var errOther = errors.New("the content does not hash to its digest")
