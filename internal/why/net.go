package why

import (
	"slices"

	"regjanitor/internal/inventory"
)

// net is one repository at a time as its references lead through it, by the rules
// of package graph, but from everything in it: from tags, and from what no tag
// reaches any more. What a live thing leads to is live, so that a path from a tag
// is the same here and there.
type net struct {
	inv *inventory.Inventory

	repo      *inventory.Repository
	revisions []int32 // by ID: place of the revision link plus one, 0 for none
	layers    []int32 // by ID: place of the layer link plus one, 0 for none
	referrers map[inventory.ID][]inventory.ID

	places []int32 // by knot: place in knots plus one, 0 for none
	knots  []knot
	edges  []edge
	outs   []int32 // by place in knots: where the edges from there begin

	// What search leaves, by place in knots.
	far  []int32 // steps to what was searched for, -1 where none lead there
	next []int32 // the first of these
	into []int32 // how many edges lead here
}

// knot is a digest in one of the ways in which a repository can need it.
type knot struct {
	id inventory.ID
	as role
}

type role uint8

const (
	asManifest role = iota // it is descended into
	asPart                 // only its bytes are needed
	roles
)

type edge struct{ from, to int32 }

func newNet(inv *inventory.Inventory) *net {
	n := inv.Digests.Len()
	return &net{inv: inv, revisions: make([]int32, n), layers: make([]int32, n), places: make([]int32, int(roles)*n)}
}

func (k knot) key() int { return int(k.id)*int(roles) + int(k.as) }

// enter goes on to another repository.
func (n *net) enter(repo *inventory.Repository) {
	n.leave()
	n.repo, n.referrers = repo, nil
	for i, revision := range repo.Revisions {
		n.revisions[revision.Digest] = int32(i) + 1
		for _, subject := range n.inv.Subjects[revision.Digest] {
			if n.referrers == nil {
				n.referrers = map[inventory.ID][]inventory.ID{}
			}
			n.referrers[subject] = append(n.referrers[subject], revision.Digest)
		}
	}
	for i, layer := range repo.Layers {
		n.layers[layer.Digest] = int32(i) + 1
	}
	for _, tag := range repo.Tags {
		if tag.Current.Points() {
			n.place(tag.Current.Target, asManifest)
		}
		for _, entry := range tag.History {
			n.place(entry.Digest, asManifest)
		}
	}
	for _, revision := range repo.Revisions {
		n.place(revision.Digest, asManifest)
	}
	for _, layer := range repo.Layers {
		n.place(layer.Digest, asPart)
	}
	for i := 0; i < len(n.knots); i++ {
		n.outs = append(n.outs, int32(len(n.edges)))
		n.expand(int32(i))
	}
	n.outs = append(n.outs, int32(len(n.edges)))
}

// leave forgets the repository, at the cost of what was in it.
func (n *net) leave() {
	for _, k := range n.knots {
		n.places[k.key()] = 0
	}
	n.knots, n.edges, n.outs = n.knots[:0], n.edges[:0], n.outs[:0]
	if n.repo == nil {
		return
	}
	for _, revision := range n.repo.Revisions {
		n.revisions[revision.Digest] = 0
	}
	for _, layer := range n.repo.Layers {
		n.layers[layer.Digest] = 0
	}
}

// place is the knot of a digest. What the repository links as a manifest is one,
// whatever leads to it.
func (n *net) place(id inventory.ID, as role) int32 {
	if n.revisions[id] != 0 {
		as = asManifest
	}
	k := knot{id, as}
	at := &n.places[k.key()]
	if *at == 0 {
		n.knots = append(n.knots, k)
		*at = int32(len(n.knots))
	}
	return *at - 1
}

func (n *net) join(from int32, id inventory.ID, as role) {
	n.edges = append(n.edges, edge{from, n.place(id, as)})
}

// expand finds what a knot leads to.
func (n *net) expand(at int32) {
	k := n.knots[at]
	if target, other := n.alias(k.id); other {
		n.join(at, target, asPart)
	}
	if k.as == asManifest {
		n.descend(at, k.id)
	}
	for _, referrer := range n.referrers[k.id] {
		n.join(at, referrer, asManifest)
	}
}

func (n *net) descend(at int32, id inventory.ID) {
	if m := n.inv.Manifest(id); m != nil {
		for _, ref := range m.References {
			as := asPart
			if ref.Manifest {
				as = asManifest
			}
			n.join(at, ref.Digest, as)
		}
	}
	for _, signature := range n.repo.Signatures[id] {
		n.join(at, signature, asPart)
	}
	if i := n.revisions[id]; i != 0 {
		if link := n.repo.Revisions[i-1].Link; link.Points() && link.Target != id {
			n.join(at, link.Target, asManifest)
		}
	}
}

// alias is what the layer link of a digest points to, where that is another.
func (n *net) alias(id inventory.ID) (target inventory.ID, other bool) {
	i := n.layers[id]
	if i == 0 {
		return 0, false
	}
	layer := n.repo.Layers[i-1]
	good := layer.Link == inventory.LinkGood || layer.Link == inventory.LinkSpaced
	return layer.Target, good && layer.Target != id
}

// search finds from every knot the shortest way to a digest, and tells whether the
// repository has anything to do with it. It goes backwards, once.
func (n *net) search(id inventory.ID) bool {
	var queue []int32
	for as := range roles {
		if at := n.places[knot{id, as}.key()]; at != 0 {
			queue = append(queue, at-1)
		}
	}
	if len(queue) == 0 {
		return false
	}
	starts, back := n.backwards()
	n.far, n.next = slices.Grow(n.far[:0], len(n.knots))[:len(n.knots)], slices.Grow(n.next[:0], len(n.knots))[:len(n.knots)]
	for i := range n.far {
		n.far[i] = -1
	}
	for _, at := range queue {
		n.far[at], n.next[at] = 0, at
	}
	for ; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, from := range back[starts[at]:starts[at+1]] {
			if n.far[from] < 0 {
				n.far[from], n.next[from] = n.far[at]+1, at
				queue = append(queue, from)
			}
		}
	}
	return true
}

// backwards are the edges by where they lead to: those to a knot lie from its
// start to that of the next.
func (n *net) backwards() (starts, back []int32) {
	starts, back = make([]int32, len(n.knots)+1), make([]int32, len(n.edges))
	n.into = slices.Grow(n.into[:0], len(n.knots))[:len(n.knots)]
	clear(n.into)
	for _, e := range n.edges {
		n.into[e.to]++
	}
	for i, count := range n.into {
		starts[i+1] = starts[i] + count
	}
	fill := slices.Clone(starts)
	for _, e := range n.edges {
		back[fill[e.to]] = e.from
		fill[e.to]++
	}
	return starts, back
}

// distance is how far a manifest is from what was searched for, -1 where it does
// not lead there.
func (n *net) distance(id inventory.ID) (at, far int32) {
	at = n.places[knot{id, asManifest}.key()] - 1
	if at < 0 {
		return at, -1
	}
	return at, n.far[at]
}
