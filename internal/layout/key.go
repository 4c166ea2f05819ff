package layout

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/opencontainers/go-digest"
)

// Key is a digest or a tarsum, of a fixed size and without an allocation where it
// is a sha256, as nearly all are: for hot loops and large sets. Two keys are equal
// where their digests are. The zero Key is the sha256 of 64 zeros: it does not
// tell the lack of a digest.
type Key struct {
	sum  [32]byte      // zero where long is set
	long digest.Digest // any but a sha256
}

// characters are what a name or a file's content is read as.
type characters interface{ ~string | ~[]byte }

// ParseKey reads a digest as ParseDigest does.
func ParseKey[T characters](text T) (Key, error) {
	if sum, ok := parseSHA256(text); ok {
		return Key{sum: sum}, nil
	}
	return long(ParseDigest(string(text)))
}

// ParseReferenceKey reads a digest or a tarsum as ParseReference does.
func ParseReferenceKey[T characters](text T) (Key, error) {
	if sum, ok := parseSHA256(text); ok {
		return Key{sum: sum}, nil
	}
	return long(ParseReference(string(text)))
}

// ParseLeafKey reads a pair of directory names as ParseLeaf does.
func ParseLeafKey[T characters](alg string, hex T) (Key, error) {
	if alg == string(digest.SHA256) {
		if sum, ok := parseSum(hex); ok {
			return Key{sum: sum}, nil
		}
	}
	return long(ParseLeaf(alg, string(hex)))
}

func long(d digest.Digest, err error) (Key, error) { return Key{long: d}, err }

// KeyOf is the key of a digest that ParseDigest or ParseReference has accepted.
func KeyOf(d digest.Digest) Key {
	if sum, ok := parseSHA256(d); ok {
		return Key{sum: sum}
	}
	return Key{long: d}
}

// KeyOfSum is the key of a sha256.
func KeyOfSum(sum [32]byte) Key { return Key{sum: sum} }

// Sum is the bytes of a sha256; of any other digest there are none.
func (k Key) Sum() ([32]byte, bool) { return k.sum, k.long == "" }

// Bytes are those of a sha256, and zeros for any other digest. They are the
// key's own.
func (k *Key) Bytes() []byte { return k.sum[:] }

// Is tells whether the key is the sha256 of these bytes.
func (k *Key) Is(sum *[32]byte) bool {
	word := func(of *[32]byte, at int) uint64 { return binary.NativeEndian.Uint64(of[at:]) }
	differ := word(&k.sum, 0) ^ word(sum, 0) | word(&k.sum, 8) ^ word(sum, 8) | word(&k.sum, 16) ^ word(sum, 16) | word(&k.sum, 24) ^ word(sum, 24)
	return differ == 0 && k.long == ""
}

// Digest is the digest as text.
func (k Key) Digest() digest.Digest {
	if k.long != "" {
		return k.long
	}
	var text [len(prefixSHA256) + 2*len(k.sum)]byte
	copy(text[:], prefixSHA256)
	hex.Encode(text[len(prefixSHA256):], k.sum[:])
	return digest.Digest(text[:])
}

func (k Key) String() string { return string(k.Digest()) }

const prefixSHA256 = "sha256:"

func parseSHA256[T characters](text T) (sum [32]byte, ok bool) {
	if len(text) != len(prefixSHA256)+2*len(sum) || string(text[:len(prefixSHA256)]) != prefixSHA256 {
		return sum, false
	}
	return parseSum(text[len(prefixSHA256):])
}

func parseSum[T characters](hex T) (sum [32]byte, ok bool) {
	if len(hex) != 2*len(sum) {
		return sum, false
	}
	var seen byte
	for i := range sum {
		high, low := nibbles[hex[2*i]], nibbles[hex[2*i+1]]
		seen |= high | low
		sum[i] = high<<4 | low
	}
	if seen == noNibble {
		return [32]byte{}, false
	}
	return sum, true
}

const noNibble = 0xff

// nibbles are the values of the digits of lower-case hex.
var nibbles = func() (values [256]byte) {
	for c := range values {
		values[c] = noNibble
	}
	for value, c := range []byte("0123456789abcdef") {
		values[c] = byte(value)
	}
	return values
}()
