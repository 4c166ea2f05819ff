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
// are, costs 32 bytes and one to three places of 4 bytes in a hash table.
type Digests struct {
	mu    sync.RWMutex
	n     int
	sums  []*[chunk][32]byte // by ID; zero where the digest is in names
	table []ID               // of sums, open addressing: an ID plus one, or 0
	seed  maphash.Seed
	long  map[layout.Key]ID
	names map[ID]layout.Key // the reverse of long
}

// chunk is how many sums lie side by side: where these stay when more come.
const chunk = 4096

func newDigests() *Digests {
	return &Digests{
		table: make([]ID, 1<<10),
		seed:  maphash.MakeSeed(),
		long:  map[layout.Key]ID{},
		names: map[ID]layout.Key{},
	}
}

func (t *Digests) sum(id ID) *[32]byte { return &t.sums[id/chunk][id%chunk] }

// slot is where a sum is in the table, or would go. The hash is seeded and takes
// the whole sum: a manifest may name any digests that somebody has made up.
func (t *Digests) slot(sum *[32]byte) uint64 {
	mask := uint64(len(t.table) - 1)
	at := maphash.Bytes(t.seed, sum[:]) & mask
	for t.table[at] != 0 && *t.sum(t.table[at] - 1) != *sum {
		at = (at + 1) & mask
	}
	return at
}

// add gives the next ID to a sum that is new, or to a digest that has none.
func (t *Digests) add(sum [32]byte) ID {
	id := ID(t.n)
	if id%chunk == 0 {
		t.sums = append(t.sums, new([chunk][32]byte))
	}
	*t.sum(id) = sum
	t.n++
	return id
}

// grow keeps at least a quarter of the table empty.
func (t *Digests) grow() {
	if 4*t.n < 3*len(t.table) {
		return
	}
	t.table = make([]ID, 2*len(t.table))
	for id := range ID(t.n) {
		if _, long := t.names[id]; !long {
			t.table[t.slot(t.sum(id))] = id + 1
		}
	}
}

// Len is the number of digests, and one more than the highest ID.
func (t *Digests) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.n
}

// Digest is the digest that id stands for.
func (t *Digests) Digest(id ID) digest.Digest { return t.key(id).Digest() }

// within is the path of a file in the directory that is named after a digest.
func (t *Digests) within(id ID, file string) string {
	key := t.key(id)
	sum, short := key.Sum()
	if !short {
		return key.Digest().Encoded() + "/" + file
	}
	var name [2*len(sum) + 1 + len(layout.Data)]byte
	hex.Encode(name[:], sum[:])
	return string(append(append(name[:2*len(sum)], '/'), file...))
}

func (t *Digests) key(id ID) layout.Key {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if name, ok := t.names[id]; ok {
		return name
	}
	return layout.KeyOfSum(*t.sum(id))
}

// Algorithm is a digest's. It takes no lock: the scan has to be over.
func (t *Digests) Algorithm(id ID) string {
	if len(t.names) > 0 {
		if name, ok := t.names[id]; ok {
			algorithm, _, _ := strings.Cut(name.String(), ":")
			return algorithm
		}
	}
	return canonical
}

// Shard is the algorithm of a digest and its first byte, which name the
// directories that its blob lies in. It takes no lock: the scan has to be over.
func (t *Digests) Shard(id ID) (algorithm string, first byte) {
	if algorithm = t.Algorithm(id); algorithm == canonical {
		return algorithm, t.sum(id)[0]
	}
	hex := t.Digest(id).Encoded()
	value, _ := strconv.ParseUint(hex[:2], 16, 8)
	return algorithm, byte(value)
}

// Lookup is the ID of a digest that the inventory has met.
func (t *Digests) Lookup(d digest.Digest) (ID, bool) {
	key, err := layout.ParseReferenceKey(d)
	if err != nil {
		return 0, false
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.find(key)
}

// find is Lookup for who holds the lock.
func (t *Digests) find(key layout.Key) (ID, bool) {
	if sum, short := key.Sum(); short {
		found := t.table[t.slot(&sum)]
		return found - 1, found != 0
	}
	id, ok := t.long[key]
	return id, ok
}

// Compare orders digests as their texts are ordered. It takes no lock: the scan
// has to be over.
func (t *Digests) Compare(a, b ID) int {
	if len(t.names) > 0 {
		_, longA := t.names[a]
		_, longB := t.names[b]
		if longA || longB {
			return cmp.Compare(t.Digest(a), t.Digest(b))
		}
	}
	return bytes.Compare(t.sum(a)[:], t.sum(b)[:])
}

// Intern is the ID of a digest, given now if it is new.
func (t *Digests) Intern(d digest.Digest) ID { return t.internKey(layout.KeyOf(d)) }

func (t *Digests) internKey(key layout.Key) ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.enter(key)
}

// internAll puts the IDs of keys into ids, which is as long: for a whole
// directory, say, or a whole manifest.
func (t *Digests) internAll(keys []layout.Key, ids []ID) {
	if t.knownAll(keys, ids) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, key := range keys {
		ids[i] = t.enter(key)
	}
}

// knownAll is internAll for digests that all have been met, as those of nearly
// all manifests have. Else it says so.
//
// A table and sums of many digests lie in no cache of the processor's. The first
// loop does nothing but ask for places in the table, so that many of them are on
// their way at once; the second does the same with the sums there.
func (t *Digests) knownAll(keys []layout.Key, ids []ID) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	mask := uint64(len(t.table) - 1)
	for i := range keys {
		ids[i] = t.table[maphash.Bytes(t.seed, keys[i].Bytes())&mask]
	}
	for i := range keys {
		switch found := ids[i]; {
		case found == 0:
			return false
		case keys[i].Is(t.sum(found - 1)):
			ids[i] = found - 1
		default:
			id, met := t.find(keys[i])
			if !met {
				return false
			}
			ids[i] = id
		}
	}
	return true
}

// enter is for who holds the lock.
func (t *Digests) enter(key layout.Key) ID {
	sum, short := key.Sum()
	if !short {
		id, met := t.long[key]
		if !met {
			id = t.add(sum)
			t.long[key], t.names[id] = id, key
			t.grow()
		}
		return id
	}
	at := t.slot(&sum)
	if found := t.table[at]; found != 0 {
		return found - 1
	}
	id := t.add(sum)
	t.table[at] = id + 1
	t.grow()
	return id
}
