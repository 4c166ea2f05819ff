// Package scaletest simulates registries that are too large to be written to a
// disk: a store.Dir that answers from a formula.
//
//	r := scaletest.New(scaletest.Usual(10_000_000))
//	inv, err := inventory.Scan(ctx, r.Dir(), inventory.Options{Jobs: 64})
//
// Its invariants: the tree is what a registry would have written, and stays the
// same; Found and Dead follow from the shape alone, never from the tree. A
// manifest is what its digest says, byte by byte. A layer is not, for nobody
// hashes layers: its content is zeros, and its digest is made of its number, so
// that it needs no memory at all. A manifest costs 36 bytes.
//
// It simulates no damage and takes no changes: everything but reading fails.
package scaletest

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// Shape is what a simulated registry holds. Its repositories are all alike.
type Shape struct {
	Repositories int
	Tags         int // of each repository
	Pushes       int // to each tag, each time of another image; the last one stands
	Untagged     int // images of each repository that were pushed by digest
	Layers       int // that an image has for itself
	// Shared are the layers that all repositories have in common. Each image has
	// one of them.
	Shared  int
	Orphans int // blobs that no repository links
}

// Usual is the shape of about so many blobs of which the tree of scripts/bench
// is one of 186,000: 42,000 images, 146,000 layer links, 10,000 tags with 30,000
// entries of history.
func Usual(blobs int) Shape {
	const perRepository = (20*3+24)*(1+1+2) + 36
	repositories := max(1, blobs/perRepository)
	return Shape{Repositories: repositories, Tags: 20, Pushes: 3, Untagged: 24, Layers: 2, Shared: 40, Orphans: 36 * repositories}
}

// Registry is a simulated registry. It never changes, so that any number of
// goroutines may use it.
type Registry struct {
	Shape
	images       int   // of each repository
	leaves       int   // layers, configurations and orphans
	manifestSize int64 // of every manifest
	digests      []key // by image: of its manifest
	order        []uint32
	shards       [256 + 1]int // places in order where each first byte begins
}

// key is a sha256 digest.
type key [sha256.Size]byte

// New makes the registry of a shape.
func New(shape Shape) *Registry {
	r := &Registry{Shape: shape, images: shape.Tags*shape.Pushes + shape.Untagged}
	if r.Tags > 0 && r.Pushes < 1 {
		panic("scaletest: a tag without a push")
	}
	all := r.Repositories * r.images
	r.Shared = min(r.Shared, r.images)
	if all == 0 {
		r.Shared = 0
	}
	r.leaves = r.owned() + r.Shared + r.Orphans
	r.digests, r.order = make([]key, all), make([]uint32, all)
	var manifest []byte
	for image := range r.digests {
		manifest = r.appendManifest(manifest[:0], image)
		r.digests[image], r.order[image] = sha256.Sum256(manifest), uint32(image)
	}
	r.manifestSize = int64(len(manifest))
	slices.SortFunc(r.order, func(a, b uint32) int { return bytes.Compare(r.digests[a][:], r.digests[b][:]) })
	for _, image := range r.order {
		r.shards[int(r.digests[image][0])+1]++
	}
	for i := range 256 {
		r.shards[i+1] += r.shards[i]
	}
	return r
}

// manifests are the images whose manifests' digests begin with this byte.
func (r *Registry) manifests(first byte) []uint32 {
	return r.order[r.shards[first]:r.shards[int(first)+1]]
}

// imageOf is the image with this manifest.
func (r *Registry) imageOf(k key) (image int, ok bool) {
	shard := r.manifests(k[0])
	at, ok := slices.BinarySearchFunc(shard, k, func(image uint32, k key) int { return bytes.Compare(r.digests[image][:], k[:]) })
	if !ok {
		return 0, false
	}
	return int(shard[at]), true
}

// tagOf is the tag, of all repositories', that was pushed to with an image.
func (r *Registry) tagOf(image int) (tag int, ok bool) {
	repository, nth := image/r.images, image%r.images
	if nth >= r.Tags*r.Pushes {
		return 0, false
	}
	return repository*r.Tags + nth/r.Pushes, true
}

// pushed is an image that was pushed to a tag; the last one stands.
func (r *Registry) pushed(tag, nth int) (image int) {
	return tag/r.Tags*r.images + tag%r.Tags*r.Pushes + nth
}
