package usage

import (
	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
)

// tally notes who keeps and who links each file of a blob. A file is known by the
// place of the first blob that is a name of it.
type tally struct {
	inv   *inventory.Inventory
	sweep *plan.Plan // nil where blobs cannot be judged
	opts  Options
	*walker

	first   map[uint64]int32 // by inode, of files with several names
	freed   []bool           // a sweep frees it
	held    []bool           // something that is no row keeps it
	keepers claims
	owners  claims   // the repositories that link it
	counted []uint32 // the last row that the file was added to
	row     uint32
	special map[string]*Row // by kind
}

// claims are by file the number of the row that claims it, which is its place plus
// one; 0 for none, several for more than one.
type claims []int32

const several = -1

func (c claims) add(file int32, row int) {
	switch number := int32(row) + 1; c[file] {
	case 0:
		c[file] = number
	case number:
	default:
		c[file] = several
	}
}

func newTally(inv *inventory.Inventory, sweep *plan.Plan, opts Options) *tally {
	n := len(inv.Blobs)
	t := &tally{
		inv: inv, sweep: sweep, opts: opts, walker: newWalker(inv), first: map[uint64]int32{},
		freed: make([]bool, n), held: make([]bool, n), keepers: make(claims, n), owners: make(claims, n), counted: make([]uint32, n),
		special: map[string]*Row{},
	}
	names := map[int32]uint32{}
	for place, blob := range inv.Blobs {
		if blob.Links < 2 {
			continue
		}
		if _, met := t.first[blob.Stamp.Inode]; !met {
			t.first[blob.Stamp.Inode] = int32(place)
		}
		names[t.first[blob.Stamp.Inode]]++
	}
	for file, n := range names {
		t.held[file] = n < inv.Blobs[file].Links
	}
	if sweep == nil {
		return t
	}
	for _, a := range sweep.Actions {
		if a.Kind == plan.Blob {
			_, disk := sweep.Weigh(a)
			t.freed[t.file(a.At)] = disk > 0
		}
	}
	return t
}

// file is the file of the blob at a place.
func (t *tally) file(place int32) int32 {
	if blob := &t.inv.Blobs[place]; blob.Links > 1 {
		return t.first[blob.Stamp.Inode]
	}
	return place
}

func (t *tally) disk(file int32) int64 { return t.inv.Blobs[file].Disk }

// files calls f with the files of blobs that a row needs, each once, and adds up
// their bytes.
func (t *tally) files(places []int32, f func(file int32)) (bytes int64) {
	t.row++
	for _, place := range places {
		file := t.file(place)
		if t.counted[file] == t.row {
			continue
		}
		t.counted[file] = t.row
		bytes += t.disk(file)
		f(file)
	}
	return bytes
}

func (t *tally) hold(file int32) { t.held[file] = true }

// pinned tells a repository of which all links stay, whatever tags need.
func (t *tally) pinned(r int) bool { return t.sweep != nil && t.sweep.Graph.Repositories[r].Pinned }

// stays tells a revision of the repository in hand that no sweep removes.
func (t *tally) stays(revision int) bool {
	return t.sweep == nil || t.sweep.Graph.Repositories[t.repository].Revisions[revision].Live()
}

// linked are the places of the blobs that a repository links.
func (t *tally) linked(r int) (places []int32) {
	repo := t.inv.Repositories[r]
	add := func(id ID) {
		if place, there := t.inv.BlobPlace(id); there {
			places = append(places, int32(place))
		}
	}
	for _, revision := range repo.Revisions {
		add(revision.Digest)
		for _, signature := range repo.Signatures[revision.Digest] {
			add(signature)
		}
	}
	for _, layer := range repo.Layers {
		add(layer.Digest)
		if layer.Link == inventory.LinkGood || layer.Link == inventory.LinkSpaced {
			add(layer.Target)
		}
	}
	return places
}

// chosen tells whether there are rows of a repository.
func (t *tally) chosen(r int) bool {
	return t.opts.Chosen == nil || t.opts.Chosen(t.inv.Repositories[r].Name)
}
