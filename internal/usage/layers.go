package usage

import "regjanitor/internal/inventory"

// many is how many rows more than are wanted are held at once: of layers there may be
// millions.
const many = 1 << 14

// layers are the rows by layer: one for each file that anything keeps. What only one
// repository keeps is exclusive to it.
func (t *tally) layers() []Row {
	n := len(t.inv.Blobs)
	users, linkers, wanted := make([]int32, n), make([]int32, n), make([]bool, n)
	for r := range t.inv.Repositories {
		chosen := t.chosen(r)
		t.files(t.linked(r), func(file int32) {
			t.owners.add(file, r)
			linkers[file]++
		})
		for _, group := range t.groups(r) {
			t.files(t.reach(group.roots...), func(file int32) { users[file] += int32(len(group.tags)) })
		}
		t.files(t.keptBy(r), func(file int32) {
			t.keepers.add(file, r)
			wanted[file] = wanted[file] || chosen
		})
	}
	var rows []Row
	for place, blob := range t.inv.Blobs {
		file := int32(place)
		row := Row{Kind: Layer, Tags: int(users[file]), Repositories: int(linkers[file]), Bytes: blob.Disk, Exclusive: blob.Disk, file: file}
		switch {
		case t.file(file) != file:
			continue
		case t.freed[file] && t.owners[file] == 0:
			t.add(Orphans, blob.Disk, blob.Disk)
			continue
		case t.freed[file]:
			t.add(Garbage, blob.Disk, blob.Disk)
			continue
		case t.keepers[file] == 0:
			t.add(Kept, blob.Disk, 0)
			continue
		case !wanted[file]:
			t.skip(row)
			continue
		case t.keepers[file] == several || t.held[file]:
			row.Exclusive, row.Shared = 0, blob.Disk
		}
		if rows = append(rows, row); t.opts.Top > 0 && len(rows) == t.opts.Top+many {
			rows = t.leading(rows)
		}
	}
	return rows
}

// name says which blobs the rows by layer are about, and what they are.
func (t *tally) name(rows []Row) {
	kinds := map[ID]string{}
	for _, row := range rows {
		kinds[t.inv.Blobs[row.file].Digest] = "layer"
	}
	note := func(id ID, kind string) {
		if kinds[id] == "layer" {
			kinds[id] = kind
		}
	}
	for id := range ID(t.inv.Digests.Len()) {
		m := t.inv.Manifest(id)
		if m == nil || m.State == inventory.Missing {
			continue
		}
		note(id, "manifest")
		for _, ref := range m.References {
			if ref.Config {
				note(ref.Digest, "config")
			}
		}
	}
	for i := range rows {
		id := t.inv.Blobs[rows[i].file].Digest
		rows[i].Digest, rows[i].Media = t.inv.Digests.Digest(id), kinds[id]
	}
}
