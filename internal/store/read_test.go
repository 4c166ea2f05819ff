//go:build unix

package store

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// 9: none of these makes a reader wait, and none gives it anything.
func TestSpecialFilesAreNotRead(t *testing.T) {
	eachWay(t, func(t *testing.T) string { return plantTree(t, map[string]string{"tree/dir/": ""}) },
		func(t *testing.T, root *Root) {
			t.Chdir(root.Path) // a socket's path must be short
			if err := unix.Mkfifo("fifo", 0o600); err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("unix", "socket")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			wanted := map[string]error{"dir": ErrNotRegular, "fifo": ErrNotRegular, "socket": nil}
			if exec.Command("mknod", "zero", "c", "1", "5").Run() == nil {
				wanted["zero"] = nil // some mounts refuse to open a device at all
			}
			for name, want := range wanted {
				err := within5s(t, name, func() error { _, _, err := root.Read(name, 100, nil); return err })
				if err == nil || want != nil && !errors.Is(err, want) {
					t.Errorf("read %s: %v", name, err)
				}
				info, err := root.Stat(name)
				if wantType := map[bool]Type{true: Directory, false: Other}[name == "dir"]; info.Type != wantType || err != nil {
					t.Errorf("stat %s: %+v, %v", name, info, err)
				}
				if name == "dir" {
					continue
				}
				if err := within5s(t, name, func() error { _, err := root.Open(name); return err }); !errors.Is(err, unix.ENOTDIR) {
					t.Errorf("open %s: %v", name, err)
				}
			}
		})
}

func within5s(t *testing.T, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(5 * time.Second):
		t.Fatalf("%s: waits", what)
		return nil
	}
}

func TestReadHasALimit(t *testing.T) {
	const content = "0123456789"
	top := plantTree(t, map[string]string{"tree/ten": content, "tree/none": ""})
	root := openRoot(t, top, false)
	for _, limit := range []int{10, 11, 1 << 20} {
		for _, buf := range [][]byte{nil, {}, make([]byte, 0, 10), make([]byte, 3, 11), make([]byte, 0, 4096)} {
			data, info, err := root.Read("ten", limit, buf)
			if string(data) != content || info.Size != 10 || err != nil {
				t.Errorf("limit %d, buffer %d: %q, %+v, %v", limit, cap(buf), data, info, err)
			}
			if cap(buf) > 10 && &data[0] != &buf[:1][0] {
				t.Errorf("a buffer of %d bytes is not used", cap(buf))
			}
		}
	}
	for _, limit := range []int{9, 1, 0} {
		for _, buf := range [][]byte{nil, make([]byte, 0, 4096)} {
			data, info, err := root.Read("ten", limit, buf)
			wantError(t, "read", err, ErrTooLarge)
			if data != nil || info.Size != 10 {
				t.Errorf("limit %d: %q, %+v", limit, data, info)
			}
		}
	}
	if data, _, err := root.Read("none", 0, nil); len(data) != 0 || err != nil {
		t.Errorf("an empty file: %q, %v", data, err)
	}
}

// Of 10 GiB of hole no byte is read.
func TestAHugeFileCostsNothing(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/huge": ""})
	if err := os.Truncate(filepath.Join(top, "huge"), 10<<30); err != nil {
		t.Skip("no file of 10 GiB here:", err)
	}
	root := openRoot(t, top, false)
	err := within5s(t, "huge", func() error { _, _, err := root.Read("huge", 4<<20, nil); return err })
	wantError(t, "read", err, ErrTooLarge)
}

// What stat said of the size is old by the time that the file is read.
func TestReadFollowsAGrowingFileToTheLimitOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]error{4999: ErrTooLarge, 5000: nil, 5001: nil} {
		fd, err := unix.Open(path, openFile, 0)
		if err != nil {
			t.Fatal(err)
		}
		data, err := readAll(fd, make([]byte, 0, 11), 10, limit) // as if it had been 10 bytes long
		unix.Close(fd)
		if err != want || err == nil && len(data) != 5000 {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		}
	}
	zero, err := unix.Open("/dev/zero", unix.O_RDONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(zero)
	if data, err := readAll(zero, nil, 0, 1<<20); data != nil || err != ErrTooLarge {
		t.Errorf("a file without end: %d bytes, %v", len(data), err)
	}
}

