package torture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// disk is a small file system of its own.
type disk struct {
	t     testing.TB
	dir   string // where it is mounted
	kind  string
	image string // the file that holds it; tmpfs has none
}

const (
	diskSize = 40 << 20 // small enough to be filled in no time
	names    = 16384    // that it has room for
)

// eachDisk runs a test on each kind of disk that can be had here.
func eachDisk(t *testing.T, f func(t *testing.T, d *disk)) {
	for _, kind := range []string{"tmpfs", "ext4"} {
		t.Run(kind, func(t *testing.T) { f(t, newDisk(t, kind)) })
	}
}

// newDisk mounts an empty disk, and skips the test where that is not permitted.
func newDisk(t testing.TB, kind string) *disk {
	t.Helper()
	d := &disk{t: t, dir: t.TempDir(), kind: kind}
	if kind == "ext4" {
		d.image = filepath.Join(t.TempDir(), "image")
		err := os.WriteFile(d.image, nil, 0o600)
		if err = errors.Join(err, os.Truncate(d.image, diskSize)); err != nil {
			t.Fatal(err)
		}
		// Small blocks for small files, and none set apart for root, who runs this.
		if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", "-N", fmt.Sprint(names), d.image).CombinedOutput(); err != nil {
			t.Skipf("no ext4 can be made here: %v\n%s", err, out)
		}
	}
	if err := d.mount(); err != nil {
		t.Skipf("no %s can be mounted here: %v", kind, err)
	}
	t.Cleanup(d.unmount)
	return d
}

func (d *disk) mount() error {
	if d.kind == "tmpfs" {
		return unix.Mount("tmpfs", d.dir, "tmpfs", 0, fmt.Sprintf("size=%d,nr_inodes=%d", diskSize, names))
	}
	// mount(8) finds a loop device and sees that it goes with the mount.
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.dir).CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}

func (d *disk) unmount() {
	if err := unix.Unmount(d.dir, 0); err != nil {
		d.t.Errorf("unmount %s: %v", d.dir, err)
		unix.Unmount(d.dir, unix.MNT_DETACH)
	}
}

// turn makes the disk read-only, or writable again. The kernel does so only at a
// moment when nobody is writing.
func (d *disk) turn(readOnly bool) {
	d.t.Helper()
	flags := uintptr(unix.MS_REMOUNT)
	if readOnly {
		flags |= unix.MS_RDONLY
	}
	err := unix.EBUSY
	for end := time.Now().Add(10 * time.Second); errors.Is(err, unix.EBUSY) && time.Now().Before(end); {
		err, _ = unix.Mount("", d.dir, "", flags, "").(unix.Errno)
	}
	if err != unix.Errno(0) {
		d.t.Fatalf("remount %s, read-only %v: %v", d.dir, readOnly, err)
	}
}

// fill leaves no byte on the disk, and gives back what does so.
func (d *disk) fill() {
	d.t.Helper()
	file, err := os.Create(filepath.Join(d.dir, "filler"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			if !errors.Is(err, unix.ENOSPC) {
				d.t.Fatal(err)
			}
			size /= 2
		}
	}
	var st unix.Statfs_t
	if err := errors.Join(file.Sync(), unix.Statfs(d.dir, &st)); err != nil || st.Bavail > 0 {
		d.t.Fatalf("%d blocks are still free on %s: %v", st.Bavail, d.dir, err)
	}
}

// crowdOut takes the last inode, so that no name can be added.
func (d *disk) crowdOut() {
	d.t.Helper()
	dir := filepath.Join(d.dir, "names")
	if err := os.Mkdir(dir, 0o700); err != nil {
		d.t.Fatal(err)
	}
	for i := 0; ; i++ {
		if err := unix.Mknod(filepath.Join(dir, fmt.Sprint(i)), unix.S_IFREG|0o600, 0); err != nil {
			if !errors.Is(err, unix.ENOSPC) {
				d.t.Fatal(err)
			}
			return
		}
	}
}
