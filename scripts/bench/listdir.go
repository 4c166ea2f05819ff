package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// buffers are what one goroutine lists and reads into, again and again.
type buffers struct {
	names   [64 << 10]byte
	content [1 << 20]byte
	name    [512]byte
	digests []digest
}

// path joins the parts, ended by a zero as the system wants it. It is good until
// the next path is made.
func (b *buffers) path(parts ...string) []byte {
	path := b.name[:0]
	for _, part := range parts {
		path = append(path, part...)
	}
	return append(path, 0)
}

// blobPath is the path of a blob's data below its shard.
func (b *buffers) blobPath(d *digest) []byte {
	path := hex.AppendEncode(b.name[:0], d[:])
	return append(path, "/data\x00"...)
}

// A dir is an open directory, by its descriptor.
type dir int

func openDir(at dir, path string) (dir, error) {
	fd, err := unix.Openat(int(at), path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	return dir(fd), nil
}

func (d dir) close() { unix.Close(int(d)) }

// Offsets of what list reads of a directory entry.
const (
	direntReclen = unsafe.Offsetof(unix.Dirent{}.Reclen)
	direntType   = unsafe.Offsetof(unix.Dirent{}.Type)
	direntName   = unsafe.Offsetof(unix.Dirent{}.Name)
)

// list calls visit for each entry, in the directory's own order. The name is
// only good until visit returns.
func (d dir) list(buf *buffers, visit func(name []byte, kind byte)) error {
	for {
		n, err := unix.ReadDirent(int(d), buf.names[:])
		if err != nil {
			return fmt.Errorf("list: %w", err)
		}
		if n == 0 {
			return nil
		}
		for rest := buf.names[:n]; len(rest) > 0; {
			length := binary.NativeEndian.Uint16(rest[direntReclen:])
			name := rest[direntName:length]
			name = name[:bytes.IndexByte(name, 0)]
			if s := string(name); s != "." && s != ".." {
				visit(name, rest[direntType])
			}
			rest = rest[length:]
		}
	}
}

func (d dir) listBelow(path string, buf *buffers, visit func(name []byte, kind byte)) error {
	sub, err := openDir(d, path)
	if err != nil {
		return err
	}
	defer sub.close()
	return sub.list(buf, visit)
}

// digests lists a directory whose entries are named by digests.
func (d dir) digests(buf *buffers) ([]digest, error) {
	var found []digest
	err := d.list(buf, func(name []byte, _ byte) {
		var key digest
		if len(name) != hex.EncodedLen(len(key)) {
			return
		}
		if _, err := hex.Decode(key[:], name); err == nil {
			found = append(found, key)
		}
	})
	return found, err
}

func (d dir) digestsBelow(path string, buf *buffers) ([]digest, error) {
	sub, err := openDir(d, path)
	if err != nil {
		return nil, err
	}
	defer sub.close()
	return sub.digests(buf)
}

// readFile reads a file at once. Path and size ask the system directly, because
// package unix would copy each path once more.
func (d dir) readFile(path []byte, buf *buffers) ([]byte, error) {
	fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(d), uintptr(unsafe.Pointer(&path[0])),
		unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("open %s: %w", path[:len(path)-1], errno)
	}
	n, err := unix.Read(int(fd), buf.content[:])
	unix.Close(int(fd))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path[:len(path)-1], err)
	}
	if n == len(buf.content) {
		return nil, fmt.Errorf("read %s: more than %d bytes", path[:len(path)-1], n)
	}
	return buf.content[:n], nil
}

// size is that of a file, in bytes.
func (d dir) size(path []byte) (int64, error) {
	var st unix.Statx_t
	_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(d), uintptr(unsafe.Pointer(&path[0])),
		unix.AT_SYMLINK_NOFOLLOW, unix.STATX_SIZE, uintptr(unsafe.Pointer(&st)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("stat %s: %w", path[:len(path)-1], errno)
	}
	return int64(st.Size), nil
}

// unlink removes a file or, with AT_REMOVEDIR, an empty directory.
func (d dir) unlink(path []byte, flags uintptr) error {
	_, _, errno := unix.Syscall(unix.SYS_UNLINKAT, uintptr(d), uintptr(unsafe.Pointer(&path[0])), flags)
	if errno != 0 {
		return fmt.Errorf("remove %s: %w", path[:len(path)-1], errno)
	}
	return nil
}
