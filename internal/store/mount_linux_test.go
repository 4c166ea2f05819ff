package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// mounted is a tree with three mounts in it: of another file system, of a
// directory and of a file of the same one.
func mounted(t *testing.T) string {
	t.Helper()
	top := plantTree(t, map[string]string{
		"elsewhere/data": "elsewhere", "elsewhere/sub/": "",
		"tree/plain/data": "plain", "tree/tmpfs/": "", "tree/bound/": "", "tree/file": "",
	})
	mount(t, "tmpfs", filepath.Join(top, "tmpfs"), "tmpfs", 0)
	if err := os.WriteFile(filepath.Join(top, "tmpfs/data"), []byte("elsewhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	mount(t, filepath.Join(top, "../elsewhere"), filepath.Join(top, "bound"), "", unix.MS_BIND)
	mount(t, filepath.Join(top, "../elsewhere/data"), filepath.Join(top, "file"), "", unix.MS_BIND)
	return top
}

func mount(t *testing.T, source, target, kind string, flags uintptr) {
	t.Helper()
	if err := unix.Mount(source, target, kind, flags, ""); err != nil {
		t.Skipf("no permission to mount, so mount points are not tried: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(target, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			t.Error(err)
		}
	})
}

// 28
func TestMountPointsAreNotCrossed(t *testing.T) {
	eachWay(t, mounted, func(t *testing.T, root *Root) {
		directories, files := []string{"tmpfs", "bound", "bound/sub"}, []string{"tmpfs/data", "bound/data", "file"}
		if filepath.Base(t.Name()) == "stepwise_by_device" {
			// A kernel that cannot tell mounts apart: those of the same file system pass.
			directories, files = directories[:1], files[:1]
		}
		for _, path := range directories {
			_, err := root.Open(path)
			wantError(t, "open "+path, err, ErrMount)
		}
		for _, path := range files {
			data, _, err := root.Read(path, 100, nil)
			wantError(t, "read "+path, err, ErrMount)
			if data != nil {
				t.Errorf("read %s: %q", path, data)
			}
		}
		for _, name := range []string{"tmpfs", "bound"} {
			wantError(t, "rmdir "+name, root.Rmdir(name), unix.EBUSY)
		}
		wantError(t, "unlink file", root.Unlink("file"), unix.EBUSY)
		if data, _, err := root.Read("plain/data", 100, nil); string(data) != "plain" || err != nil {
			t.Errorf("beside the mounts: %q, %v", data, err)
		}
	})
}

func TestMountPointsAreCrossedWhereThatIsAllowed(t *testing.T) {
	root := openRoot(t, mounted(t), true)
	for _, stepwise := range []bool{false, true} {
		shared := root.Dir.(*dir).tree
		shared.stepwise.Do(func() {})
		shared.noOpenat2 = stepwise
		for _, path := range []string{"tmpfs/data", "bound/data", "file"} {
			if data, _, err := root.Read(path, 100, nil); string(data) != "elsewhere" || err != nil {
				t.Errorf("stepwise %v: read %s: %q, %v", stepwise, path, data, err)
			}
		}
		openDir(t, root, "bound/sub")
	}
}

func TestTheRootItselfMayBeAMountPoint(t *testing.T) {
	eachWay(t, func(t *testing.T) string { return filepath.Join(mounted(t), "bound") }, func(t *testing.T, root *Root) {
		openDir(t, root, "sub")
		if data, _, err := root.Read("data", 100, nil); string(data) != "elsewhere" || err != nil {
			t.Errorf("%q, %v", data, err)
		}
	})
}

func TestAReadOnlyMount(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/repositories/a/": "", "tree/blobs/": ""})
	mount(t, top, top, "", unix.MS_BIND)
	if err := unix.Mount("", top, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip("no read-only mount here:", err)
	}
	root := openRoot(t, top, false)
	wantError(t, "check", root.CheckWritable(), unix.EROFS)
	if err := root.Lock(); err != nil { // 44
		t.Error(err)
	}
	wantError(t, "rmdir", root.Rmdir("blobs"), unix.EROFS)
	if got := names(t, root); len(got) != 2 {
		t.Errorf("left: %q", got)
	}
}

// A lease, as a file server holds it, is broken by an open that waits. This
// one does not wait for long.
func TestALeaseDoesNotMakeAReaderWait(t *testing.T) {
	eachWay(t, func(t *testing.T) string { return plantTree(t, map[string]string{"tree/file": "x"}) },
		func(t *testing.T, root *Root) {
			f, err := os.OpenFile(filepath.Join(root.Path, "file"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
				t.Skip("no leases here:", err)
			}
			err = within5s(t, "file", func() error { _, _, err := root.Read("file", 10, nil); return err })
			if !errors.Is(err, unix.EAGAIN) {
				t.Errorf("read: %v", err)
			}
		})
}

func TestAboveOnAnotherMount(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/docker/registry/v2/blobs/": ""})
	v2 := filepath.Join(top, "docker/registry/v2")
	mount(t, v2, v2, "", unix.MS_BIND)
	_, err := openRoot(t, v2, false).Above()
	wantError(t, "above a tree that is mounted there", err, ErrMount)
}