// 31: beyond PATH_MAX, which is 4096 on Linux.
func TestLongPaths(t *testing.T) {
	name := strings.Repeat("n", 200)
	var deep, beneath string
	eachWay(t, func(t *testing.T) string {
		top := plantTree(t, map[string]string{"outside/data": "secret", "tree/": ""})
		deep = strings.TrimSuffix(strings.Repeat(name+"/", 30), "/")
		beneath = strings.TrimSuffix(strings.Repeat(name+"/", 25), "/")
		nest(t, top, name, 30)
		return top
	}, func(t *testing.T, root *Root) {
		data, info, err := root.Read(deep+"/data", 100, nil)
		if string(data) != "deep" || err != nil {
			t.Fatalf("read: %q, %v", data, err)
		}
		if stat, err := root.Stat(deep + "/data"); stat != info || err != nil {
			t.Errorf("stat: %+v, %v", stat, err)
		}
		d, err := root.Open(deep)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if got := names(t, d); len(got) != 3 {
			t.Errorf("list: %q", got)
		}
		for path, want := range map[string]error{
			deep + "/link":                   ErrSymlink,
			deep + "/up/" + name:             ErrSymlink,
			deep + "/none":                   unix.ENOENT,
			beneath + "/none/" + beneath:     unix.ENOENT,
			deep + "/data/" + name:           unix.ENOTDIR,
			strings.Repeat("n", 5000):        unix.ENAMETOOLONG,
			"x/" + strings.Repeat("n", 5000): nil, // either of two errors
		} {
			_, _, err := root.Read(path, 100, nil)
			if want != nil {
				wantError(t, "read", err, want)
			} else if err == nil {
				t.Error("a name of 5000 bytes is read")
			}
		}
		if _, err := root.Stat(deep + "/up/" + name); !errors.Is(err, ErrSymlink) {
			t.Errorf("stat far behind a link: %v", err)
		}
		if _, err := root.Stat(strings.Repeat("n", 5000)); !errors.Is(err, unix.ENAMETOOLONG) {
			t.Errorf("stat of a name of 5000 bytes: %v", err)
		}
	})
}

// nest makes n directories within each other, and at their bottom a file and
// two symbolic links.
func nest(t *testing.T, top, name string, n int) {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := unix.Open(top, openDirectory, 0)
	check(err)
	for range n {
		check(unix.Mkdirat(at, name, 0o755))
		next, err := unix.Openat(at, name, openDirectory, 0)
		check(err)
		unix.Close(at)
		at = next
	}
	defer unix.Close(at)
	fd, err := unix.Openat(at, "data", unix.O_CREAT|unix.O_WRONLY, 0o644)
	check(err)
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte("deep"))
	check(err)
	check(unix.Symlinkat("data", at, "link"))
	check(unix.Symlinkat("../..", at, "up"))
}

// 31: a name is bytes.
func TestOddNames(t *testing.T) {
	odd := []string{"new\nline", "\xff\xfe", "\x1b[31m", "back\\slash", " ", "-rf", "*", "...", "\u202egpj", strings.Repeat("ä", 127)}
	eachWay(t, func(t *testing.T) string {
		files := map[string]string{"tree/": ""}
		for _, name := range odd {
			files["tree/"+name+"/data"] = name
		}
		return plantTree(t, files)
	}, func(t *testing.T, root *Root) {
		if got := names(t, root); len(got) != len(odd) {
			t.Errorf("listed: %q", got)
		}
		for _, name := range odd {
			data, _, err := root.Read(name+"/data", 1000, nil)
			if string(data) != name || err != nil {
				t.Errorf("read in %q: %q, %v", name, data, err)
			}
			d, err := root.Open(name)
			if err != nil {
				t.Error(err)
				continue
			}
			if err := d.Unlink("data"); err != nil {
				t.Error(err)
			}
			d.Close()
			if err := root.Rmdir(name); err != nil {
				t.Error(err)
			}
		}
	})
}
