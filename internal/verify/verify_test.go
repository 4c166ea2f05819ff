package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// shelf is a tree of blobs that a test changes before it has them hashed.
type shelf struct {
	*testing.T
	memory *storetest.Memory
	blobs  []Blob
	hook   storetest.Hook // may be nil
	opts   Options
}

func newShelf(t *testing.T) *shelf {
	return &shelf{T: t, memory: storetest.NewMemory(), opts: Options{Jobs: 3}}
}

// put adds a sound blob, which is text of that algorithm's digest.
func (s *shelf) put(algorithm digest.Algorithm, text string) Blob {
	b := Blob{Digest: algorithm.FromString(text), Size: int64(len(text))}
	s.set(b, text)
	s.blobs = append(s.blobs, b)
	return b
}

func (s *shelf) set(b Blob, text string) {
	s.memory.Put(layout.BlobData(b.Digest), storetest.Thing{Type: store.Regular, Text: text})
}

func (s *shelf) dir() store.Dir {
	s.Helper()
	dir, err := s.memory.Dir("")
	if err != nil {
		s.Fatal(err)
	}
	if s.hook != nil {
		dir = storetest.Wrap(dir, s.hook)
	}
	return dir
}

// hashed gives what is wrong with which blob, and the error in the end.
func (s *shelf) hashed(ctx context.Context) (Result, map[digest.Digest]Unsound, error) {
	s.Helper()
	return hashed(s.T, ctx, s.dir(), s.blobs, s.opts)
}

func hashed(t *testing.T, ctx context.Context, root store.Dir, blobs []Blob, opts Options) (Result, map[digest.Digest]Unsound, error) {
	t.Helper()
	found := map[digest.Digest]Unsound{}
	opts.Found = func(d Unsound) {
		if _, twice := found[d.Blob.Digest]; twice {
			t.Errorf("%s is told twice", d.Blob.Digest)
		}
		found[d.Blob.Digest] = d
	}
	result, err := Hash(ctx, root, blobs, opts)
	return result, found, err
}

// wantDamage checks for one damage with all the words in its error.
func wantDamage(t *testing.T, found map[digest.Digest]Unsound, b Blob, code Code, words ...string) {
	t.Helper()
	d := found[b.Digest]
	if d.Code != code || d.Blob != b {
		t.Errorf("%s: %+v; want it %s", b.Digest, d, code)
		return
	}
	for _, word := range append(words, layout.BlobData(b.Digest)) {
		if !strings.Contains(d.Err.Error(), word) {
			t.Errorf("%s: %q does not say %q", b.Digest, d.Err, word)
		}
	}
}

func TestSoundBlobsOfEveryAlgorithm(t *testing.T) {
	s := newShelf(t)
	for _, algorithm := range []digest.Algorithm{digest.SHA256, digest.SHA384, digest.SHA512} {
		for _, size := range []int{0, 1, piece - 1, piece, piece + 1, 3*piece + 7} {
			s.put(algorithm, strings.Repeat("x", size))
		}
	}
	result, found, err := s.hashed(t.Context())
	if want := (Result{18, 3 * (6*piece + 8)}); result != want || len(found) > 0 || err != nil {
		t.Errorf("%+v, %v, %v; want %+v", result, found, err, want)
	}
}

