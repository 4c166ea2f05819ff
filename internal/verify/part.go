package verify

import (
	"encoding/hex"

	"github.com/opencontainers/go-digest"
)

// Part is one of a number of parts into which digests fall by their first bytes:
// each into exactly one, and about as many into each. The zero Part is all.
type Part struct{ Number, Of uint32 }

// Has tells whether a digest falls into the part. Number counts from 1, and 0 is
// the last, so that it may be a day of the week whichever way that is counted.
func (p Part) Has(d digest.Digest) bool {
	if p.Of <= 1 {
		return true
	}
	first, err := hex.DecodeString(d.Encoded()[:8])
	if err != nil {
		return true
	}
	var n uint64
	for _, b := range first {
		n = n<<8 | uint64(b)
	}
	return uint32(n*uint64(p.Of)>>32) == p.Number%p.Of
}
