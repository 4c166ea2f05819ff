//go:build unix

package storetest

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"regjanitor/internal/store"
)

// compareTrees reads what is on the disk with what the system offers.
func compareTrees(t *rapid.T, top string, memory *Memory, vague bool) {
	t.Helper()
	type seen struct {
		Kind    fs.FileMode
		Text    string
		Info    store.Info
		LinksTo string // the first name of the same file
	}
	disk, inMemory := map[string]seen{}, map[string]seen{}
	first := map[uint64]string{}
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == top {
			return err
		}
		name := path[len(top)+1:]
		var st unix.Stat_t
		err = unix.Lstat(path, &st)
		s := seen{Kind: e.Type(), Info: store.Info{Size: st.Size, Links: uint64(st.Nlink), MTime: st.Mtim.Nano(),
			Owner: store.Owner{UID: st.Uid, GID: st.Gid, Mode: uint32(st.Mode) & 0o7777}}}
		if !e.IsDir() {
			s.LinksTo, first[st.Ino] = firstName(first, st.Ino, name)
		}
		switch {
		case err != nil:
		case e.Type() == fs.ModeSymlink:
			s.Text, err = os.Readlink(path)
		case e.Type().IsRegular() && st.Size <= heldAtMost:
			var content []byte
			content, err = os.ReadFile(path)
			s.Text = string(content)
		}
		s.Info.Type = map[fs.FileMode]store.Type{0: store.Regular, fs.ModeDir: store.Directory, fs.ModeSymlink: store.Symlink}[e.Type()]
		s.Info = alike(s.Info, vague)
		disk[name] = s
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	clear(first)
	for path, info := range memory.All() {
		s := seen{Info: alike(info, vague)}
		if info.Type != store.Directory {
			s.LinksTo, first[info.Inode] = firstName(first, info.Inode, path)
		}
		s.Text, _ = memory.Text(path)
		s.Kind = disk[path].Kind // what Other is shows in Paths alone
		inMemory[path] = s
	}
	if diff := cmp.Diff(disk, inMemory); diff != "" {
		t.Fatalf("the trees (-disk +memory):\n%s", diff)
	}
	again, err := Load(top)
	if err != nil {
		t.Fatal(err)
	}
	if diff := again.Diff(memory); len(diff) > 0 || !again.Equal(memory) {
		t.Fatalf("loaded again, the tree differs in %q", diff)
	}
}

func firstName[K ~uint64](first map[K]string, inode K, name string) (string, string) {
	if known, ok := first[inode]; ok {
		return known, known
	}
	return name, name
}
