//go:build unix && !linux

package store

import (
	"os"

	"golang.org/x/sys/unix"
)

func (t *tree) openBeneath(at int, path string, flags int) (int, error) {
	return t.openStepwise(at, path, flags)
}

func (d *dir) List(f func(Entry) error) error {
	fd, err := unix.Openat(d.fd, ".", openDirectory, 0)
	if err != nil {
		return pathError("list", "", err)
	}
	file := os.NewFile(uintptr(fd), ".")
	defer file.Close()
	names, err := file.Readdirnames(-1)
	if err != nil {
		return pathError("list", "", err)
	}
	for _, name := range names {
		info, err := d.Stat(name)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			return err
		}
		if err := f(Entry{Name: []byte(name), Type: info.Type}); err != nil {
			return err
		}
	}
	return nil
}

// Rename refuses to replace what is there already, as far as the look before
// it can tell: this system has no call that does both.
func (d *dir) Rename(name string, to Dir, as string) error {
	target, ok := to.(*dir)
	if !ok {
		return pathError("rename", name, unix.EXDEV)
	}
	if _, err := target.Stat(as); err == nil {
		return pathError("rename", as, unix.EEXIST)
	}
	return pathError("rename", name, unix.Renameat(d.fd, name, target.fd, as))
}

func (d *dir) Sync() error { unix.Sync(); return nil }

func mtime(st *unix.Stat_t) int64 { return st.Mtim.Nano() }
func ctime(st *unix.Stat_t) int64 { return st.Ctim.Nano() }
