// Package verify tells whether what is tagged can be pulled, and whether the
// bytes are those of their digests.
//
// A Judge goes through an inventory as a registry goes through the tree, one
// repository after the other: each thing that a pull would miss or refuse is one
// Damage with all the tags that it hits, whatever may rightly be absent is a Gap.
// It takes values, and knows neither disk nor clock.
//
// Hash reads blobs, all bytes of them. A blob is sound if it was read to its end
// and hashed to its name. Whatever keeps one from that is told, and does not keep
// the others; only what says nothing of the blobs, like a process out of
// descriptors, ends the work. Memory does not grow with the blobs' size, and the
// page cache is left as it was.
//
// It changes nothing, heals nothing, and does not say what is garbage.
package verify

import (
	"cmp"
	"context"
	"fmt"
	"hash"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"regjanitor/internal/progress"
	"regjanitor/internal/store"
)

// Codes are all of them, in the order in which they are told.
var Codes = []Code{Missing, Corrupt, Dangling, Unreadable}

// Blob is one to be read. Its digest is one that layout.ParseDigest takes.
type Blob struct {
	Digest digest.Digest
	Size   int64  // in bytes, as the scan saw it
	Inode  uint64 // likewise
}

// Code is what is wrong with something.
type Code string

// What can be wrong with a link or a blob.
const (
	Missing    Code = "missing"    // there is no such file
	Corrupt    Code = "corrupt"    // the bytes, or their number, are not those that they should be
	Dangling   Code = "dangling"   // a tag's link leads to nothing that is left
	Unreadable Code = "unreadable" // the disk does not give it, it is no regular file, or nobody understands it
)

// Unsound is a blob that is not sound, and why.
type Unsound struct {
	Blob Blob
	Code Code
	Err  error
}

// Options of hashing.
type Options struct {
	Jobs    int                  // blobs read at once, at least 1
	Rate    int64                // bytes read a second, by all together; 0 is no limit
	Observe func(progress.Event) // in bytes; may be nil
	Found   func(Unsound)        // called serially; may be nil
}

// Result is what was read.
type Result struct {
	Blobs int   // to their ends, the corrupt among them
	Bytes int64 // of these and of others
}

// Hash reads the blobs below the v2 directory root. Its error is that of the
// context or what made going on pointless; damage is none.
func Hash(ctx context.Context, root store.Dir, blobs []Blob, opts Options) (Result, error) {
	var total int64
	for _, b := range blobs {
		total += b.Size
	}
	group, ctx := errgroup.WithContext(ctx)
	h := &hashing{
		ctx: ctx, root: root, found: opts.Found, blobs: inOrder(blobs),
		meter: progress.NewByteMeter(opts.Observe, "hashing", total),
	}
	if opts.Rate > 0 {
		h.limit = rate.NewLimiter(rate.Limit(opts.Rate), piece)
	}
	for range min(max(opts.Jobs, 1), len(blobs)) {
		group.Go(h.work)
	}
	err := group.Wait()
	h.meter.End()
	return Result{int(h.whole.Load()), h.bytes.Load()}, err
}

// large is the size from which on a blob takes long enough to keep others
// waiting: one that is begun last is hashed in some 10 ms.
const large = 16 << 20

// inOrder puts the large blobs first, the largest in front, so that no worker
// is left with one when the others have ended. The rest go by inode, which is
// about how they lie on the disk: a spinning one spends its time on the way
// from one small file to the next, while in a large one the way does not count.
func inOrder(blobs []Blob) []Blob {
	size := func(b Blob) int64 {
		if b.Size < large {
			return 0
		}
		return b.Size
	}
	sorted := slices.Clone(blobs)
	slices.SortFunc(sorted, func(a, b Blob) int {
		return cmp.Or(cmp.Compare(size(b), size(a)), cmp.Compare(a.Inode, b.Inode), cmp.Compare(a.Digest, b.Digest))
	})
	return sorted
}

// hashing is one call of Hash.
type hashing struct {
	ctx   context.Context
	root  store.Dir
	blobs []Blob
	next  atomic.Int64 // of blobs
	meter *progress.Meter
	limit *rate.Limiter // nil is none

	whole atomic.Int64
	bytes atomic.Int64

	mu    sync.Mutex
	found func(Unsound)
}

// work takes one blob after the other until there are none left.
func (h *hashing) work() (err error) {
	var b Blob
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error while hashing %s: %v: please report this\n%s", b.Digest, r, debug.Stack())
		}
	}()
	r := reader{hashing: h, buf: make([]byte, piece), hashes: map[digest.Algorithm]hash.Hash{}}
	for {
		n := h.next.Add(1) - 1
		if n >= int64(len(h.blobs)) {
			return nil
		}
		if err := h.ctx.Err(); err != nil {
			return err
		}
		b = h.blobs[n]
		if err := r.check(b); err != nil {
			return err
		}
	}
}

func (h *hashing) tell(d Unsound) {
	if h.found == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found(d)
}
