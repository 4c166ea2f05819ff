// Package plan is what goes, what stays, and why: a value, computed by pure
// code from an inventory, that can be printed, saved and compared before
// anything is done.
//
// Its invariants: a thing goes only if nothing that stays refers to it; equal
// trees and options give equal plans; and before a plan is returned every tag
// that stays is walked once more over it, by code that shares nothing with the
// marking, so that a mistake there stops the run instead of costing data.
//
// It does not touch a disk, and it does not decide whether a run may start.
package plan

import (
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// Kind is what an action removes. The order is the order of removal: whatever
// refers goes before what it refers to.
type Kind uint8

// The kinds of action.
const (
	Tag Kind = iota
	TagIndexEntry
	Revision
	LayerLink
	Blob
	Upload
	Leftover
	Discarded // see inventory.Discarded; to the user a leftover too
	Directory
	Repository
)

// KindNames are the words of the JSON contract.
var KindNames = [...]string{"tag", "tag_index_entry", "revision", "layer_link", "blob",
	"upload", "leftover", "leftover", "directory", "repository"}

func (k Kind) String() string { return KindNames[k] }

// Reason is why an action is planned, in the words of the JSON contract.
type Reason uint8

// The reasons for an action.
const (
	Untagged  Reason = iota // no tag reaches the revision
	Orphan                  // nothing that stays refers to the blob
	Policy                  // a retention rule drops the tag
	Requested               // the user named it
	Stale                   // nobody has touched it for long
	Empty                   // nothing is left in it
	Unneeded                // no manifest that stays needs the link
)

func (r Reason) String() string {
	return [...]string{"untagged", "orphan", "policy", "requested", "stale", "empty", "unneeded"}[r]
}

// Action is one removal, as places in the inventory. At is the place in the
// slice of its kind: of the repository, where there is one, or of the
// inventory. Entry is the place in a tag's history.
type Action struct {
	Kind       Kind
	Reason     Reason
	Level      uint16 // what is about it, or refers to it, among the doomed of its kind has a lower one
	Repository int32  // place in the inventory's, -1 for what is nobody's
	At, Entry  int32
}

// Plan is what a run removes, in the order of removal.
type Plan struct {
	Inventory *inventory.Inventory
	Graph     *graph.Graph
	Actions   []Action
	Found     Totals
	Planned   Totals
	Verdicts  []Verdict // on every tag in scope, where there is a policy
	Named     []Request // what the requests came to, none of them a glob
	Doubts    []graph.Doubt
	Warnings  []graph.Doubt

	opts Options
	disk map[int32]int64 // of hard-linked blobs: what removing this one frees
}

// Item is an action in words.
type Item struct {
	Kind       Kind
	Reason     Reason
	Path       string // relative to the v2 directory
	Repository string
	Tag        string
	Digest     digest.Digest
	Bytes      int64 // size of the content that goes
	Disk       int64 // allocated bytes that its removal frees
	Stamp      inventory.Stamp
}

// Item spells an action out.
func (p *Plan) Item(a Action) Item {
	inv := p.Inventory
	item := Item{Kind: a.Kind, Reason: a.Reason}
	item.Bytes, item.Disk = p.Weigh(a)
	var r *inventory.Repository
	if a.Repository >= 0 {
		r = inv.Repositories[a.Repository]
		item.Repository = r.Name
	}
	switch a.Kind {
	case Tag:
		tag := r.Tags[a.At]
		item.Tag, item.Path, item.Stamp = tag.Name, layout.Tag(r.Name, tag.Name), tag.Current.Stamp
		if tag.Current.Points() {
			item.Digest = inv.Digests.Digest(tag.Current.Target)
		}
	case TagIndexEntry:
		tag := r.Tags[a.At]
		item.Tag, item.Digest = tag.Name, inv.Digests.Digest(tag.History[a.Entry].Digest)
		item.Path = layout.TagIndexEntry(r.Name, tag.Name, item.Digest)
	case Revision:
		revision := r.Revisions[a.At]
		item.Digest, item.Stamp = inv.Digests.Digest(revision.Digest), revision.Link.Stamp
		item.Path = layout.Revision(r.Name, item.Digest)
	case LayerLink:
		layer := r.Layers[a.At]
		item.Digest, item.Stamp = inv.Digests.Digest(layer.Digest), layer.Stamp
		item.Path = layout.Layer(r.Name, item.Digest)
	case Blob:
		blob := inv.Blobs[a.At]
		item.Digest, item.Stamp = inv.Digests.Digest(blob.Digest), blob.Stamp
		item.Path = layout.Blob(item.Digest)
	case Upload:
		upload := r.Uploads[a.At]
		item.Path = layout.Upload(r.Name, upload.ID)
	case Leftover:
		leftover := inv.Leftovers[a.At]
		item.Path, item.Stamp = leftover.Path, leftover.Stamp
	case Discarded:
		item.Path = layout.Repository(r.Name) + "/" + layout.Manifests + "/" + r.Discarded[a.At].Name
	case Directory, Repository:
		item.Path = inv.Folders[a.At].Path
	}
	return item
}

// Weigh is the size of the content that goes and what its removal frees.
func (p *Plan) Weigh(a Action) (bytes, disk int64) {
	switch a.Kind {
	case Blob:
		blob := p.Inventory.Blobs[a.At]
		if disk, linked := p.disk[a.At]; linked {
			return blob.Stamp.Size, disk
		}
		return blob.Stamp.Size, blob.Disk
	case Upload:
		upload := p.Inventory.Repositories[a.Repository].Uploads[a.At]
		return upload.Bytes, upload.Disk
	case Leftover:
		leftover := p.Inventory.Leftovers[a.At]
		return leftover.Stamp.Size, leftover.Disk
	}
	return 0, 0
}

// Totals counts things by kind. Bytes are the sizes of data files, uploads and
// leftovers; DiskBytes what the file system has allocated for them, each hard
// link's file once.
type Totals struct {
	Repositories, Tags, Revisions, TagIndexEntries, LayerLinks int64
	Blobs, Uploads, Leftovers, Directories                     int64
	Bytes, DiskBytes                                           int64
}

// Count counts an action; a tag counts with its history.
func (p *Plan) Count(t *Totals, a Action) {
	bytes, disk := p.Weigh(a)
	t.Add(a.Kind, bytes, disk)
	if a.Kind == Tag {
		t.TagIndexEntries += int64(len(p.Inventory.Repositories[a.Repository].Tags[a.At].History))
	}
}

// Add counts one thing.
func (t *Totals) Add(kind Kind, bytes, disk int64) {
	counter := [...]*int64{&t.Tags, &t.TagIndexEntries, &t.Revisions, &t.LayerLinks, &t.Blobs,
		&t.Uploads, &t.Leftovers, &t.Leftovers, &t.Directories, &t.Repositories}[kind]
	*counter++
	t.Bytes += bytes
	t.DiskBytes += disk
}

// Sum adds other totals.
func (t *Totals) Sum(more Totals) {
	t.Repositories += more.Repositories
	t.Tags += more.Tags
	t.Revisions += more.Revisions
	t.TagIndexEntries += more.TagIndexEntries
	t.LayerLinks += more.LayerLinks
	t.Blobs += more.Blobs
	t.Uploads += more.Uploads
	t.Leftovers += more.Leftovers
	t.Directories += more.Directories
	t.Bytes += more.Bytes
	t.DiskBytes += more.DiskBytes
}

// Things is how many things were counted.
func (t Totals) Things() int64 {
	return t.Repositories + t.Tags + t.Revisions + t.TagIndexEntries + t.LayerLinks +
		t.Blobs + t.Uploads + t.Leftovers + t.Directories
}
