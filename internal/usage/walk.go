package usage

import "regjanitor/internal/inventory"

// ID is the inventory's.
type ID = inventory.ID

// walker follows the links of one repository as the marking does, for one row after
// the other: in each round everything is met once, however many ways lead to it.
type walker struct {
	inv        *inventory.Inventory
	repository int
	here       []here
	about      map[ID][]ID // manifests, by subject
	attached   map[ID][]ID // what tags point to, by what these tags are about
	round      uint32
	steps      int
	met        []met
	pending    []ID
	found      []int32 // places of blobs, in this round
}

// here is what a digest is to the repository of this number, which is its place plus
// one: the places of its links plus one, or 0 for none.
type here struct{ repository, revision, layer int32 }

// met are the rounds in which a digest was met last, as each of these.
type met struct{ blob, manifest, layer uint32 }

func newWalker(inv *inventory.Inventory) *walker {
	n := inv.Digests.Len()
	return &walker{inv: inv, here: make([]here, n), met: make([]met, n)}
}

func (w *walker) of(id ID) *here {
	h := &w.here[id]
	if h.repository != int32(w.repository)+1 {
		*h = here{repository: int32(w.repository) + 1}
	}
	return h
}

// enter goes on to another repository.
func (w *walker) enter(r int) {
	repo := w.inv.Repositories[r]
	w.repository, w.about, w.attached = r, map[ID][]ID{}, nil
	for i, revision := range repo.Revisions {
		w.of(revision.Digest).revision = int32(i) + 1
		for _, subject := range w.inv.Subjects[revision.Digest] {
			w.about[subject] = append(w.about[subject], revision.Digest)
		}
	}
	for i, layer := range repo.Layers {
		w.of(layer.Digest).layer = int32(i) + 1
	}
}

// reach is where the blobs are that manifests need, with what is about them.
func (w *walker) reach(from ...ID) []int32 {
	w.begin()
	w.pending = append(w.pending, from...)
	w.drain()
	return w.found
}

// everything is where the blobs are of all that the repository links.
func (w *walker) everything() []int32 {
	w.begin()
	repo := w.inv.Repositories[w.repository]
	for _, revision := range repo.Revisions {
		w.pending = append(w.pending, revision.Digest)
	}
	for _, tag := range repo.Tags {
		w.pending = append(w.pending, roots(tag)...)
	}
	for _, layer := range repo.Layers {
		w.layer(layer.Digest)
	}
	w.drain()
	return w.found
}

func (w *walker) begin() {
	w.round++
	w.found = w.found[:0]
}

func (w *walker) drain() {
	for len(w.pending) > 0 {
		id := w.pending[len(w.pending)-1]
		w.pending = w.pending[:len(w.pending)-1]
		if w.met[id].manifest != w.round {
			w.met[id].manifest = w.round
			w.steps++
			w.manifest(id)
		}
	}
}

func (w *walker) manifest(id ID) {
	w.blob(id)
	w.layer(id)
	if at := w.of(id).revision; at != 0 {
		repo := w.inv.Repositories[w.repository]
		for _, signature := range repo.Signatures[id] {
			w.blob(signature)
		}
		if link := repo.Revisions[at-1].Link; link.Points() {
			w.pending = append(w.pending, link.Target)
		}
	}
	if m := w.inv.Manifest(id); m != nil {
		for _, ref := range m.References {
			if ref.Manifest || w.of(ref.Digest).revision != 0 {
				w.pending = append(w.pending, ref.Digest)
				continue
			}
			w.blob(ref.Digest)
			w.layer(ref.Digest)
			w.referrers(ref.Digest)
		}
	}
	w.referrers(id)
}

// layer follows a layer link through as many links as the registry would.
func (w *walker) layer(id ID) {
	for w.of(id).layer != 0 && w.met[id].layer != w.round {
		w.met[id].layer = w.round
		layer := w.inv.Repositories[w.repository].Layers[w.of(id).layer-1]
		if layer.Link != inventory.LinkGood && layer.Link != inventory.LinkSpaced {
			w.blob(id)
			return
		}
		id = layer.Target
		w.blob(id)
		if w.of(id).revision != 0 {
			w.pending = append(w.pending, id)
		}
	}
}

func (w *walker) blob(id ID) {
	if w.met[id].blob == w.round {
		return
	}
	w.met[id].blob = w.round
	if place, there := w.inv.BlobPlace(id); there {
		w.found = append(w.found, int32(place))
	}
}

// referrers goes on to what is about a manifest.
func (w *walker) referrers(id ID) {
	w.pending = append(append(w.pending, w.about[id]...), w.attached[id]...)
}

// roots are what a tag keeps: what it points to or, where nobody knows that, all that
// it has pointed to.
func roots(tag inventory.Tag) (ids []ID) {
	if tag.Current.Points() {
		return []ID{tag.Current.Target}
	}
	for _, entry := range tag.History {
		ids = append(ids, entry.Digest)
	}
	return ids
}