func TestDamageIsToldAndDoesNotKeepTheRest(t *testing.T) {
	s := newShelf(t)
	long := strings.Repeat("0123456789", piece/5)
	altered, truncated, extended := s.put(digest.SHA256, long), s.put(digest.SHA256, long+"t"), s.put(digest.SHA512, "longer")
	gone, hollow, link, fifo := s.put(digest.SHA256, "gone"), s.put(digest.SHA256, "hollow"), s.put(digest.SHA256, "link"), s.put(digest.SHA256, "fifo")
	flat := s.put(digest.SHA256, "flat")
	for i := range 100 {
		s.put(digest.SHA256, fmt.Sprint("sound ", i))
	}
	wrong := long[:len(long)-1] + "X"
	s.set(altered, wrong)
	s.set(truncated, long[:1000])
	s.set(extended, "longer still")
	s.memory.Remove(layout.Blob(gone.Digest))
	s.memory.Remove(layout.BlobData(hollow.Digest))
	s.memory.Put(layout.BlobData(link.Digest), storetest.Thing{Type: store.Symlink, Text: "elsewhere"})
	s.memory.Put(layout.BlobData(fifo.Digest), storetest.Thing{Type: store.Other})
	s.memory.Remove(layout.Blob(flat.Digest))
	s.memory.Put(layout.Blob(flat.Digest), storetest.Thing{Type: store.Regular, Text: "flat"})

	result, found, err := s.hashed(t.Context())
	if len(found) != 8 || result.Blobs != 103 || err != nil {
		t.Errorf("%d damaged, %+v, %v", len(found), result, err)
	}
	wantDamage(t, found, altered, Corrupt, "hashes to "+digest.FromString(wrong).String())
	if strings.Contains(found[altered.Digest].Err.Error(), "instead of") {
		t.Errorf("as many bytes as there should be: %v", found[altered.Digest].Err)
	}
	wantDamage(t, found, truncated, Corrupt, fmt.Sprintf("1000 bytes instead of %d", len(long)+1))
	wantDamage(t, found, extended, Corrupt, "hashes to sha512:", "12 bytes instead of 6")
	wantDamage(t, found, gone, Missing)
	wantDamage(t, found, hollow, Missing)
	wantDamage(t, found, flat, Missing)
	wantDamage(t, found, link, Unreadable, "symbolic link")
	wantDamage(t, found, fifo, Unreadable, "not a regular file")
}

// failing fails the reading of one blob a number of times.
func failing(b Blob, times int, err error) storetest.Hook {
	return func(c storetest.Call) error {
		if c.Op == storetest.Stream && c.Path == layout.BlobData(b.Digest) && times > 0 {
			times--
			return err
		}
		return nil
	}
}

func TestAFailureIsTriedTwiceWhereThatMayHelp(t *testing.T) {
	for _, c := range []struct {
		err   error
		times int
		want  Code
	}{
		{syscall.EIO, 1, ""}, {syscall.EIO, 2, Unreadable},
		{syscall.ESTALE, 1, ""}, {syscall.EINTR, 1, ""}, {io.ErrUnexpectedEOF, 1, ""},
		{io.ErrUnexpectedEOF, 2, Unreadable},
		{syscall.EACCES, 1, Unreadable}, {store.ErrMount, 1, Unreadable}, {fs.ErrNotExist, 1, Missing},
	} {
		s := newShelf(t)
		b, other := s.put(digest.SHA256, "content"), s.put(digest.SHA256, "other")
		s.hook = failing(b, c.times, c.err)
		result, found, err := s.hashed(t.Context())
		if d := found[b.Digest]; d.Code != c.want || c.want != "" && !errors.Is(d.Err, c.err) || found[other.Digest].Code != "" || err != nil {
			t.Errorf("%v, %d times: %v, %v; want %q", c.err, c.times, found, err, c.want)
		}
		if whole := map[bool]int{true: 2, false: 1}[c.want == ""]; result.Blobs != whole {
			t.Errorf("%v, %d times: %+v", c.err, c.times, result)
		}
	}
}

// breaking is a tree in which blobs end with an error after their content, once.
type breaking struct {
	store.Dir
	broken atomic.Bool
}

func (b *breaking) Stream(path string, to io.Writer, buf []byte) (store.Info, error) {
	info, err := b.Dir.Stream(path, to, buf)
	if err == nil && !b.broken.Swap(true) {
		err = &fs.PathError{Op: "read", Path: path, Err: syscall.EIO}
	}
	return info, err
}

