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
	sources := map[ID][]ID{} // of each manifest
	all := map[ID]bool{}
	for _, id := range ids {
		if sources[id] == nil {
			sources[id] = inv.dated(id)
		}
		for _, source := range sources[id] {
			all[source] = true
		}
	}
	read, err := readCreated(ctx, inv.Digests, root, slices.Collect(maps.Keys(all)), jobs)
	if err != nil {
		return nil, err
	}
	created := map[ID]Created{}
	for id, from := range sources {
		for _, source := range from {
			c, said := created[id], read[source]
			if said.Time.After(c.Time) {
				c.Time = said.Time
			}
			if c.Err == nil {
				c.Path, c.Err, c.Gone = said.Path, said.Err, said.Gone
			}
			created[id] = c
		}
	}
	return created, nil
}

// dated are the blobs that say when the images of a manifest were built.
func (inv *Inventory) dated(id ID) (sources []ID) {
	met := map[ID]bool{id: true}
	for pending := []ID{id}; len(pending) > 0; {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		m := inv.Manifest(next)
		if m == nil || m.State != Sound {
			continue
		}
		if m.Kind == manifest.Schema1 {
			sources = append(sources, next)
		}
		for _, ref := range m.References {
			if met[ref.Digest] {
				continue
			}
			met[ref.Digest] = true
			if ref.Config {
				sources = append(sources, ref.Digest)
			} else if m.IsIndex() {
				pending = append(pending, ref.Digest)
			}
		}
	}
	return sources
}

// readCreated reads what blobs say. What has another hash than its name says
// somebody else's time, if any. A digest that is not sha256 is no blob's own name.
func readCreated(ctx context.Context, digests *Digests, root store.Dir, blobs []ID, jobs int) (map[ID]Created, error) {
	found := make([]Created, len(blobs))
	c := newCrew(ctx, jobs)
	c.each(len(blobs), func(i int) error {
		key := digests.key(blobs[i])
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
			found[i] = Created{Path: path, Err: err, Gone: errors.Is(err, fs.ErrNotExist)}
			return nil
		}
		found[i].Time, _ = manifest.Created(data)
		return nil
	}, nil)
	if err := c.work(); err != nil {
		return nil, err
	}
	created := map[ID]Created{}
	for i, said := range found {
		created[blobs[i]] = said
	}
	return created, nil
}

var errOther = errors.New("the content does not hash to its digest")
