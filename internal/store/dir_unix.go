//go:build unix

package store

import (
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// dir is a Dir on the system's own calls.
type dir struct {
	fd     int
	tree   *tree
	listed bool // the next List has to go back to the start
}

// tree is what all directories of one Root share.
type tree struct {
	device      uint64 // of the root directory
	mount       uint64 // that it lies on, 0 where the system does not tell
	allowMounts bool
	stepwise    sync.Once // see openBeneath
	noOpenat2   bool
}

const (
	openDirectory = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	openFile      = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_NOFOLLOW | unix.O_CLOEXEC

	permissions = 0o7777

	// longestPath is below PATH_MAX (4096, 1024 on some systems): a longer path
	// is opened in pieces.
	longestPath = 1000
)

func (d *dir) Open(path string) (Dir, error) {
	fd, err := d.open(path, openDirectory)
	if err != nil {
		return nil, pathError("open directory", path, err)
	}
	return &dir{fd: fd, tree: d.tree}, nil
}

// open opens what is at path beneath d, in pieces where the path is too long
// for one call.
func (d *dir) open(path string, flags int) (int, error) {
	if err := within(path); err != nil {
		return -1, err
	}
	at := d.fd
	for len(path) > longestPath {
		cut := strings.LastIndexByte(path[:longestPath], '/')
		if cut < 0 {
			break
		}
		next, err := d.tree.openBeneath(at, path[:cut], openDirectory)
		if at != d.fd {
			unix.Close(at)
		}
		if err != nil {
			return -1, err
		}
		at, path = next, path[cut+1:]
	}
	fd, err := d.tree.openBeneath(at, path, flags)
	if at != d.fd {
		unix.Close(at)
	}
	return fd, err
}

// openStepwise does what openat2 does in one call where the system lacks it:
// each component is opened by itself, following nothing, and has to lie on
// the mount of the root or, where the system does not tell, its file system.
func (t *tree) openStepwise(at int, path string, flags int) (int, error) {
	if path == "" {
		path = "."
	}
	fd := at
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, "/")
		how := openDirectory
		if path == "" {
			how = flags
		}
		next, err := openat(fd, name, how)
		if fd != at {
			unix.Close(fd)
		}
		if err != nil {
			return -1, err
		}
		fd = next
		if err := t.sameMount(fd); err != nil {
			unix.Close(fd)
			return -1, err
		}
	}
	return fd, nil
}

func openat(fd int, name string, flags int) (int, error) {
	next, err := retryInterrupted(func() (int, error) { return unix.Openat(fd, name, flags, 0) })
	if err == unix.ELOOP || err == unix.EMLINK || err == unix.ENOTDIR {
		var st unix.Stat_t
		if unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
			return -1, ErrSymlink
		}
	}
	return next, err
}

func (t *tree) sameMount(fd int) error {
	if t.allowMounts {
		return nil
	}
	if t.mount != 0 {
		if mountOf(fd) != t.mount {
			return ErrMount
		}
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if uint64(st.Dev) != t.device {
		return ErrMount
	}
	return nil
}

func (d *dir) Stat(path string) (Info, error) {
	var st unix.Stat_t
	err := within(path)
	switch {
	case err != nil:
	case path == "":
		err = unix.Fstat(d.fd, &st)
	case len(path) > longestPath:
		return d.statFar(path)
	default:
		err = unix.Fstatat(d.fd, path, &st, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return Info{}, pathError("stat", path, err)
	}
	return infoOf(&st), nil
}

func (d *dir) statFar(path string) (Info, error) {
	cut := strings.LastIndexByte(path, '/')
	if cut < 0 {
		return Info{}, pathError("stat", path, unix.ENAMETOOLONG)
	}
	parent, err := d.Open(path[:cut])
	if err != nil {
		return Info{}, err
	}
	defer parent.Close()
	return parent.Stat(path[cut+1:])
}

func (d *dir) Read(path string, limit int, buf []byte) ([]byte, Info, error) {
	fd, err := d.open(path, openFile)
	if err != nil {
		return nil, Info{}, pathError("open", path, err)
	}
	defer unix.Close(fd)
	data, info, err := readOpen(fd, limit, buf)
	return data, info, pathError("read", path, err)
}

// readOpen reads an open file, if it is a regular one.
func readOpen(fd, limit int, buf []byte) ([]byte, Info, error) {
	info, err := regular(fd)
	if err == nil && info.Size > int64(limit) {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, info, err
	}
	if need := int(info.Size) + 1; cap(buf) < need {
		buf = make([]byte, 0, need)
	}
	data, err := readAll(fd, buf[:0], int(info.Size), limit)
	return data, info, err
}

// regular looks at an open file, which has to be a regular one.
func regular(fd int) (Info, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Info{}, err
	}
	info := infoOf(&st)
	if info.Type != Regular {
		return info, ErrNotRegular
	}
	return info, nil
}

// readAll reads to the end of the file: where it was when the file was opened,
// or, as for a file of /proc, which has no size, where the system says it is.
func readAll(fd int, buf []byte, size, limit int) ([]byte, error) {
	for {
		if len(buf) > limit {
			return nil, ErrTooLarge
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := retryInterrupted(func() (int, error) { return unix.Read(fd, buf[len(buf):cap(buf)]) })
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return buf, nil
		}
		if buf = buf[:len(buf)+n]; len(buf) == size {
			return buf, nil
		}
	}
}

func (d *dir) Close() error { return pathError("close", "", unix.Close(d.fd)) }

func infoOf(st *unix.Stat_t) Info {
	return Info{
		Type:   typeOf(uint32(st.Mode)),
		Size:   st.Size,
		Disk:   int64(st.Blocks) * 512,
		Inode:  uint64(st.Ino),
		Device: uint64(st.Dev),
		Links:  uint64(st.Nlink),
		MTime:  mtime(st),
		CTime:  ctime(st),
		Owner:  Owner{UID: st.Uid, GID: st.Gid, Mode: uint32(st.Mode) & permissions},
	}
}

func typeOf(mode uint32) Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Regular
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Symlink
	default:
		return Other
	}
}

// retryInterrupted repeats a call that a signal cut short, which file systems
// over a network or in user space allow.
func retryInterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// nanoseconds saturates where a time is beyond the years 1678 and 2262: one to come
// must not become one long past.
func nanoseconds(t unix.Timespec) int64 {
	const second = int64(time.Second)
	switch sec := int64(t.Sec); {
	case sec >= math.MaxInt64/second:
		return math.MaxInt64
	case sec <= math.MinInt64/second:
		return math.MinInt64
	}
	return t.Nano()
}
