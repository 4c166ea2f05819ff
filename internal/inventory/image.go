package inventory

import (
	"context"

	"regjanitor/internal/store"
)

// Image is what the images of a manifest say of themselves.
type Image struct {
	Created
	Platforms []string // as in linux/arm64/v8, each once, in the manifest's order
}

// Images reads what Created does and, in the same pass, for which platforms images
// are built: as the index says that lists them, or else their own configuration.
// The only error is that of ctx.
func (inv *Inventory) Images(ctx context.Context, root store.Dir, ids []ID, jobs int) (map[ID]Image, error) {
	sources, all := inv.sources(ids)
	for id := range sources {
		inv.within(id, func(id ID, m *Manifest) {
			if m.IsIndex() {
				all[id] = true
			}
		})
	}
	read, err := inv.readSources(ctx, root, all, jobs, true)
	if err != nil {
		return nil, err
	}
	images := make(map[ID]Image, len(sources))
	for id, from := range sources {
		images[id] = Image{newest(from, read), inv.platforms(id, read)}
	}
	return images, nil
}

// platforms are those of a manifest's images, by what has been read.
func (inv *Inventory) platforms(id ID, read map[ID]said) (list []string) {
	met, named := map[string]bool{"": true}, map[ID]bool{} // what an index names
	add := func(platform string) {
		if !met[platform] {
			met[platform] = true
			list = append(list, platform)
		}
	}
	inv.within(id, func(id ID, m *Manifest) {
		children := read[id].children
		for _, ref := range m.References {
			switch {
			case m.IsIndex():
				platform := children[inv.Digests.Digest(ref.Digest)]
				named[ref.Digest] = named[ref.Digest] || platform != ""
				add(platform)
			case ref.Config && !named[id]:
				add(read[ref.Digest].platform)
			}
		}
		if !named[id] {
			add(read[id].platform)
		}
	})
	return list
}
