package scaletest

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// Leaves are numbered: first those that images have for themselves, an image's
// configuration before its layers, then the shared ones, then the orphans.

// owned is how many leaves images have for themselves.
func (r *Registry) owned() int { return r.Repositories * r.images * (1 + r.Layers) }

// shared is the leaf that an image has in common with others.
func (r *Registry) shared(image int) int { return r.owned() + image%r.images%r.Shared }

// spread is odd, so that to multiply by it can be undone, and gather undoes it.
const spread = 0x9e3779b97f4a7c15

var gather = func() uint64 {
	inverse := uint64(spread)
	for range 6 { // each step doubles the bits that are right, from 3
		inverse *= 2 - spread*inverse
	}
	return inverse
}()

// leafDigest is the digest of a leaf: its number, as a hash looks. Leaves take
// turns in shards.
func leafDigest(leaf int) (k key) {
	n := uint64(leaf)
	k[0] = byte(n)
	binary.BigEndian.PutUint64(k[1:], n*spread)
	for at := 9; at < len(k); at += 8 {
		n = mix(n)
		binary.BigEndian.PutUint64(k[min(at, len(k)-8):], n)
	}
	return k
}

// mix makes another number of each.
func mix(n uint64) uint64 {
	n += spread
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// leafOf is the leaf of this digest.
func (r *Registry) leafOf(k key) (leaf int, ok bool) {
	n := binary.BigEndian.Uint64(k[1:]) * gather
	return int(n), n < uint64(r.leaves) && leafDigest(int(n)) == k
}

// leafSize is of four digits for a configuration and of seven for anything else,
// so that all manifests of a registry have one size.
func (r *Registry) leafSize(leaf int) int64 {
	if leaf < r.owned() && leaf%(1+r.Layers) == 0 {
		return 1000 + int64(mix(uint64(leaf))%9000)
	}
	return 1_000_000 + int64(mix(uint64(leaf))%9_000_000)
}

// appendManifest appends the manifest of an image.
func (r *Registry) appendManifest(to []byte, image int) []byte {
	first := image * (1 + r.Layers)
	to = append(to, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":`...)
	to = r.appendDescriptor(to, "application/vnd.oci.image.config.v1+json", first)
	to = append(to, `,"layers":[`...)
	for i := range r.Layers {
		if i > 0 {
			to = append(to, ',')
		}
		to = r.appendDescriptor(to, layerType, first+1+i)
	}
	if r.Shared > 0 {
		if r.Layers > 0 {
			to = append(to, ',')
		}
		to = r.appendDescriptor(to, layerType, r.shared(image))
	}
	return append(to, "]}"...)
}

const layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

func (r *Registry) appendDescriptor(to []byte, mediaType string, leaf int) []byte {
	to = append(to, `{"mediaType":"`...)
	to = append(to, mediaType...)
	to = append(to, `","digest":"`...)
	to = appendDigest(to, leafDigest(leaf))
	to = append(to, `","size":`...)
	to = strconv.AppendInt(to, r.leafSize(leaf), 10)
	return append(to, '}')
}

func appendDigest(to []byte, k key) []byte { return hex.AppendEncode(append(to, "sha256:"...), k[:]) }

// parseKey reads the name of a directory that stands for a digest.
func parseKey(name string) (k key, ok bool) {
	if len(name) != 2*len(k) {
		return k, false
	}
	for i := range k {
		high, low := digit(name[2*i]), digit(name[2*i+1])
		if high > 15 || low > 15 {
			return k, false
		}
		k[i] = high<<4 | low
	}
	return k, true
}

// digit is the value of a lower-case hexadecimal digit, or more than 15.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}
