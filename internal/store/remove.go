//go:build unix

package store

import "golang.org/x/sys/unix"

func (d *dir) Unlink(name string) error {
	err := oneName(name)
	if err == nil {
		err = unix.Unlinkat(d.fd, name, 0)
	}
	return pathError("remove", name, err)
}

func (d *dir) Rmdir(name string) error {
	err := oneName(name)
	if err == nil {
		err = unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
	}
	return pathError("remove directory", name, err)
}

// Rename refuses to replace what is there already.
func (d *dir) Rename(name string, to Dir, as string) error {
	if root, ok := to.(*Root); ok {
		to = root.Dir
	}
	target, ok := to.(*dir)
	if !ok {
		return pathError("rename", name, unix.EXDEV)
	}
	for _, name := range []string{name, as} {
		if err := oneName(name); err != nil {
			return pathError("rename", name, err)
		}
	}
	return pathError("rename", name, renameNew(d.fd, name, target.fd, as))
}

// RenameOver looks first, for the system would replace any file but a directory,
// and would forget when that was written.
func (d *dir) RenameOver(name, as string) error {
	for _, name := range []string{name, as} {
		if err := oneName(name); err != nil {
			return pathError("rename over", name, err)
		}
	}
	var st unix.Stat_t
	err := unix.Fstatat(d.fd, as, &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case err == nil && typeOf(uint32(st.Mode)) != Regular:
		return pathError("rename over", as, ErrNotRegular)
	case err == nil:
		err = d.backdate(name, st.Mtim)
	case err != unix.ENOENT:
		return pathError("rename over", as, err)
	default:
		err = nil
	}
	if err == nil {
		err = unix.Renameat(d.fd, name, d.fd, as)
	}
	return pathError("rename over", name, err)
}

// backdate gives a file the time of another, but none to a directory, which cannot
// take the place of a file.
func (d *dir) backdate(name string, then unix.Timespec) error {
	var st unix.Stat_t
	err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && typeOf(uint32(st.Mode)) != Directory {
		err = unix.UtimesNanoAt(d.fd, name, []unix.Timespec{then, then}, unix.AT_SYMLINK_NOFOLLOW)
	}
	return err
}

// renameAfterLook refuses to replace what is there already as far as the look
// before it can tell: not every system, nor every file system, has a call that
// does both.
func renameAfterLook(from int, name string, to int, as string) error {
	var st unix.Stat_t
	switch err := unix.Fstatat(to, as, &st, unix.AT_SYMLINK_NOFOLLOW); err {
	case nil:
		return unix.EEXIST
	case unix.ENOENT:
		return unix.Renameat(from, name, to, as)
	default:
		return err
	}
}
