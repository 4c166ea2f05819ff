package scaletest

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// kind is a kind of place in the tree.
type kind uint8

// The directories, and then the files.
const (
	top kind = iota
	blobs
	algorithm
	shard
	blob
	repositories
	team
	repository
	layers
	layersBelow // the directory of the algorithm, as in others below
	layer
	manifests
	revisions
	revisionsBelow
	revision
	tags
	tag
	current
	index
	indexBelow
	entry
	uploads

	data
	layerLink
	revisionLink
	currentLink
	entryLink

	kinds int = iota
)

func (k kind) isDirectory() bool { return k < data }

// place is a directory or a file of the tree. Item says which one of its kind: a
// shard, a team, a leaf or, beyond these, an image, and so on; what is one to a
// repository has the repository's number.
type place struct {
	kind       kind
	repository int
	item       int
}

// contents are the places below those that always hold the same.
var contents = [kinds][]struct {
	name string
	kind kind
}{
	top:        {{"blobs", blobs}, {"repositories", repositories}},
	blobs:      {{"sha256", algorithm}},
	blob:       {{"data", data}},
	repository: {{"_layers", layers}, {"_manifests", manifests}, {"_uploads", uploads}},
	layers:     {{"sha256", layersBelow}},
	layer:      {{"link", layerLink}},
	manifests:  {{"revisions", revisions}, {"tags", tags}},
	revisions:  {{"sha256", revisionsBelow}},
	revision:   {{"link", revisionLink}},
	tag:        {{"current", current}, {"index", index}},
	current:    {{"link", currentLink}},
	index:      {{"sha256", indexBelow}},
	entry:      {{"link", entryLink}},
}

// teamSize is how many repositories a team has.
const teamSize = 10

// child is the place of this name in a directory.
func (r *Registry) child(in place, name string) (place, bool) {
	for _, c := range contents[in.kind] {
		if c.name == name {
			return place{c.kind, in.repository, in.item}, true
		}
	}
	k, isKey := parseKey(name)
	switch {
	case in.kind == algorithm:
		if len(name) != 2 || digit(name[0]) > 15 || digit(name[1]) > 15 {
			return place{}, false
		}
		first := digit(name[0])<<4 | digit(name[1])
		return place{shard, 0, int(first)}, r.isShard(first)
	case in.kind == repositories:
		n, ok := number(name, "team")
		return place{team, 0, n}, ok && n*teamSize < r.Repositories
	case in.kind == team:
		n, ok := number(name, "app")
		return place{repository, n, n}, ok && n/teamSize == in.item && n < r.Repositories
	case in.kind == tags:
		n, ok := number(name, "v")
		return place{tag, in.repository, in.repository*r.Tags + n}, ok && n < r.Tags
	case isKey:
		return r.leaf(in, k)
	}
	return place{}, false
}

// leaf is the place that a digest names.
func (r *Registry) leaf(in place, k key) (place, bool) {
	if leaf, ok := r.leafOf(k); ok {
		switch {
		case in.kind == shard && in.item == int(k[0]):
			return place{blob, 0, leaf}, true
		case in.kind == layersBelow && r.links(in.repository, leaf):
			return place{layer, in.repository, leaf}, true
		}
		return place{}, false
	}
	image, ok := r.imageOf(k)
	if !ok {
		return place{}, false
	}
	switch tag, tagged := r.tagOf(image); {
	case in.kind == shard && in.item == int(k[0]):
		return place{blob, 0, r.leaves + image}, true
	case in.kind == revisionsBelow && image/r.images == in.repository:
		return place{revision, in.repository, image}, true
	case in.kind == indexBelow && tagged && tag == in.item:
		return place{entry, in.repository, image}, true
	}
	return place{}, false
}

// links tells whether a repository links a leaf.
func (r *Registry) links(repository, leaf int) bool {
	if leaf < r.owned() {
		return leaf/(1+r.Layers)/r.images == repository
	}
	return leaf < r.owned()+r.Shared
}

// isShard tells whether any blob's digest begins with this byte.
func (r *Registry) isShard(first byte) bool {
	return int(first) < r.leaves || len(r.manifests(first)) > 0
}

// number reads a prefix and a decimal number behind it, as strconv writes it.
func number(name, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0 && strconv.Itoa(n) == digits
}

// series are names that differ in a number from 0 to n-1.
type series struct {
	n      int
	kind   kind
	append func(to []byte, i int) []byte
}

// each calls f with every name in a directory, which is valid until f returns.
func (r *Registry) each(in place, f func(name []byte, kind kind) error) error {
	var room [2 * len(key{})]byte
	for _, c := range contents[in.kind] {
		if err := f(append(room[:0], c.name...), c.kind); err != nil {
			return err
		}
	}
	for _, s := range r.names(in) {
		for i := range s.n {
			if err := f(s.append(room[:0], i), s.kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// names are those in a directory that does not always hold the same.
func (r *Registry) names(in place) []series {
	switch in.kind {
	case algorithm:
		var found []byte
		for first := range 256 {
			if r.isShard(byte(first)) {
				found = append(found, byte(first))
			}
		}
		return []series{{len(found), shard, func(to []byte, i int) []byte { return hex.AppendEncode(to, found[i:i+1]) }}}
	case shard:
		found := r.manifests(byte(in.item))
		return []series{
			r.leafNames(blob, in.item, r.leaves, 256),
			{len(found), blob, func(to []byte, i int) []byte { return hex.AppendEncode(to, r.digests[found[i]][:]) }},
		}
	case repositories:
		return []series{numbers(team, "team", 0, (r.Repositories+teamSize-1)/teamSize)}
	case team:
		from := in.item * teamSize
		return []series{numbers(repository, "app", from, min(from+teamSize, r.Repositories))}
	case layersBelow:
		own := r.images * (1 + r.Layers)
		return []series{
			r.leafNames(layer, in.repository*own, (in.repository+1)*own, 1),
			r.leafNames(layer, r.owned(), r.owned()+r.Shared, 1),
		}
	case revisionsBelow:
		return []series{r.imageNames(revision, in.repository*r.images, r.images)}
	case tags:
		return []series{numbers(tag, "v", 0, r.Tags)}
	case indexBelow:
		return []series{r.imageNames(entry, r.pushed(in.item, 0), r.Pushes)}
	}
	return nil
}

func (r *Registry) leafNames(kind kind, from, to, step int) series {
	return series{max(0, (to-from+step-1)/step), kind, func(to []byte, i int) []byte {
		k := leafDigest(from + i*step)
		return hex.AppendEncode(to, k[:])
	}}
}

func (r *Registry) imageNames(kind kind, from, n int) series {
	return series{n, kind, func(to []byte, i int) []byte { return hex.AppendEncode(to, r.digests[from+i][:]) }}
}

func numbers(kind kind, prefix string, from, to int) series {
	return series{to - from, kind, func(to []byte, i int) []byte {
		return strconv.AppendInt(append(to, prefix...), int64(from+i), 10)
	}}
}
