package plan

import "regjanitor/internal/layout"

func (b *builder) uploads(r int, reason Reason) {
	if b.opts.KeepUploads {
		return
	}
	repo := b.inv.Repositories[r]
	for i, upload := range repo.Uploads {
		old := !b.opts.young(upload.Newest, max(b.opts.UploadAge, b.opts.MinAge))
		switch {
		case reason == Stale && !old:
		case upload.Odd != "":
			b.warn("upload-odd", repo.Name, layout.Upload(repo.Name, upload.ID)+"/"+upload.Odd,
				"does not belong in an upload, which stays")
		default:
			b.add(Upload, reason, r, i, 0)
		}
	}
}

// discarded dooms what earlier runs left of tags.
func (b *builder) discarded(r int) {
	for i := range b.inv.Repositories[r].Discarded {
		b.add(Discarded, Stale, r, i, 0)
	}
}

// leftovers dooms the temporary files that have lain there long enough. In a
// pinned repository they stay: one may hold what its damaged link has lost.
func (b *builder) leftovers() {
	for i, leftover := range b.inv.Leftovers {
		if b.opts.young(leftover.Stamp.MTime, max(leftoverAge, b.opts.MinAge)) {
			continue
		}
		r, ok := b.inv.Find(leftover.Repository)
		switch {
		case leftover.Repository == "" && len(b.opts.Scope) == 0:
			b.add(Leftover, Stale, -1, i, 0)
		case ok && b.open(r):
			b.add(Leftover, Stale, r, i, 0)
		}
	}
}
