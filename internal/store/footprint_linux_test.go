package store

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// cachedFile is a file of a root on a file system of whose page cache the
// kernel tells.
type cachedFile struct {
	*testing.T
	root *Root
	name string
	size int64
}

// onDisk is a new directory on a disk, if there is one: temporary ones may lie
// in memory, where nothing can be evicted.
func onDisk(t *testing.T) *Root {
	t.Helper()
	top, err := os.MkdirTemp("/var/tmp", "store-")
	if err != nil {
		return openRoot(t, t.TempDir(), false)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	return openRoot(t, top, false)
}

func newCachedFile(t *testing.T, root *Root, name string, size int64) cachedFile {
	t.Helper()
	path := filepath.Join(root.Path, name)
	if err := os.WriteFile(path, bytes.Repeat([]byte(name), int(size)/len(name)), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = file.Sync() // what is dirty stays whatever is advised
		file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	f := cachedFile{t, root, name, size / int64(len(name)) * int64(len(name))}
	if f.cached(0, f.size) < f.size {
		t.Skip("a file that was just written is not cached, or nobody may know")
	}
	return f
}

func (f cachedFile) open(do func(fd int) error) {
	f.Helper()
	fd, err := unix.Open(filepath.Join(f.root.Path, f.name), unix.O_RDONLY, 0)
	if err == nil {
		err = do(fd)
		unix.Close(fd)
	}
	if err != nil {
		f.Skip("the kernel does not tell what is cached:", err)
	}
}

// cached is how many bytes of a part of the file are in the page cache.
func (f cachedFile) cached(from, length int64) (bytes int64) {
	f.Helper()
	f.open(func(fd int) error {
		var held unix.Cachestat_t
		err := unix.Cachestat(uint(fd), &unix.CachestatRange{Off: uint64(from), Len: uint64(length)}, &held, 0)
		bytes = int64(held.Cache) * int64(os.Getpagesize())
		return err
	})
	return bytes
}

// evict takes a part of the file out of the cache.
func (f cachedFile) evict(from, length int64) {
	f.Helper()
	f.open(func(fd int) error { return unix.Fadvise(fd, from, length, unix.FADV_DONTNEED) })
	if f.cached(from, length) > length/4 {
		f.Skip("this file system does not take advice on what to cache")
	}
}

func (f cachedFile) stream(to io.Writer) {
	f.Helper()
	if _, err := f.root.Stream(f.name, to, make([]byte, 256<<10)); err != nil {
		f.Fatal(err)
	}
}

func TestStreamLeavesTheCacheAsItWas(t *testing.T) {
	root := onDisk(t)
	cold, warm := newCachedFile(t, root, "cold", 3*step+step/2), newCachedFile(t, root, "warm", 2*step)
	cold.evict(0, cold.size)
	cold.stream(io.Discard)
	warm.stream(io.Discard)
	if left := cold.cached(0, cold.size); left > cold.size/8 {
		t.Errorf("of a file of %d bytes that was not cached %d stay", cold.size, left)
	}
	if left := warm.cached(0, warm.size); left < warm.size*7/8 {
		t.Errorf("of a file of %d bytes that was cached %d are left", warm.size, left)
	}
}

func TestStreamOfAFileThatIsCachedInPart(t *testing.T) {
	f := newCachedFile(t, onDisk(t), "part", 4*step)
	f.evict(step, 2*step)
	f.stream(io.Discard)
	for n, wasCached := range []bool{true, false, false, true} {
		if left := f.cached(int64(n)*step, step); (left > step/2) != wasCached {
			t.Errorf("step %d, cached before: %v, now %d of %d bytes", n, wasCached, left, step)
		}
	}
}

func TestStreamGivesBackWhileItReads(t *testing.T) {
	f := newCachedFile(t, onDisk(t), "large", 6*step)
	f.evict(0, f.size)
	var at int64
	f.stream(writer(func(piece []byte) error {
		if at += int64(len(piece)); at%step == 0 && at > step {
			if left := f.cached(0, at-step); left > step {
				t.Errorf("at %d: %d bytes behind the reader are cached", at, left)
			}
		}
		return nil
	}))
}

func TestAStreamThatFailsLeavesNothingEither(t *testing.T) {
	f := newCachedFile(t, onDisk(t), "cut", step/2)
	f.evict(0, f.size)
	var at int64
	_, err := f.root.Stream(f.name, writer(func(piece []byte) error {
		if at += int64(len(piece)); at == f.size {
			return io.ErrClosedPipe
		}
		return nil
	}), make([]byte, 256<<10))
	if err != io.ErrClosedPipe {
		t.Fatal(err)
	}
	if left := f.cached(0, f.size); left > f.size/8 {
		t.Errorf("%d bytes are cached", left)
	}
}

func TestDropCache(t *testing.T) {
	f := newCachedFile(t, onDisk(t), "dropped", 1<<20)
	DropCache(f.root, "nothing")
	DropCache(f.root, f.name)
	if left := f.cached(0, f.size); left > 0 {
		t.Errorf("%d bytes are in the cache still", left)
	}
}
