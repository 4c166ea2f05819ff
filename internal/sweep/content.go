package sweep

import (
	"slices"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
)

// content is what a directory holds as far as it may go; folders deepest first.
// A zero stamp stands for any file.
type content struct {
	files   []inventory.File
	folders []string
}

// unsigned is what a run that was killed may have left of signatures.
var unsigned = content{folders: []string{layout.Signatures + "/sha256", layout.Signatures}}

// contentOf is the name of the one file that a link or a blob consists of.
func contentOf(kind plan.Kind) string {
	if kind == plan.Blob {
		return layout.Data
	}
	return layout.Link
}

// signatures are the files below a revision of schema1.
func signatures(inv *inventory.Inventory, r *inventory.Repository, revision inventory.ID) content {
	ids := r.Signatures[revision]
	if len(ids) == 0 {
		return content{}
	}
	return linksBelow(inv, layout.Signatures, ids)
}

// history is what a tag's directory holds.
func history(inv *inventory.Inventory, tag inventory.Tag) content {
	ids := make([]inventory.ID, len(tag.History))
	for i, entry := range tag.History {
		ids[i] = entry.Digest
	}
	known := linksBelow(inv, layout.Index, ids)
	known.files = append(known.files, inventory.File{Path: layout.Current + "/" + layout.Link})
	known.folders = append(known.folders, layout.Current)
	return known
}

// linksBelow are the directories below top that hold one link each.
func linksBelow(inv *inventory.Inventory, top string, ids []inventory.ID) content {
	var known content
	var above []string
	for _, id := range ids {
		d := inv.Digests.Digest(id)
		algorithm := top + "/" + d.Algorithm().String()
		dir := algorithm + "/" + d.Encoded()
		known.files = append(known.files, inventory.File{Path: dir + "/" + layout.Link})
		known.folders = append(known.folders, dir)
		if !slices.Contains(above, algorithm) {
			above = append(above, algorithm)
		}
	}
	known.folders = append(append(known.folders, above...), top)
	return known
}
