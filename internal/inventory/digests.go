package inventory

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"hash/maphash"
	"strconv"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

// ID stands for a digest in the inventory that issued it. IDs are dense from 0,
// so that a slice can be a set of them; their order means nothing.
type ID uint32

// Digests gives every digest of a tree an ID. A sha256 digest, which nearly all
// are, costs 32 bytes and about two places of 4 bytes in a hash table.
type Digests struct {
	mu    sync.RWMutex
	keys  [][32]byte // by ID; zero where the digest is in names
	table []ID       // of keys, open addressing: an ID plus one, or 0
	seed  maphash.Seed
	long  map[digest.Digest]ID
	names map[ID]digest.Digest
}

func newDigests() *Digests {
	return &Digests{
		table: make([]ID, 1<<10),
		seed:  maphash.MakeSeed(),
		long:  map[digest.Digest]ID{},
		names: map[ID]digest.Digest{},
	}
}

// slot is where a key is in the table, or would go. The hash is seeded and takes
// the whole key: a manifest may name any digests that somebody has made up.
func (t *Digests) slot(key *[32]byte) uint64 {
	mask := uint64(len(t.table) - 1)
	at := maphash.Bytes(t.seed, key[:]) & mask
	for t.table[at] != 0 && t.keys[t.table[at]-1] != *key {
		at = (at + 1) & mask
	}
	return at
}

// grow keeps the table at least half empty.
func (t *Digests) grow() {
	if 2*len(t.keys) < len(t.table) {
		return
	}
	t.table = make([]ID, 2*len(t.table))
	for i := range t.keys {
		if _, long := t.names[ID(i)]; !long {
			t.table[t.slot(&t.keys[i])] = ID(i) + 1
		}
	}
}

// Len is the number of digests, and one more than the highest ID.
func (t *Digests) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.keys)
}

// Digest is the digest that id stands for.
func (t *Digests) Digest(id ID) digest.Digest {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if name, ok := t.names[id]; ok {
		return name
	}
	return digest.NewDigestFromBytes(digest.SHA256, t.keys[id][:])
}

// Shard is the algorithm of a digest and its first byte, which name the
// directories that its blob lies in. It takes no lock: the scan has to be over.
func (t *Digests) Shard(id ID) (algorithm string, first byte) {
	if name, ok := t.names[id]; ok {
		algorithm, hex, _ := strings.Cut(string(name), ":")
		key, _ := strconv.ParseUint(hex[:2], 16, 8)
		return algorithm, byte(key)
	}
	return "sha256", t.keys[id][0]
}

// Lookup is the ID of a digest that the inventory has met.
func (t *Digests) Lookup(d digest.Digest) (ID, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if key, ok := shortKey(d); ok {
		found := t.table[t.slot(&key)]
		return found - 1, found != 0
	}
	id, ok := t.long[d]
	return id, ok
}

// Compare orders digests as their texts are ordered. It takes no lock: the scan
// has to be over.
func (t *Digests) Compare(a, b ID) int {
	if len(t.names) > 0 {
		nameA, longA := t.names[a]
		nameB, longB := t.names[b]
		if longA || longB {
			if !longA {
				nameA = t.Digest(a)
			}
			if !longB {
				nameB = t.Digest(b)
			}
			return cmp.Compare(nameA, nameB)
		}
	}
	return bytes.Compare(t.keys[a][:], t.keys[b][:])
}

// hashes tells whether sum is what id says, without making a text of it.
func (t *Digests) hashes(id ID, sum [32]byte) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.keys[id] == sum
}

// intern is the ID of a digest, given now if it is new.
func (t *Digests) intern(d digest.Digest) ID {
	if key, ok := shortKey(d); ok {
		return t.internKey(key)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.long[d]
	if !ok {
		id = ID(len(t.keys))
		t.keys = append(t.keys, [32]byte{})
		t.long[d], t.names[id] = id, d
		t.grow()
	}
	return id
}

func (t *Digests) internKey(key [32]byte) ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.slot(&key)
	if found := t.table[at]; found != 0 {
		return found - 1
	}
	t.keys = append(t.keys, key)
	t.table[at] = ID(len(t.keys))
	t.grow()
	return ID(len(t.keys) - 1)
}

// internLeaf is the ID for a pair of directory names <alg>/<hex>.
func (t *Digests) internLeaf(alg, name string) (ID, error) {
	if alg == string(digest.SHA256) {
		if key, ok := decodeKey(name); ok {
			return t.internKey(key), nil
		}
	}
	d, err := layout.ParseLeaf(alg, name)
	if err != nil {
		return 0, err
	}
	return t.intern(d), nil
}

func shortKey(d digest.Digest) ([32]byte, bool) {
	const prefix = "sha256:"
	if len(d) != len(prefix)+64 || d[:len(prefix)] != prefix {
		return [32]byte{}, false
	}
	return decodeKey(string(d[len(prefix):]))
}

// decodeKey reads 64 digits of lower-case hex.
func decodeKey(name string) (key [32]byte, ok bool) {
	if len(name) != 2*len(key) {
		return key, false
	}
	for i := range name {
		if c := name[i]; c >= 'A' && c <= 'F' {
			return key, false
		}
	}
	_, err := hex.Decode(key[:], []byte(name))
	return key, err == nil
}
