//go:build unix

package store

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Mkdir gives the directory away only where it is not the owner's already, so
// that an ordinary user can make his own.
func (d *dir) Mkdir(name string, owner Owner) error {
	err := oneName(name)
	if err == nil {
		err = d.mkdir(name, owner)
	}
	return pathError("make directory", name, err)
}

func (d *dir) mkdir(name string, owner Owner) error {
	if err := unix.Mkdirat(d.fd, name, 0o700); err != nil {
		return err
	}
	fd, err := d.open(name, openDirectory)
	if err == nil {
		err = own(fd, owner)
		unix.Close(fd)
	}
	if err != nil {
		unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
	}
	return err
}

// own sets the mode last: a change of the owner drops bits of it.
func own(fd int, owner Owner) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Uid != owner.UID || st.Gid != owner.GID {
		if int(st.Uid) != unix.Geteuid() {
			return unix.EPERM // somebody else's took its place
		}
		err := unix.Fchown(fd, int(owner.UID), int(owner.GID))
		if err == unix.EPERM && unix.Geteuid() != 0 {
			err = nil // an ordinary user can give nothing away: better his own than none
		}
		if err != nil {
			return err
		}
	}
	return unix.Fchmod(fd, owner.Mode)
}

func (d *dir) Create(name string, owner Owner) (io.WriteCloser, error) {
	err := oneName(name)
	if err != nil {
		return nil, pathError("create", name, err)
	}
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	})
	if err != nil {
		return nil, pathError("create", name, err)
	}
	if err := own(fd, owner); err != nil {
		unix.Close(fd)
		unix.Unlinkat(d.fd, name, 0)
		return nil, pathError("create", name, err)
	}
	return durable{os.NewFile(uintptr(fd), name)}, nil
}

// durable is a file that is on the disk once it has been closed.
type durable struct{ *os.File }

func (f durable) Close() error {
	err := f.Sync()
	if closeErr := f.File.Close(); err == nil {
		err = closeErr
	}
	return err
}
