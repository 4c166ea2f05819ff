// Package store is the only door to the disk.
//
// A Root is a registry's tree, opened once. From there every access is
// relative to an open directory and never follows a symbolic link, never
// leaves the tree and, unless it is allowed to, never crosses a mount point:
// where a path would, the access fails and says so. Reading cannot hang on a
// FIFO nor grow with the file.
//
// Dir is the seam: everything above asks a Dir, so that a test can count,
// delay or fail any operation. The package decides nothing and never removes
// more than the one name that it is told.
package store

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
)

// Dir is an open directory of the tree. Paths are relative to it, separated by
// slashes, and ErrOutside where they are anything else; the empty path is the
// directory itself. Errors are *fs.PathError
// that wrap the sentinels below or the system's own. A Dir may be used by
// several goroutines at once, List apart.
type Dir interface {
	// Open opens a directory below this one.
	Open(path string) (Dir, error)
	// List calls f for each entry but . and .., in the file system's order,
	// until f returns an error. The entry's name is valid during the call only.
	List(f func(Entry) error) error
	// Stat looks at one name without following it. Only Stat may follow a link
	// in the directories before that name: what it says is for counting, and
	// whatever removes opens the directory first.
	Stat(path string) (Info, error)
	// Read returns a regular file's content in buf, grown where that is too
	// small, and at most limit bytes of it: a larger file is ErrTooLarge.
	Read(path string, limit int, buf []byte) ([]byte, Info, error)
	// Stream writes a regular file's content, as long as it was when it was
	// opened, in pieces of buf; one that ends before that is
	// io.ErrUnexpectedEOF. An error of to ends it, and is returned as it is. As
	// far as the system allows, the page cache holds afterwards what it held
	// before.
	Stream(path string, to io.Writer, buf []byte) (Info, error)
	// Unlink removes one name of this directory that is not a directory.
	Unlink(name string) error
	// Rmdir removes one empty directory of this directory.
	Rmdir(name string) error
	// Rename moves a name of this directory to a name, not yet taken, of to.
	Rename(name string, to Dir, as string) error
	// Mkdir makes a directory, not yet there, that belongs to owner.
	Mkdir(name string, owner Owner) error
	// RenameOver gives a file of this directory another name of it, and takes the
	// place of the regular file that may have that name, at once: either the one
	// or the other is there. It takes the time of what it replaces as well, for
	// times tell when something was pushed.
	RenameOver(name, as string) error
	// Create makes a file, not yet there, that belongs to owner. What was written
	// to it is durable once Close has returned nil.
	Create(name string, owner Owner) (io.WriteCloser, error)
	// Sync makes what was changed on this file system durable.
	Sync() error
	Close() error
}

// What an access may fail with, besides the errors of the system.
var (
	ErrSymlink    = errors.New("is a symbolic link")
	ErrMount      = errors.New("is a mount point of another file system")
	ErrNotRegular = errors.New("is not a regular file")
	ErrTooLarge   = errors.New("is too large")
	ErrOutside    = errors.New("is not a path within the directory")
)

// within refuses a path that could lead out of its directory, or that one call
// of the system would take and another would not.
func within(path string) error {
	for rest, more := path, path != ""; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		if name == "" || name == ".." {
			return ErrOutside
		}
	}
	return nil
}

// oneName refuses what is not the name of something in its directory.
func oneName(name string) error {
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return ErrOutside
	}
	return nil
}

// Type is what kind of thing a name stands for.
type Type uint8

// The types that matter here; Other is a FIFO, a socket or a device.
const (
	Other Type = iota
	Regular
	Directory
	Symlink
)

func (t Type) String() string {
	switch t {
	case Regular:
		return "regular file"
	case Directory:
		return "directory"
	case Symlink:
		return "symbolic link"
	default:
		return "special file"
	}
}

// Entry is one name of a listed directory.
type Entry struct {
	Name []byte // valid only while List's callback runs
	Type Type
}

// Info is what the disk knows of one name. Times are nanoseconds since 1970.
type Info struct {
	Type   Type
	Size   int64 // bytes of content
	Disk   int64 // bytes allocated
	Inode  uint64
	Device uint64
	Links  uint64
	MTime  int64
	CTime  int64
	Owner  Owner
}

// Owner is who owns a directory or a file, and who may do what with it.
type Owner struct {
	UID, GID uint32
	Mode     uint32 // permission, set-id and sticky bits
}

// Same tells whether nothing has replaced or rewritten the thing since.
func (i Info) Same(then Info) bool {
	return i.Type == then.Type && i.Inode == then.Inode && i.Device == then.Device &&
		i.Size == then.Size && i.MTime == then.MTime
}

func pathError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	if path == "" {
		path = "."
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

// Word is one for a failure of the disk, as it goes into the JSON documents.
func Word(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "permission"
	case errors.Is(err, ErrSymlink):
		return "symlink"
	case errors.Is(err, ErrMount):
		return "mount"
	case errors.Is(err, syscall.EROFS):
		return "read-only"
	case errors.Is(err, syscall.EXDEV):
		return "other-file-system"
	case Full(err):
		return "no-space"
	case Failing(err):
		return "disk"
	case NotEmpty(err):
		return "directory-not-empty"
	}
	return "error"
}

// NotEmpty tells the failure to remove a directory with something in it, for
// which systems have one word or the other.
func NotEmpty(err error) bool { return errors.Is(err, fs.ErrExist) }

// Full tells that there is no space, or none for this user.
func Full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// Failing tells an error of the disk, or of the network that it is behind.
func Failing(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ESTALE)
}

// Starved tells an error that says nothing of the file: the process has run out
// of descriptors or of memory.
func Starved(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}
