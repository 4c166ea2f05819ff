package inventory

import (
	"context"
	"maps"
	"slices"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/store"
)

// Created reads when the images of these manifests were built, each source once:
// an image's configuration, schema1's own history, and of an index its images',
// of which the newest counts. A manifest of which nobody can say it, because
// something is not there, not what its digest says, too large or no image, is
// left out. The only error is that of ctx.
func (inv *Inventory) Created(ctx context.Context, root store.Dir, ids []ID, jobs int) (map[ID]time.Time, error) {
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
	created := map[ID]time.Time{}
	for id, from := range sources {
		for _, source := range from {
			if at, known := read[source]; known && at.After(created[id]) {
				created[id] = at
			}
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
// somebody else's time, if any.
func readCreated(ctx context.Context, digests *Digests, root store.Dir, blobs []ID, jobs int) (map[ID]time.Time, error) {
	found := make([]time.Time, len(blobs))
	c := newCrew(ctx, jobs)
	c.each(len(blobs), func(i int) error {
		key := digests.key(blobs[i])
		d := key.Digest()
		if layout.IsTarsum(d) {
			return nil
		}
		data, _, err := read(root, layout.BlobData(d), manifest.Limit, nil)
		if err == nil && hashes(key, data) {
			found[i], _ = manifest.Created(data)
		}
		return nil
	}, nil)
	if err := c.work(); err != nil {
		return nil, err
	}
	created := map[ID]time.Time{}
	for i, at := range found {
		if !at.IsZero() {
			created[blobs[i]] = at
		}
	}
	return created, nil
}
