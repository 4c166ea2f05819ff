package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

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
func (d dir) list(visit func(name []byte, kind byte)) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.ReadDirent(int(d), buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("list: %w", err)
		}
		if n == 0 {
			return nil
		}
		for rest := buf[:n]; len(rest) > 0; {
			length := binary.NativeEndian.Uint16(rest[direntReclen:])
			name, _, _ := bytes.Cut(rest[direntName:length], []byte{0})
			if s := string(name); s != "." && s != ".." {
				visit(name, rest[direntType])
			}
			rest = rest[length:]
		}
	}
}

// digests lists a directory whose entries are named by digests.
func (d dir) digests() ([]digest, error) {
	var found []digest
	err := d.list(func(name []byte, _ byte) {
		var key digest
		if n, err := hex.Decode(key[:], name[:min(len(name), hex.EncodedLen(len(key)))]); err == nil && n == len(key) {
			found = append(found, key)
		}
	})
	return found, err
}

// readFile reads a file at once into buf, which must be larger than the file.
func (d dir) readFile(path string, buf []byte) ([]byte, error) {
	fd, err := unix.Openat(int(d), path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if n == len(buf) {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, n)
	}
	return buf[:n], nil
}
