package verify

import (
	"testing"

	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"
)

// TestPartsCoverEverythingOnce: of however many parts, any digest is in one.
func TestPartsCoverEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.Uint32Range(1, 300).Draw(t, "parts")
		algorithm := rapid.SampledFrom([]digest.Algorithm{digest.SHA256, digest.SHA512}).Draw(t, "algorithm")
		d := algorithm.FromBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "data"))
		in := 0
		for number := range of {
			if (Part{number + 1, of}).Has(d) {
				in++
			}
		}
		if in != 1 {
			t.Fatalf("%s is in %d of %d parts", d, in, of)
		}
	})
}

func TestPartsAreAlike(t *testing.T) {
	var counts [7]int
	for i := range 7000 {
		d := digest.FromBytes([]byte{byte(i), byte(i >> 8)})
		for n := range uint32(7) {
			if (Part{n, 7}).Has(d) {
				counts[n]++
			}
		}
	}
	for n, count := range counts {
		if count < 800 || count > 1200 {
			t.Errorf("part %d of 7 has %d of 7000", n, count)
		}
	}
}
