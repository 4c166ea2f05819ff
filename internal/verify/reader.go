package verify

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"syscall"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// piece is how much is read at once: little enough to be hashed out of the
// processor's cache, and to be waited for when the work is to end.
const piece = 256 << 10

// reader is one worker. It is what a blob is streamed to.
type reader struct {
	*hashing
	buf    []byte
	hashes map[digest.Algorithm]hash.Hash
	sum    hash.Hash // of the blob that is being read
	read   int64     // bytes of it
}

// check reads one blob and tells what is wrong with it. Its error ends the work.
func (r *reader) check(b Blob) error {
	err := r.stream(b.Digest)
	if transient(err) {
		r.meter.Add(-int(r.read))
		err = r.stream(b.Digest)
	}
	r.bytes.Add(r.read)
	switch {
	case r.ctx.Err() != nil && err != nil:
		return r.ctx.Err()
	case store.Starved(err):
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		r.tell(Unsound{b, Missing, err})
		return nil
	case err != nil:
		r.tell(Unsound{b, Unreadable, err})
		return nil
	}
	r.whole.Add(1)
	if got := digest.NewDigest(b.Digest.Algorithm(), r.sum); got != b.Digest {
		r.tell(Unsound{b, Corrupt, r.differs(b, got)})
	}
	return nil
}

func (r *reader) stream(d digest.Digest) error {
	algorithm := d.Algorithm()
	if r.hashes[algorithm] == nil {
		r.hashes[algorithm] = algorithm.Hash()
	}
	r.sum, r.read = r.hashes[algorithm], 0
	r.sum.Reset()
	_, err := r.root.Stream(layout.BlobData(d), r, r.buf)
	return err
}

// Write takes a piece, unless the work is to end.
func (r *reader) Write(data []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.limit != nil {
		select {
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		case <-time.After(r.limit.ReserveN(time.Now(), len(data)).Delay()):
		}
	}
	r.read += int64(len(data))
	r.meter.Add(len(data))
	return r.sum.Write(data)
}

func (r *reader) differs(b Blob, got digest.Digest) error {
	if r.read != b.Size {
		return fmt.Errorf("%s: hashes to %s, with %d bytes instead of %d", layout.BlobData(b.Digest), got, r.read, b.Size)
	}
	return fmt.Errorf("%s: hashes to %s", layout.BlobData(b.Digest), got)
}

// transient tells what a network file system or a failing disk may get right
// at the second try.
func transient(err error) bool {
	return store.Failing(err) || errors.Is(err, syscall.EINTR) || errors.Is(err, io.ErrUnexpectedEOF)
}
