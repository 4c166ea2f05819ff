package usage

import (
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// Visitor is led through what takes the space as through directories, in which a blob
// lies wherever it is needed.
type Visitor interface {
	Enter(Folder)
	Leave()
	File(File)
}

// The kinds of folders besides Repository, Tag, Orphans, Uploads and Leftovers.
const (
	Untagged = "untagged" // of a repository
	Manifest = "manifest" // an untagged one, with what only it needs
	Unneeded = "unneeded" // the layers that no manifest of a repository needs
)

// Folder is a part of a repository's name, or one of the kinds.
type Folder struct {
	Kind, Name string
	Pushed     time.Time // of a tag
}

// File is a file. Of one that lies in several places, Inode tells which it is, and
// Names in how many.
type File struct {
	Kind        string // manifest, config or layer; else a kind of rows
	Digest      digest.Digest
	Path        string // of an upload or a leftover
	Bytes, Disk int64
	Inode       uint64
	Names       uint32
}

// Browse leads a visitor through a tree: through the chosen repositories, nil for all,
// and past the rest as one file.
func Browse(inv *inventory.Inventory, chosen func(repository string) bool, to Visitor) {
	b := &browser{tally: newTally(inv, nil, Options{Chosen: chosen}), names: make([]uint32, len(inv.Blobs)), configs: configsOf(inv)}
	b.to = nobody{}
	b.repositories() // to count the names
	b.to, b.counted = to, true
	b.repositories()
	if chosen == nil {
		b.nobodys()
		return
	}
	rest := Of(inv, nil, Options{}).Total
	for file, names := range b.names {
		if names > 0 {
			rest -= b.disk(int32(file))
		}
	}
	to.File(File{Kind: Others, Bytes: rest, Disk: rest})
}

type browser struct {
	*tally
	to      Visitor
	names   []uint32 // by file: in how many places it lies
	counted bool     // these are known
	configs []bool   // by ID
}

type nobody struct{}

func (nobody) Enter(Folder) {}
func (nobody) Leave()       {}
func (nobody) File(File)    {}

// repositories leads through the repositories, nested as their names are.
func (b *browser) repositories() {
	var order []int
	for r := range b.inv.Repositories {
		if b.chosen(r) {
			order = append(order, r)
		}
	}
	parts := func(r int) []string { return strings.Split(b.inv.Repositories[r].Name, "/") }
	slices.SortFunc(order, func(x, y int) int { return slices.Compare(parts(x), parts(y)) })
	var open []string
	for _, r := range order {
		name := parts(r)
		common := 0
		for common < min(len(open), len(name)) && open[common] == name[common] {
			common++
		}
		for range open[common:] {
			b.to.Leave()
		}
		for _, part := range name[common:] {
			b.to.Enter(Folder{Kind: Repository, Name: part})
		}
		open = name
		b.repository(r)
	}
	for range open {
		b.to.Leave()
	}
}

// repository leads through the tags of a repository and through what no tag needs.
func (b *browser) repository(r int) {
	b.enter(r)
	repo := b.inv.Repositories[r]
	var all []ID
	for i := range repo.Tags {
		tag := &repo.Tags[i]
		all = append(all, roots(*tag)...)
		b.folder(Folder{Tag, tag.Name, b.tagRow(repo, []*inventory.Tag{tag}).Pushed}, b.reach(roots(*tag)...))
	}
	b.reach(all...)
	b.found = b.found[:0]
	first := true
	for _, revision := range repo.Revisions {
		if b.met[revision.Digest].manifest == b.round {
			continue
		}
		if first {
			b.to.Enter(Folder{Kind: Untagged})
			first = false
		}
		b.pending = append(b.pending, revision.Digest)
		b.drain()
		b.folder(Folder{Kind: Manifest, Name: string(b.inv.Digests.Digest(revision.Digest))}, b.found)
		b.found = b.found[:0]
	}
	if !first {
		b.to.Leave()
	}
	for _, layer := range repo.Layers {
		b.layer(layer.Digest)
	}
	if len(b.found) > 0 {
		b.folder(Folder{Kind: Unneeded}, b.found)
	}
}

// folder leads through the blobs of a folder.
func (b *browser) folder(folder Folder, places []int32) {
	b.to.Enter(folder)
	for _, place := range places {
		b.show(place)
	}
	b.to.Leave()
}

func (b *browser) show(place int32) {
	file := b.file(place)
	if !b.counted {
		b.names[file]++
		return
	}
	blob := b.inv.Blobs[place]
	m := b.inv.Manifest(blob.Digest)
	kind := "layer"
	switch {
	case m != nil && m.State != inventory.Missing:
		kind = "manifest"
	case b.configs[blob.Digest]:
		kind = "config"
	}
	b.to.File(File{Kind: kind, Digest: b.inv.Digests.Digest(blob.Digest), Bytes: blob.Stamp.Size, Disk: blob.Disk, Inode: uint64(file) + 1, Names: b.names[file]})
}

// nobodys leads through what no repository links, and through what is no blob.
func (b *browser) nobodys() {
	var orphans []int32
	for place := range b.inv.Blobs {
		if file := b.file(int32(place)); b.names[file] == 0 {
			orphans = append(orphans, int32(place))
		}
	}
	if len(orphans) > 0 {
		for _, place := range orphans {
			b.names[b.file(place)]++
		}
		b.folder(Folder{Kind: Orphans}, orphans)
	}
	var uploads, leftovers []File
	for _, r := range b.inv.Repositories {
		for _, upload := range r.Uploads {
			uploads = append(uploads, File{Kind: Uploads, Path: layout.Upload(r.Name, upload.ID), Bytes: upload.Bytes, Disk: upload.Disk})
		}
	}
	for _, leftover := range b.inv.Leftovers {
		leftovers = append(leftovers, File{Kind: Leftovers, Path: leftover.Path, Bytes: leftover.Stamp.Size, Disk: leftover.Disk})
	}
	b.files(Uploads, uploads)
	b.files(Leftovers, leftovers)
	space := b.inv.Space
	b.to.File(File{Kind: Links, Bytes: space.Links, Disk: space.Links})
	b.to.File(File{Kind: Other, Bytes: space.Other, Disk: space.Other})
}

func (b *browser) files(kind string, files []File) {
	if len(files) == 0 {
		return
	}
	b.to.Enter(Folder{Kind: kind})
	for _, file := range files {
		b.to.File(file)
	}
	b.to.Leave()
}

func configsOf(inv *inventory.Inventory) []bool {
	configs := make([]bool, inv.Digests.Len())
	for id := range ID(len(configs)) {
		if m := inv.Manifest(id); m != nil {
			for _, ref := range m.References {
				configs[ref.Digest] = configs[ref.Digest] || ref.Config
			}
		}
	}
	return configs
}
