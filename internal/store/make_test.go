//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestMkdir(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/": ""})
	root := openRoot(t, top, false)
	owner := Owner{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), Mode: 0o2751}
	if err := root.Mkdir("made", owner); err != nil {
		t.Fatal(err)
	}
	if info, err := root.Stat("made"); err != nil || info.Owner != owner {
		t.Errorf("made for %+v: %+v, %v", owner, info.Owner, err)
	}
	if err := root.Mkdir("made", owner); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	for _, name := range []string{"", "..", "a/b"} {
		if err := root.Mkdir(name, owner); !errors.Is(err, ErrOutside) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if os.Getuid() == 0 {
		other := Owner{UID: 1234, GID: 4321, Mode: 0o700}
		if err := root.Mkdir("other", other); err != nil {
			t.Fatal(err)
		}
		if info, err := root.Stat("other"); err != nil || info.Owner != other {
			t.Errorf("made for %+v: %+v, %v", other, info.Owner, err)
		}
	}
}

func TestCreate(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/": ""})
	root := openRoot(t, top, false)
	mine := Owner{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), Mode: 0o640}
	file, err := root.Create("made", mine)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"one ", "two"} {
		if _, err := file.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(top, "made")); err != nil || string(data) != "one two" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := root.Stat("made"); err != nil || info.Owner != mine {
		t.Errorf("made for %+v: %+v, %v", mine, info.Owner, err)
	}
	if err := os.Symlink("nowhere", filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"made", "link"} {
		if _, err := root.Create(name, mine); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
