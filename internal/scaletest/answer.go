package scaletest

// Count is how many things of each kind there are.
type Count struct {
	Repositories, Tags, Revisions, HistoryEntries, LayerLinks, Blobs int
}

// Entries are what costs of a scan and of its inventory are divided by: tags,
// revisions, history entries, layer links and blobs.
func (c Count) Entries() int {
	return c.Tags + c.Revisions + c.HistoryEntries + c.LayerLinks + c.Blobs
}

// Found is what there is.
func (r *Registry) Found() Count {
	images := r.Repositories * r.images
	return Count{
		Repositories:   r.Repositories,
		Tags:           r.Repositories * r.Tags,
		Revisions:      images,
		HistoryEntries: r.Repositories * r.Tags * r.Pushes,
		LayerLinks:     images*(1+r.Layers) + r.Repositories*r.Shared,
		Blobs:          images*(2+r.Layers) + r.Shared + r.Orphans,
	}
}

// Dead is what a sweep without options removes. Of a tag's images the last one
// stays, with the shared layer that its number gives it.
func (r *Registry) Dead() Count {
	images := r.Repositories * (r.images - r.Tags)
	shared := r.Shared - r.sharedInUse()
	return Count{
		Revisions:      images,
		HistoryEntries: r.Repositories * r.Tags * (r.Pushes - 1),
		LayerLinks:     images*(1+r.Layers) + r.Repositories*shared,
		Blobs:          images*(2+r.Layers) + shared + r.Orphans,
	}
}

// sharedInUse is how many of the shared layers the tags of a repository need,
// which are the same in each. Their images are Pushes apart, and so are the
// layers, which start again at the end.
func (r *Registry) sharedInUse() int {
	if r.Shared == 0 || r.Tags == 0 {
		return 0
	}
	a, b := r.Shared, r.Pushes
	for b != 0 {
		a, b = b, a%b
	}
	return min(r.Tags, r.Shared/a)
}