func TestTheSecondTryBeginsAnew(t *testing.T) {
	s := newShelf(t)
	s.put(digest.SHA256, strings.Repeat("x", 5<<20))
	var last progress.Event
	s.opts.Observe = func(e progress.Event) { last = e }
	result, found, err := hashed(t, t.Context(), &breaking{Dir: s.dir()}, s.blobs, s.opts)
	if want := (Result{1, 5 << 20}); result != want || len(found) > 0 || err != nil {
		t.Errorf("%+v, %v, %v", result, found, err)
	}
	if want := (progress.Event{Phase: "hashing", Done: 5 << 20, Total: 5 << 20, Bytes: true}); last != want {
		t.Errorf("the last that is told: %+v", last)
	}
}

func TestWhatSaysNothingOfTheBlobEndsTheWork(t *testing.T) {
	for _, starved := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		s := newShelf(t)
		b := s.put(digest.SHA256, "content")
		s.hook = failing(b, 1, starved)
		if _, found, err := s.hashed(t.Context()); len(found) > 0 || !errors.Is(err, starved) {
			t.Errorf("%v: %v, %v", starved, found, err)
		}
	}
	s := newShelf(t)
	b := s.put(digest.SHA256, "content")
	s.hook = func(storetest.Call) error { panic("a bug") }
	if _, _, err := s.hashed(t.Context()); err == nil || !strings.Contains(err.Error(), "a bug") || !strings.Contains(err.Error(), b.Digest.String()) {
		t.Errorf("a panic: %v", err)
	}
}

// A terabyte is not read to its end, nor is what comes after it.
func TestCancelledInTheMiddleOfABlob(t *testing.T) {
	s := newShelf(t)
	b := Blob{Digest: digest.FromString("large"), Size: 1 << 40}
	s.memory.Put(layout.BlobData(b.Digest), storetest.Thing{Type: store.Regular, Size: b.Size})
	s.blobs = append(s.blobs, b)
	for i := range 1000 {
		s.put(digest.SHA256, fmt.Sprint(i))
	}
	s.opts.Jobs = 1
	ctx, cancel := context.WithCancel(t.Context())
	s.opts.Observe = func(e progress.Event) {
		if e.Done > 0 {
			cancel()
		}
	}
	result, found, err := s.hashed(ctx)
	if result.Blobs > 0 || result.Bytes == 0 || result.Bytes > 1<<20 || len(found) > 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v, %v", result, found, err)
	}
}

func TestCancelledBetweenBlobs(t *testing.T) {
	s := newShelf(t)
	for i := range 1000 {
		s.put(digest.SHA256, fmt.Sprint(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.hook = func(c storetest.Call) error {
		if c.Number == 50 {
			cancel()
		}
		return nil
	}
	if result, found, err := s.hashed(ctx); result.Blobs > 60 || len(found) > 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v, %v", result, found, err)
	}
}

func TestLargeBlobsGoFirstAndTheRestByInode(t *testing.T) {
	blob := func(size int64, inode uint64) Blob {
		return Blob{digest.FromString(fmt.Sprint(size, inode)), size, inode}
	}
	want := []Blob{blob(large+2, 7), blob(large+1, 2), blob(large, 4), blob(large, 5), blob(10, 1), blob(large-1, 3), blob(5, 6), blob(50, 8)}
	given := []Blob{want[4], want[7], want[2], want[5], want[0], want[3], want[6], want[1]}
	before := slices.Clone(given)
	if got := inOrder(given); !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	if !slices.Equal(given, before) {
		t.Error("the caller's slice is changed")
	}
}

func TestNothingToHash(t *testing.T) {
	s := newShelf(t)
	s.opts = Options{}
	if result, err := Hash(t.Context(), s.dir(), nil, s.opts); result != (Result{}) || err != nil {
		t.Errorf("%+v, %v", result, err)
	}
	s.put(digest.SHA256, "one")
	s.set(s.put(digest.SHA256, "two"), "wrong")
	if result, err := Hash(t.Context(), s.dir(), s.blobs, s.opts); result.Blobs != 2 || err != nil { // nobody listens
		t.Errorf("%+v, %v", result, err)
	}
}
