package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A blobSet numbers the blobs of a tree, so that all else can be kept in slices
// instead of maps.
type blobSet struct {
	shards [256]shard
	count  int
	needs  [][]int32 // of each blob that is a manifest: what it refers to
}

// A shard is one directory of blobs, those whose digests begin with one byte.
type shard struct {
	dir     dir
	first   int32 // number of its first blob
	digests []digest
	// slots is a hash table with open addresses: one more than a place in
	// digests, 0 where there is none. A digest is its own hash.
	slots []int32
}

// list reads the directory, which is gone after a sweep that has emptied it.
func (s *shard) list(v2 dir, path string, buf *buffers) (err error) {
	s.dir, err = openDir(v2, path)
	if err == nil {
		s.digests, err = s.dir.digests(buf)
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	size := 2
	for size < 2*len(s.digests) {
		size *= 2
	}
	s.slots = make([]int32, size)
	for i := range s.digests {
		s.slots[s.slot(&s.digests[i])] = int32(i + 1)
	}
	return nil
}

// slot is where a digest is, or would be.
func (s *shard) slot(d *digest) uint32 {
	mask := uint32(len(s.slots) - 1)
	at := binary.NativeEndian.Uint32(d[1:]) & mask
	for s.slots[at] != 0 && s.digests[s.slots[at]-1] != *d {
		at = (at + 1) & mask
	}
	return at
}

func (b *blobSet) close() {
	for i := range b.shards {
		if b.shards[i].dir > 0 {
			b.shards[i].dir.close()
		}
	}
}

// number counts the blobs through, shard after shard.
func (b *blobSet) number() {
	for i := range b.shards {
		b.shards[i].first = int32(b.count)
		b.count += len(b.shards[i].digests)
	}
}

// at is a blob by its number.
func (b *blobSet) at(id int32) (*shard, *digest) {
	low, high := 0, len(b.shards)
	for high-low > 1 {
		if middle := (low + high) / 2; b.shards[middle].first <= id {
			low = middle
		} else {
			high = middle
		}
	}
	s := &b.shards[low]
	return s, &s.digests[id-s.first]
}

// find gives the numbers of those blobs that are there.
func (b *blobSet) find(digests []digest) []int32 {
	ids := make([]int32, 0, len(digests))
	for i := range digests {
		s := &b.shards[digests[i][0]]
		if place := s.slots[s.slot(&digests[i])]; place > 0 {
			ids = append(ids, s.first+place-1)
		}
	}
	return ids
}

// findAll is for blobs that must be there.
func (b *blobSet) findAll(digests []digest) ([]int32, error) {
	ids := b.find(digests)
	if len(ids) < len(digests) {
		return nil, fmt.Errorf("%d of %d blobs are missing", len(digests)-len(ids), len(digests))
	}
	return ids, nil
}
