package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"regjanitor/internal/layout"
)

// numbered is a key that differs with n.
func numbered(n int) layout.Key {
	switch text := string(binary.AppendVarint(nil, int64(n))); n % 1000 {
	case 1:
		return layout.KeyOf(digest.SHA512.FromString(text))
	case 2:
		return layout.KeyOf("tarsum.v1+" + digest.FromString(text))
	default:
		return layout.KeyOfSum(sha256.Sum256([]byte(text)))
	}
}

// consistent checks a Digests that has met the numbered keys below n, and them alone.
func consistent(t *testing.T, digests *Digests, n int) {
	t.Helper()
	if digests.Len() != n {
		t.Fatalf("%d digests, want %d", digests.Len(), n)
	}
	given := make([]bool, n)
	for i := range n {
		d := numbered(i).Digest()
		id, met := digests.Lookup(d)
		if !met || digests.Digest(id) != d || given[id] {
			t.Fatalf("digest %d, %s: ID %d, %v", i, d, id, met)
		}
		given[id] = true
		if algorithm, first := digests.Shard(id); n%1000 != 2 &&
			layout.Blob(d) != fmt.Sprintf("blobs/%s/%02x/%s", algorithm, first, d.Encoded()) {
			t.Fatalf("%s is in shard %s/%02x", d, algorithm, first)
		}
	}
	if id, met := digests.Lookup(numbered(n).Digest()); met {
		t.Fatalf("a digest that was never met is %d", id)
	}
}

func TestManyDigestsEachKeepTheirID(t *testing.T) {
	const many = 3*chunk + 5
	digests := newDigests()
	for i := range many {
		if id := digests.internKey(numbered(i)); id != ID(i) {
			t.Fatalf("digest %d has ID %d", i, id)
		}
		if id := digests.internKey(numbered(i / 2)); id != ID(i/2) {
			t.Fatalf("digest %d has ID %d when it is met again", i/2, id)
		}
	}
	consistent(t, digests, many)
	if load := float64(many) / float64(len(digests.table)); load > 0.75 {
		t.Errorf("the table is full to %.2f", load)
	}
}

func TestABatchIsAsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, all := newDigests(), newDigests()
		for _, batch := range rapid.SliceOf(rapid.SliceOf(rapid.IntRange(990, 1010))).Draw(t, "batches") {
			keys, ids := make([]layout.Key, len(batch)), make([]ID, len(batch))
			for i, n := range batch {
				keys[i] = numbered(n)
			}
			all.internAll(keys, ids)
			for i, key := range keys {
				if want := one.Intern(key.Digest()); ids[i] != want {
					t.Fatalf("%s has the ID %d in a batch, %d alone", key, ids[i], want)
				}
			}
		}
	})
}

func TestBatchesAtOnce(t *testing.T) {
	const many, size = 2*chunk + 100, 50
	digests := newDigests()
	var group sync.WaitGroup
	for task := range 4 {
		group.Go(func() {
			keys, ids := make([]layout.Key, size), make([]ID, size)
			for from := range many / size {
				for i := range keys {
					keys[i] = numbered((from*(task+1)*size + i) % many)
				}
				digests.internAll(keys, ids)
				for i, id := range ids {
					if digests.Digest(id) != keys[i].Digest() {
						t.Errorf("ID %d is not that of %s", id, keys[i])
					}
				}
			}
		})
	}
	group.Wait()
	for i := range many {
		digests.internKey(numbered(i))
	}
	consistent(t, digests, many)
}

func TestDigestsAreOrderedAsTheirTexts(t *testing.T) {
	digests := newDigests()
	for i := range 1010 {
		digests.internKey(numbered(i))
	}
	for a := range ID(1010) {
		for b := a; b < 1010; b += 1 + b%7 {
			if got, want := digests.Compare(a, b), cmp.Compare(digests.Digest(a), digests.Digest(b)); got != want {
				t.Fatalf("%s and %s: %d, want %d", digests.Digest(a), digests.Digest(b), got, want)
			}
		}
	}
}

func TestNoDigestIsNotFound(t *testing.T) {
	digests := newDigests()
	digests.internKey(layout.KeyOfSum([32]byte{})) // a directory may have any name
	for _, text := range []digest.Digest{"", "sha256:", "latest", digest.Digest("sha256:" + strings.Repeat("A", 64))} {
		if id, met := digests.Lookup(text); met {
			t.Errorf("%q is %d", text, id)
		}
	}
}

func TestADigestCostsLittleMemory(t *testing.T) {
	const many = 100_000
	digests := newDigests()
	for i := range many {
		var sum [32]byte
		binary.BigEndian.PutUint64(sum[:], uint64(i))
		digests.internKey(layout.KeyOfSum(sum))
	}
	if held := len(digests.sums)*chunk*32 + len(digests.table)*4; held > many*(32+12) {
		t.Errorf("%d bytes a digest", held/many)
	}
}

// BenchmarkIntern looks up the digests of directories and of manifests, among as
// many as a large registry holds.
func BenchmarkIntern(b *testing.B) {
	const many = 200_000
	keys := make([]layout.Key, many)
	for i := range keys {
		keys[i] = layout.KeyOfSum(sha256.Sum256(binary.NativeEndian.AppendUint64(nil, uint64(i))))
	}
	t := newDigests()
	ids := make([]ID, many)
	t.internAll(keys, ids)
	for _, size := range []int{1, 8, 700} {
		b.Run(fmt.Sprintf("%d at once", size), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				from := i * 7919 * size % (many - size)
				t.internAll(keys[from:from+size], ids[:size])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/digest")
		})
	}
}
