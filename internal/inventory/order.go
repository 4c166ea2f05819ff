package inventory

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"regjanitor/internal/layout"
)

// byName sorts a listing, in the task that made it: what is in order already
// costs nothing more when all is put together.
func byName(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int {
		// Of digests the first characters nearly always decide.
		if len(a.name) >= 8 && len(b.name) >= 8 {
			first, second := binary.BigEndian.Uint64(a.name), binary.BigEndian.Uint64(b.name)
			if first != second {
				return cmp.Compare(first, second)
			}
		}
		return bytes.Compare(a.name, b.name)
	})
	return entries
}

// sort gives every slice the order of names and digests, whatever the order in
// which tasks came to an end.
func (inv *Inventory) sort() {
	byDigest := inv.Digests.Compare
	slices.SortFunc(inv.Repositories, func(a, b *Repository) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range inv.Repositories {
		order(r.Tags, func(a, b Tag) int { return strings.Compare(a.Name, b.Name) })
		for _, tag := range r.Tags {
			order(tag.History, func(a, b Entry) int { return byDigest(a.Digest, b.Digest) })
		}
		order(r.Revisions, func(a, b Revision) int { return byDigest(a.Digest, b.Digest) })
		order(r.Layers, func(a, b Layer) int { return byDigest(a.Digest, b.Digest) })
		order(r.Uploads, func(a, b Upload) int { return strings.Compare(a.ID, b.ID) })
		order(r.Discarded, func(a, b Discarded) int { return strings.Compare(a.Name, b.Name) })
	}
}

// order sorts what is not in order already.
func order[T any](s []T, compare func(a, b T) int) {
	if !slices.IsSortedFunc(s, compare) {
		slices.SortFunc(s, compare)
	}
}

// index makes blobs findable by digest.
func (inv *Inventory) index() {
	inv.blobs = make([]int32, inv.Digests.Len())
	for i, blob := range inv.Blobs {
		inv.blobs[blob.Digest] = int32(i) + 1
	}
}

// finish puts in order what any look may have added to.
func (inv *Inventory) finish() {
	for id := range ID(inv.Digests.Len()) {
		m, blob := inv.Manifest(id), inv.Blob(id)
		if m != nil && blob != nil && (m.State == Missing || m.State == Empty && blob.Stamp.Size > 0) {
			inv.Vanished = append(inv.Vanished, layout.BlobData(inv.Digests.Digest(id)))
		}
	}
	slices.SortFunc(inv.Leftovers, func(a, b Leftover) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(inv.Folders, func(a, b Folder) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(inv.Oddities, func(a, b Oddity) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Code, b.Code))
	})
	slices.Sort(inv.Vanished)
}
