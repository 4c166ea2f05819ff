package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// 27: a directory and a symbolic link that leads out of the tree change places
// all the time. What is opened is the directory or nothing, and what is removed
// lies in it.
func TestADirectorySwappedForASymbolicLink(t *testing.T) {
	const flips = 5000
	eachWay(t, func(t *testing.T) string {
		return plantTree(t, map[string]string{
			"outside/sub/data": "canary", "outside/data": "canary",
			"tree/a/decoy": "->../../outside", "tree/a/real/sub/data": "prey", "tree/a/real/data": "prey",
		})
	}, func(t *testing.T, root *Root) {
		real := openDir(t, root, "a/real")
		folder := openDir(t, root, "a")
		flipped := flip(t, folder)
		var hit, refused int
		for end := time.Now().Add(time.Minute); flipped.Load() < flips || hit == 0 || refused == 0; {
			if time.Now().After(end) {
				t.Fatalf("%d flips, %d removed, %d refused: the race was not run", flipped.Load(), hit, refused)
			}
			for _, path := range []string{"a/real", "a/real/sub"} {
				removed, err := prowl(t, root, path)
				if removed {
					hit++
				}
				if errors.Is(err, ErrSymlink) || errors.Is(err, unix.ENOTDIR) { // swapped back before it was looked at
					refused++
				} else if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
			}
			restore(t, real)
		}
		for _, path := range []string{"outside/data", "outside/sub/data"} {
			if data, err := os.ReadFile(filepath.Join(filepath.Dir(root.Path), path)); string(data) != "canary" || err != nil {
				t.Errorf("%s: %q, %v", path, data, err)
			}
		}
	})
}

// flip has real and decoy change places until the test ends, and counts.
func flip(t *testing.T, folder *dir) *atomic.Int64 {
	t.Helper()
	exchange := func() error {
		return unix.Renameat2(folder.fd, "real", folder.fd, "decoy", unix.RENAME_EXCHANGE)
	}
	if err := exchange(); err != nil {
		t.Skip("no exchange of names here:", err)
	}
	var flipped atomic.Int64
	var stop atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for ; !stop.Load(); flipped.Add(1) {
			if err := exchange(); err != nil {
				t.Error(err)
				return
			}
			runtime.Gosched()
		}
	})
	t.Cleanup(func() { stop.Store(true); group.Wait() })
	return &flipped
}

// prowl reads and removes the file data in the directory at path.
func prowl(t *testing.T, root *Root, path string) (removed bool, err error) {
	t.Helper()
	if data, _, err := root.Read(path+"/data", 100, nil); err == nil && string(data) != "prey" {
		t.Errorf("read %q out of the tree", data)
	}
	d, err := root.Open(path)
	if err != nil {
		return false, err
	}
	defer d.Close()
	return d.Unlink("data") == nil, nil
}

// restore puts the files back, by the open directory.
func restore(t *testing.T, real *dir) {
	t.Helper()
	for _, path := range []string{"data", "sub/data"} {
		fd, err := unix.Openat(real.fd, path, unix.O_CREAT|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unix.Write(fd, []byte("prey")); err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
	}
}
