// Package inventory is what is there: one parallel pass over a registry's tree
// in which each directory is listed once and each link and each manifest is
// read at most once.
//
// It records and never decides: what could not be read or understood is noted
// where it was met, and graph and plan draw the conclusions. Only where the
// links themselves cannot be seen in full does the scan end, with a refusal,
// because then nobody could.
//
// Not looked into are the directories of layer links and blobs that are whole:
// they outnumber everything else, and one stat of the file inside says all that
// matters of them.
package inventory

import (
	"slices"
	"strings"
	"time"

	"regjanitor/internal/store"
)

// Inventory is a registry's tree as one scan saw it. Slices are sorted by name
// or digest text, so that equal trees give equal inventories.
type Inventory struct {
	Began        time.Time // of the scan, zero where nobody has said
	Digests      *Digests
	Repositories []*Repository
	Blobs        []Blob
	Leftovers    []Leftover
	Folders      []Folder
	Oddities     []Oddity
	Space        Space // zero unless the scan was asked for it
	// Subjects are the manifests that a manifest is about, by its ID.
	Subjects map[ID][]ID
	// Artifacts are the types of manifests that hold something else than an image.
	Artifacts map[ID]string
	// Unread is why what lies at a path could not be read or understood.
	Unread map[string]error
	// Vanished are paths that were listed and then gone: someone is writing.
	Vanished []string

	// ledTo are the inodes of blobs that symbolic links below blobs lead to, and
	// astray that one of these may lead to any.
	ledTo  map[uint64]bool
	astray bool

	sizes     map[ID][]int64 // beside References
	manifests []Manifest
	read      []int32 // by ID: place in manifests plus one
	blobs     []int32 // by ID: place in Blobs plus one
}

func newInventory(opts Options) *Inventory {
	return &Inventory{
		Began: opts.Began, Digests: newDigests(), Subjects: map[ID][]ID{}, Artifacts: map[ID]string{},
		Unread: map[string]error{}, ledTo: map[uint64]bool{}, sizes: map[ID][]int64{},
	}
}

// Repository is one repository's links.
type Repository struct {
	Name string
	// Legal: the registry can serve a repository of this name.
	Legal bool
	// HasTags: the directory of tags is there.
	HasTags   bool
	Tags      []Tag
	Revisions []Revision
	Layers    []Layer
	Uploads   []Upload
	Discarded []Discarded
	// Signatures are those of schema1 that registries 2.0 to 2.4 stored beside a
	// revision's link, by revision.
	Signatures map[ID][]ID
}

// Tag is one directory of _manifests/tags.
type Tag struct {
	Name    string
	Current Link
	History []Entry

	plain bool // its directories have not been listed, but for that of its history
}

// Entry is one link of a tag's history.
type Entry struct {
	Digest ID
	MTime  int64 // 0 unless the scan was asked for it
}

// Revision is one link of _manifests/revisions.
type Revision struct {
	Digest ID
	Link   Link
}

// Layer is one link of _layers. Of a sha256 link the directory's name is the
// target and the file is not read, unless the scan is for pulls; Link then tells
// only whether it is there. In a large tree not even that is looked at: then
// there is no Stamp.
type Layer struct {
	Digest ID
	Target ID
	Link   LinkState
	Stamp  Stamp
}

// Looked tells whether the scan has looked at the link itself.
func (l Layer) Looked() bool { return l.Stamp != Stamp{} || l.Link != LinkGood }

// Discarded is what is left of a tag that an earlier run renamed and did not
// finish to remove, or the signatures of a revision that is gone. Its paths are
// relative to its directory.
type Discarded struct {
	Name    string // of that directory, relative to _manifests
	Files   []File
	Folders []string // deepest first
}

// Upload is one unfinished upload. Its paths are relative to its directory.
type Upload struct {
	ID      string
	Files   []File
	Folders []string // deepest first
	Newest  int64    // newest of startedat and of the files, nanoseconds; 0 without any
	Bytes   int64
	Disk    int64
	Odd     string // what is inside that does not belong there
}

// File is a file that may be removed with what it belongs to.
type File struct {
	Path  string
	Stamp Stamp
}

// Blob is one blob's data file.
type Blob struct {
	Digest ID
	Links  uint32
	Stamp  Stamp
	Disk   int64 // bytes allocated
}

// Leftover is a temporary file that a killed registry left behind.
type Leftover struct {
	Path       string
	Repository string // empty below blobs
	Stamp      Stamp
	Disk       int64
}

// Folder is a directory above links or blobs, and how many names it held; or one
// that should hold a link or a blob and does not.
type Folder struct {
	Path    string
	Entries int
	Stamp   Stamp
	CTime   int64
}

// Stamp tells whether a file is still the one that the scan saw.
type Stamp struct {
	Inode uint64
	Size  int64
	MTime int64 // nanoseconds
}

// StampOf is the stamp of what info describes.
func StampOf(info store.Info) Stamp { return Stamp{info.Inode, info.Size, info.MTime} }

// Oddity is something met on the way that is nobody's link and nobody's blob,
// or that could not be read. Doubt: a person has to look at it.
type Oddity struct {
	Code       string
	Path       string
	Repository string
	Problem    string
	Doubt      bool
}

// Manifest is what the manifest of this digest, or an account of it, was read as.
func (inv *Inventory) Manifest(id ID) *Manifest {
	if int(id) >= len(inv.read) || inv.read[id] == 0 {
		return nil
	}
	return &inv.manifests[inv.read[id]-1]
}

// Sizes are what a manifest says of how large its references are, beside these;
// 0 where it does not. There are none unless the scan was for pulls.
func (inv *Inventory) Sizes(id ID) []int64 { return inv.sizes[id] }

// Blob is the blob of this digest, nil where there is none.
func (inv *Inventory) Blob(id ID) *Blob {
	if place, there := inv.BlobPlace(id); there {
		return &inv.Blobs[place]
	}
	return nil
}

// BlobPlace is the place of the blob of this digest.
func (inv *Inventory) BlobPlace(id ID) (place int, there bool) {
	if int(id) >= len(inv.blobs) || inv.blobs[id] == 0 {
		return 0, false
	}
	return int(inv.blobs[id]) - 1, true
}

// LedTo tells whether a symbolic link in the place of another blob leads to this
// one, as far as anybody can know: a registry follows it.
func (inv *Inventory) LedTo(b Blob) bool { return inv.astray || inv.ledTo[b.Stamp.Inode] }

// Find is the place of the repository of this name.
func (inv *Inventory) Find(name string) (place int, found bool) {
	return slices.BinarySearchFunc(inv.Repositories, name, func(r *Repository, name string) int {
		return strings.Compare(r.Name, name)
	})
}

// FindTag is the place of the tag of this name.
func (r *Repository) FindTag(name string) (place int, found bool) {
	return slices.BinarySearchFunc(r.Tags, name, func(t Tag, name string) int { return strings.Compare(t.Name, name) })
}

// FindRevision is the place of a revision in the repository at a place.
func (inv *Inventory) FindRevision(repository int, id ID) (place int, found bool) {
	return slices.BinarySearchFunc(inv.Repositories[repository].Revisions, id, func(r Revision, id ID) int {
		return inv.Digests.Compare(r.Digest, id)
	})
}

// Linked are the manifests that any repository has a revision link to.
func (inv *Inventory) Linked() map[ID]bool {
	linked := map[ID]bool{}
	for _, r := range inv.Repositories {
		for _, revision := range r.Revisions {
			linked[revision.Digest] = true
		}
	}
	return linked
}
