//go:build unix

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
)

// Root is a registry's tree, opened once: the v2 directory.
type Root struct {
	Dir
	Path string // absolute, as the user would name it, symbolic links resolved
	Info Info   // of the directory itself
	fd   int
}

// ErrLocked says that another run holds the tree.
var ErrLocked = errors.New("another run holds the lock")

// Locate finds the v2 directory in what a user names: that directory itself,
// or the storage root above it. What is neither is refused, saying what was
// looked for.
func Locate(named string) (string, error) {
	if named == "" {
		return "", refusal.New("root-missing", "name the storage root, such as /var/lib/registry", "the root's name is empty")
	}
	abs, err := filepath.Abs(named)
	if err != nil {
		return "", fmt.Errorf("make %s absolute: %w", named, err)
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", refusal.New("root-missing", "check --root: it must be there and readable", "no such root: %v", err)
	}
	below := filepath.Join(resolved, filepath.FromSlash(layout.Prefix))
	for _, dir := range []string{below, resolved} {
		if holds(dir, layout.Blobs) || holds(dir, layout.Repositories) && !holds(dir, registry1) {
			return filepath.EvalSymlinks(dir)
		}
	}
	if info, err := os.Stat(below); err == nil && info.IsDir() {
		return "", refusal.New("root-empty", "is the volume mounted?", "%s holds neither %s nor %s", below, layout.Repositories, layout.Blobs)
	}
	return "", refusal.New("root-wrong",
		"name the directory that holds docker/registry/v2, or that directory itself",
		"%s is no registry's storage: looked for %s and for %s in it", abs, layout.Prefix, layout.Repositories)
}

// registry1 is a directory that the registry of before 2015 kept beside its
// own repositories, which are something else.
const registry1 = "images"

// holds tells a directory, or what may lead to one, of this name.
func holds(dir, name string) bool {
	info, err := os.Lstat(filepath.Join(dir, name))
	return err == nil && (info.IsDir() || info.Mode()&fs.ModeSymlink != 0)
}

// OpenRoot opens the v2 directory that Locate found.
func OpenRoot(v2 string, allowMounts bool) (*Root, error) {
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Open(v2, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, pathError("open root", v2, err)
	}
	d := &dir{fd: fd, tree: &tree{allowMounts: allowMounts}}
	info, err := d.Stat("")
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	d.tree.device, d.tree.mount = info.Device, mountOf(fd)
	return &Root{Dir: d, Path: v2, Info: info, fd: fd}, nil
}

// StorageRoot is the directory that holds docker/registry/v2, or the empty
// string where the tree is not laid out below such a one.
func (r *Root) StorageRoot() string {
	above := filepath.Dir(filepath.Dir(filepath.Dir(r.Path)))
	if filepath.Join(above, filepath.FromSlash(layout.Prefix)) != r.Path {
		return ""
	}
	return above
}

// Above opens the storage root, which has to lie on the tree's own mount:
// things are renamed between the two. ErrOutside says that there is none.
func (r *Root) Above() (Dir, error) {
	if r.StorageRoot() == "" {
		return nil, pathError("open storage root above", r.Path, ErrOutside)
	}
	fd, err := openat(r.fd, "../../..", openDirectory)
	if err != nil {
		return nil, pathError("open storage root above", r.Path, err)
	}
	d := &dir{fd: fd, tree: &tree{device: r.Info.Device, mount: mountOf(r.fd)}}
	if err := d.tree.sameMount(fd); err != nil {
		unix.Close(fd)
		return nil, pathError("open storage root above", r.Path, err)
	}
	return d, nil
}

// Beside tells whether the storage root holds a name.
func (r *Root) Beside(path string) bool {
	above := r.StorageRoot()
	if above == "" {
		return false
	}
	_, err := os.Lstat(filepath.Join(above, filepath.FromSlash(path)))
	return err == nil
}

// Lock takes the tree for this run alone, until Close. It writes nothing, so
// that it works on a read-only mount too. Another's lock is ErrLocked.
func (r *Root) Lock() error {
	err := unix.Flock(r.fd, unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return ErrLocked
	}
	return pathError("lock", r.Path, err)
}

// CheckWritable says why nothing could be removed from the tree.
func (r *Root) CheckWritable() error {
	for _, path := range []string{".", layout.Repositories, layout.Blobs} {
		err := unix.Faccessat(r.fd, path, unix.W_OK|unix.X_OK, 0)
		if err != nil && err != unix.ENOENT {
			return pathError("write to", filepath.Join(r.Path, path), err)
		}
	}
	return nil
}

// Free is the space that an ordinary user may still fill, in bytes: what df
// calls available.
func (r *Root) Free() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(r.fd, &st); err != nil {
		return 0, pathError("stat file system of", r.Path, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
