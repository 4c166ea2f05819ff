//go:build unix && !linux

package store

import (
	"errors"
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
		if errors.Is(err, unix.ENOENT) {
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

func renameNew(from int, name string, to int, as string) error {
	return renameAfterLook(from, name, to, as)
}

func mountOf(int) uint64 { return 0 }

func (d *dir) Sync() error { unix.Sync(); return nil }

func mtime(st *unix.Stat_t) int64 { return nanoseconds(st.Mtim) }
func ctime(st *unix.Stat_t) int64 { return nanoseconds(st.Ctim) }
