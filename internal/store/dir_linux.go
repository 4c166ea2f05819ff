package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"

	"golang.org/x/sys/unix"
)

// openBeneath opens path beneath the directory at, with the kernel itself
// refusing symbolic links, a way out and, unless allowed, mount points.
// Kernels before 5.6 and some sandboxes lack openat2: there each component is
// opened by itself.
func (t *tree) openBeneath(at int, path string, flags int) (int, error) {
	t.stepwise.Do(func() { t.noOpenat2 = !hasOpenat2(at) })
	if t.noOpenat2 {
		return t.openStepwise(at, path, flags)
	}
	if path == "" {
		path = "."
	}
	how := unix.OpenHow{Flags: uint64(flags), Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
	if !t.allowMounts {
		how.Resolve |= unix.RESOLVE_NO_XDEV
	}
	const enough = 1000 // tries, where another process holds a lease on the file
	for tries := 0; ; tries++ {
		fd, err := unix.Openat2(at, path, &how)
		switch {
		case err == nil:
			return fd, nil
		case err == unix.EINTR, err == unix.EAGAIN && tries < enough:
			continue
		case err == unix.ELOOP:
			return -1, ErrSymlink
		case err == unix.EXDEV:
			return -1, ErrMount
		case err == unix.ENOTDIR:
			return -1, symlinkOr(at, path, err)
		default:
			return -1, err
		}
	}
}

// symlinkOr tells a link at the end of path, for which O_DIRECTORY has the
// kernel say ENOTDIR, from other things that are no directory.
func symlinkOr(at int, path string, err error) error {
	var st unix.Stat_t
	if unix.Fstatat(at, path, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return ErrSymlink
	}
	return err
}

func hasOpenat2(at int) bool {
	fd, err := unix.Openat2(at, ".", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH})
	if err == nil {
		unix.Close(fd)
	}
	return err != unix.ENOSYS && err != unix.EPERM
}

var listBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

func (d *dir) List(f func(Entry) error) error {
	buf := listBuffers.Get().(*[]byte)
	defer listBuffers.Put(buf)
	if d.listed {
		if _, err := unix.Seek(d.fd, 0, 0); err != nil {
			return pathError("list", "", err)
		}
	}
	d.listed = true
	for {
		n, err := retryInterrupted(func() (int, error) { return unix.Getdents(d.fd, *buf) })
		if err != nil {
			return pathError("list", "", err)
		}
		if n == 0 {
			return nil
		}
		if err := d.entries((*buf)[:n], f); err != nil {
			return err
		}
	}
}

var errDirent = errors.New("the system returned a malformed directory entry")

// entries reads a block of struct linux_dirent64: inode and offset (8 bytes
// each), record length (2), type (1), name up to a zero byte.
func (d *dir) entries(block []byte, f func(Entry) error) error {
	const lengthAt, typeAt, nameAt = 16, 18, 19
	for len(block) > 0 {
		if len(block) < nameAt {
			return pathError("list", "", errDirent)
		}
		length := int(binary.NativeEndian.Uint16(block[lengthAt:]))
		if length <= nameAt || length > len(block) {
			return pathError("list", "", errDirent)
		}
		name, _, _ := bytes.Cut(block[nameAt:length], []byte{0})
		kind := block[typeAt]
		block = block[length:]
		if string(name) == "." || string(name) == ".." {
			continue
		}
		e := Entry{Name: name}
		switch kind {
		case unix.DT_REG:
			e.Type = Regular
		case unix.DT_DIR:
			e.Type = Directory
		case unix.DT_LNK:
			e.Type = Symlink
		case unix.DT_UNKNOWN:
			info, err := d.Stat(string(name))
			if errors.Is(err, unix.ENOENT) {
				continue
			}
			if err != nil {
				return err
			}
			e.Type = info.Type
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

// renameNew asks the kernel itself not to replace anything. NFS for one does
// not know how to: there it says EINVAL.
func renameNew(from int, name string, to int, as string) error {
	err := unix.Renameat2(from, name, to, as, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return renameAfterLook(from, name, to, as)
	}
	return err
}

// mountOf is the mount that an open file lies on, 0 where the kernel (before
// 5.8) does not tell.
func mountOf(fd int) uint64 {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st)
	if err != nil || st.Mask&unix.STATX_MNT_ID == 0 {
		return 0
	}
	return st.Mnt_id
}

func (d *dir) Sync() error { return pathError("sync", "", unix.Syncfs(d.fd)) }

func mtime(st *unix.Stat_t) int64 { return nanoseconds(st.Mtim) }
func ctime(st *unix.Stat_t) int64 { return nanoseconds(st.Ctim) }
