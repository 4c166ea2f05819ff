package inventory

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"syscall"
)

// sort gives every slice the order of names and digests, whatever the order in
// which tasks came to an end.
func (inv *Inventory) sort() {
	byDigest := inv.Digests.Compare
	slices.SortFunc(inv.Repositories, func(a, b *Repository) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range inv.Repositories {
		slices.SortFunc(r.Tags, func(a, b Tag) int { return strings.Compare(a.Name, b.Name) })
		for _, tag := range r.Tags {
			slices.SortFunc(tag.History, func(a, b Entry) int { return byDigest(a.Digest, b.Digest) })
		}
		slices.SortFunc(r.Revisions, func(a, b Revision) int { return byDigest(a.Digest, b.Digest) })
		slices.SortFunc(r.Layers, func(a, b Layer) int { return byDigest(a.Digest, b.Digest) })
		slices.SortFunc(r.Uploads, func(a, b Upload) int { return strings.Compare(a.ID, b.ID) })
		slices.SortFunc(r.Discarded, func(a, b Discarded) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(inv.Blobs, func(a, b Blob) int { return byDigest(a.Digest, b.Digest) })
	slices.SortFunc(inv.Leftovers, func(a, b Leftover) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(inv.Folders, func(a, b Folder) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(inv.Oddities, func(a, b Oddity) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Code, b.Code))
	})
	slices.Sort(inv.Vanished)
}

// index makes blobs findable by digest, once every digest is known.
func (inv *Inventory) index() {
	inv.blobs = make([]int32, inv.Digests.Len())
	for i, blob := range inv.Blobs {
		inv.blobs[blob.Digest] = int32(i) + 1
	}
	inv.manifests = append(inv.manifests, make([]*Manifest, inv.Digests.Len()-len(inv.manifests))...)
}

// fatal tells a failure that says nothing of the file but that the process
// cannot go on.
func fatal(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}
