//go:build unix

package store

import (
	"io"

	"golang.org/x/sys/unix"
)

func (d *dir) Stream(path string, to io.Writer, buf []byte) (Info, error) {
	fd, err := d.open(path, openFile)
	if err != nil {
		return Info{}, pathError("open", path, err)
	}
	defer unix.Close(fd)
	info, err := regular(fd)
	if err != nil {
		return info, pathError("read", path, err)
	}
	left := newFootprint(fd, info.Size)
	defer left.clean(info.Size) // what the kernel has read ahead too
	for at := int64(0); at < info.Size; left.clean(at) {
		piece := buf[:min(int64(len(buf)), info.Size-at)]
		n, err := retryInterrupted(func() (int, error) { return unix.Read(fd, piece) })
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return info, pathError("read", path, err)
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return info, err
		}
		at += int64(n)
	}
	return info, nil
}
