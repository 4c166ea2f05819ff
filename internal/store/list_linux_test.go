package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestListTellsTypes(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/file": "x", "tree/dir/": "", "tree/link": "->dir", "tree/dangling": "->x"})
	if err := unix.Mkfifo(filepath.Join(top, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, top, false)
	want := map[string]Type{"file": Regular, "dir": Directory, "link": Symlink, "dangling": Symlink, "fifo": Other}
	for range 2 { // the second time it begins anew
		got := map[string]Type{}
		if err := root.List(func(e Entry) error { got[string(e.Name)] = e.Type; return nil }); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v; want %v", got, want)
		}
	}
}

func TestListStopsWhereItIsTold(t *testing.T) {
	root := openRoot(t, plantTree(t, map[string]string{"tree/a": "", "tree/b": "", "tree/c": ""}), false)
	stop := errors.New("enough")
	calls := 0
	if err := root.List(func(Entry) error { calls++; return stop }); err != stop || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if got := names(t, root); len(got) != 3 {
		t.Errorf("the next list begins in the middle: %q", got)
	}
}

func TestListOfADirectoryThatIsGone(t *testing.T) {
	root := openRoot(t, plantTree(t, map[string]string{"tree/dir/": ""}), false)
	d := openDir(t, root, "dir")
	if err := root.Rmdir("dir"); err != nil {
		t.Fatal(err)
	}
	err := d.List(func(e Entry) error { t.Errorf("it holds %q", e.Name); return nil })
	wantError(t, "list", err, unix.ENOENT)
}

// 32
func TestManyEntriesAreListedCompletely(t *testing.T) {
	many := 100_000
	if testing.Short() {
		many = 5_000
	}
	top := t.TempDir()
	root := openRoot(t, top, false)
	var file string // hard links are quick to make, but some file systems allow 65,000 only
	for i := range many {
		name := filepath.Join(top, fmt.Sprintf("sha256-%064d", i))
		err := error(nil)
		if i%50_000 == 0 {
			file, err = name, os.WriteFile(name, nil, 0o600)
		} else {
			err = os.Link(file, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			d, err := root.Open("")
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			seen := make([]bool, many)
			count := 0
			err = d.List(func(e Entry) error {
				number, _ := strings.CutPrefix(string(e.Name), "sha256-")
				i, err := strconv.Atoi(number)
				if err != nil || seen[i] || e.Type != Regular {
					return fmt.Errorf("%q, a %s: %w", e.Name, e.Type, err)
				}
				seen[i] = true
				count++
				return nil
			})
			if err != nil || count != many {
				t.Errorf("%d of %d entries, %v", count, many, err)
			}
		})
	}
	group.Wait()
}

// dirent is a struct linux_dirent64 as the kernel packs it.
func dirent(kind byte, name string) []byte {
	length := (19 + len(name) + 1 + 7) / 8 * 8
	record := make([]byte, length)
	binary.NativeEndian.PutUint16(record[16:], uint16(length))
	record[18] = kind
	copy(record[19:], name)
	return record
}

// File systems without types in their directories say DT_UNKNOWN of everything.
func TestAnUnknownTypeIsLookedUp(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/file": "x", "tree/dir/": "", "tree/link": "->dir"})
	if err := unix.Mkfifo(filepath.Join(top, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := openRoot(t, top, false).Dir.(*dir)
	var block []byte
	for _, name := range []string{".", "..", "file", "gone meanwhile", "dir", "link", "fifo"} {
		block = append(block, dirent(unix.DT_UNKNOWN, name)...)
	}
	var got []string
	err := d.entries(block, func(e Entry) error { got = append(got, fmt.Sprintf("%s: %s", e.Name, e.Type)); return nil })
	want := []string{"file: regular file", "dir: directory", "link: symbolic link", "fifo: special file"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if os.Getuid() == 0 {
		return // root may look all the same
	}
	forbid(t, top, 0o000)
	err = d.entries(dirent(unix.DT_UNKNOWN, "file"), func(e Entry) error { t.Errorf("%q is a %s", e.Name, e.Type); return nil })
	wantError(t, "an entry that cannot be looked at", err, unix.EACCES)
}

func TestAKnownTypeIsTrusted(t *testing.T) {
	d := openRoot(t, t.TempDir(), false).Dir.(*dir)
	for kind, want := range map[byte]Type{
		unix.DT_REG: Regular, unix.DT_DIR: Directory, unix.DT_LNK: Symlink,
		unix.DT_FIFO: Other, unix.DT_SOCK: Other, unix.DT_CHR: Other, unix.DT_BLK: Other, 14: Other,
	} {
		err := d.entries(dirent(kind, "name"), func(e Entry) error {
			if string(e.Name) != "name" || e.Type != want {
				t.Errorf("type %d: %q is a %s; want a %s", kind, e.Name, e.Type, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAMalformedBlockIsAnError(t *testing.T) {
	d := openRoot(t, t.TempDir(), false).Dir.(*dir)
	good := dirent(unix.DT_REG, "name")
	for what, damage := range map[string]func(block []byte) []byte{
		"cut in its head":   func(block []byte) []byte { return block[:10] },
		"cut in its name":   func(block []byte) []byte { return block[:21] },
		"length of nothing": func(block []byte) []byte { block[16], block[17] = 0, 0; return block },
		"length of no name": func(block []byte) []byte { block[16], block[17] = 19, 0; return block },
		"length too large":  func(block []byte) []byte { block[16], block[17] = 0xff, 0xff; return block },
	} {
		block := append(slices.Clone(good), damage(slices.Clone(good))...)
		calls := 0
		err := d.entries(block, func(Entry) error { calls++; return nil })
		if !errors.Is(err, errDirent) || calls != 1 {
			t.Errorf("%s: %d entries, %v", what, calls, err)
		}
	}
}
