package store

import "golang.org/x/sys/unix"

// footprint keeps one pass over a file from leaving it in the page cache, at
// the expense of what the registry, or anyone else, has there.
//
// What was in the cache before the pass somebody may use, so it stays. That can
// be told before the first read only, for the kernel reads ahead, by more than
// a step where it was set up so: therefore all of a file's steps are looked at
// when it is opened, each a microsecond where nothing is cached. Kernels before
// 6.5 do not tell, nor do later ones a user who could not write to the file:
// then all of it goes. What was needed comes back with one read, while a
// registry's worth of layers would have driven out everything.
//
// Dirty pages, mapped ones and those of tmpfs the kernel keeps by itself.
type footprint struct {
	fd    int
	size  int64
	stays []bool // by step
	next  int64  // step
}

const (
	// step is in what pieces pages are given back. It is a multiple of the
	// largest folio: one that lies across a boundary would stay.
	step = 8 << 20

	// small is the size below which a file is read without a word. For the few
	// KiB of a manifest the calls would be a tenth to a quarter of the time that
	// it takes to get it from a fast disk, from here on they do not show; and
	// pages that were read once are the first that the kernel gives up.
	small = 64 << 10
)

func newFootprint(fd int, size int64) *footprint {
	if size < small {
		return &footprint{}
	}
	f := &footprint{fd: fd, size: size, stays: make([]bool, (size+step-1)/step)}
	_ = unix.Fadvise(fd, 0, 0, unix.FADV_SEQUENTIAL)
	for i := range f.stays {
		f.stays[i] = cached(fd, int64(i)*step, min(step, size-int64(i)*step))
	}
	return f
}

// cached tells whether most of a part of a file is in the page cache.
func cached(fd int, from, length int64) bool {
	var held unix.Cachestat_t
	err := unix.Cachestat(uint(fd), &unix.CachestatRange{Off: uint64(from), Len: uint64(length)}, &held, 0)
	return err == nil && int64(held.Cache)*int64(unix.Getpagesize()) > length/2
}

// clean gives back the steps that end before the reader's place.
func (f *footprint) clean(at int64) {
	for ; f.next < int64(len(f.stays)) && min((f.next+1)*step, f.size) <= at; f.next++ {
		if !f.stays[f.next] {
			_ = unix.Fadvise(f.fd, f.next*step, step, unix.FADV_DONTNEED)
		}
	}
}

// DropCache makes the next reading of a file come from the disk, as far as the
// system allows: what is wrong in memory may be right there. It may fail, and
// says nothing of it.
func DropCache(in Dir, path string) {
	if root, ok := in.(*Root); ok {
		in = root.Dir
	}
	d, ok := in.(*dir)
	if !ok {
		return
	}
	if fd, err := d.open(path, openFile); err == nil {
		_ = unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED)
		unix.Close(fd)
	}
}
