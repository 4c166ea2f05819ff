// Package usage is who takes how much of a tree's space, and what each alone keeps.
//
// Bytes are those that the file system has allocated, and what several names lead
// to counts once. Every file with bytes belongs to one row: to the repository, tag
// or layer that alone keeps it, or to a row for what no single one of them keeps.
// So the rows add up to the total, byte for byte.
//
// What is garbage it takes from a sweep's plan, and only follows links to see whose
// the rest is. It is pure, and words nothing.
package usage

import (
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
)

// Options are what a user asks for.
type Options struct {
	By   string // repo, tag or layer
	Sort string // size, exclusive, shared, reclaimable or name
	Top  int    // most rows of repositories, tags or layers; 0 is all
	// Chosen are the repositories of which there are rows; nil is all.
	Chosen func(repository string) bool
}

// Usage is what takes a tree's space. Reclaimable is what a sweep frees.
type Usage struct {
	Total, Reclaimable int64
	Rows               []Row // those asked for, in order, then those for the rest
}

// The kinds of rows.
const (
	Repository = "repository"
	Tag        = "tag"
	Layer      = "layer"

	Shared    = "shared"      // kept by several rows: only all of them together let it go
	Kept      = "kept"        // kept, and by no row alone: what a doubt keeps, say
	Garbage   = "garbage"     // a sweep frees it, and no row is its only owner
	Orphans   = "orphans"     // a sweep frees these blobs, and nothing links them
	Uploads   = "uploads"     // unfinished
	Leftovers = "leftovers"   // temporary files that a killed registry left behind
	Links     = "links"       // link files and directories
	Other     = "other_files" // what is nobody's
	Others    = "others"      // the rows that are not shown
)

// Row is one of them. Bytes is what it adds to the total: Exclusive, which goes with
// it and nothing else, and Reclaimable, which a sweep frees. Shared is what it needs
// besides and others keep too; of a layer, its bytes where several repositories do.
type Row struct {
	Kind       string
	Repository string
	Tag        string
	Aliases    []string // more tags of the repository that point to the same
	Digest     digest.Digest
	Media      string // of a layer: manifest, config or layer
	// Tags are a repository's, those of a tag's row, or those that need a layer; Untagged its manifests
	// that no tag leads to; Repositories those that link a layer.
	Tags, Untagged, Repositories int

	Bytes, Exclusive, Shared, Reclaimable int64

	Pushed time.Time // the newest tag, zero where there is none

	file int32 // of a layer
}

// Of tells what takes the space of a tree. Without a sweep's plan, where blobs cannot
// be judged, nothing is garbage.
func Of(inv *inventory.Inventory, sweep *plan.Plan, opts Options) *Usage {
	t := newTally(inv, sweep, opts)
	var rows []Row
	switch opts.By {
	case "tag":
		rows = t.tags()
	case "layer":
		rows = t.layers()
	default:
		rows = t.repositories()
	}
	u := &Usage{Rows: append(t.cut(rows), t.rest()...)}
	for _, row := range u.Rows {
		u.Total += row.Bytes
		u.Reclaimable += row.Reclaimable
	}
	return u
}
