//go:build unix

package storetest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"regjanitor/internal/store"
)

// twin is a directory of the disk and the same one in memory.
type twin struct{ disk, memory store.Dir }

// TestMemoryIsLikeTheDisk does the same to both, and compares every answer and
// what there is in the end.
func TestMemoryIsLikeTheDisk(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		top := filepath.Join(dir, fmt.Sprint(n))
		plantRandom(t, top)
		defer os.RemoveAll(top)
		root, err := store.OpenRoot(top, false)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		memory, err := Load(top)
		if err != nil {
			t.Fatal(err)
		}
		inMemory, err := memory.Dir("")
		if err != nil {
			t.Fatal(err)
		}
		compareTrees(t, top, memory, false)
		p := &pairs{T: t, open: []twin{{root.Dir, inMemory}}}
		defer p.close()
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			p.operate()
		}
		compareTrees(t, top, memory, p.vague)
	})
}

// pairs are the directories open by now.
type pairs struct {
	*rapid.T
	open []twin
	// vague: a directory that could not be made may have touched the one above
	// it, depending on how the store tries.
	vague bool
}

func (p *pairs) close() {
	for _, d := range p.open[1:] {
		d.disk.Close()
		d.memory.Close()
	}
}

func (p *pairs) twin() twin { return rapid.SampledFrom(p.open).Draw(p.T, "directory") }

func (p *pairs) name() string {
	odd := []string{"", ".", "..", "a/b", "a/", "/", "x\x00", strings.Repeat("n", longestName), strings.Repeat("n", longestName+1)}
	return rapid.OneOf(rapid.SampledFrom(plainNames), rapid.SampledFrom(plainNames), rapid.SampledFrom(plainNames), rapid.SampledFrom(odd)).Draw(p.T, "name")
}

func (p *pairs) path() string {
	word := rapid.OneOf(rapid.SampledFrom(plainNames), rapid.SampledFrom(plainNames), rapid.SampledFrom(plainNames), rapid.SampledFrom(plainNames),
		rapid.SampledFrom([]string{".", "", "..", "x\x00", strings.Repeat("n", longestName+1), strings.Repeat("./", 600) + "."}))
	path := strings.Join(rapid.SliceOfN(word, 0, 4).Draw(p.T, "path"), "/")
	if len(path) > farPath {
		path = strings.ReplaceAll(path, "\x00", "") // of two faults the disk names the nearer one
	}
	return path
}

// operate does one thing to both, and compares the answers.
func (p *pairs) operate() {
	d := p.twin()
	switch op := rapid.SampledFrom([]Op{Open, Open, List, Stat, Read, Stream, Unlink, Unlink, Rmdir, Rmdir, Rename, Rename, RenameOver, RenameOver, Mkdir, Create, Sync}).Draw(p.T, "operation"); op {
	case Open:
		path := p.path()
		disk, diskErr := d.disk.Open(path)
		memory, memoryErr := d.memory.Open(path)
		p.compare(op, path, diskErr, memoryErr, nil, nil)
		if diskErr == nil && memoryErr == nil {
			p.open = append(p.open, twin{disk, memory})
		}
	case List:
		disk, diskErr := listed(d.disk)
		memory, memoryErr := listed(d.memory)
		p.compare(op, "", diskErr, memoryErr, disk, memory)
	case Stat:
		path := p.path()
		disk, diskErr := d.disk.Stat(path)
		memory, memoryErr := d.memory.Stat(path)
		if errors.Is(memoryErr, errElsewhere) {
			return
		}
		p.compare(op, path, diskErr, memoryErr, alike(disk, p.vague), alike(memory, p.vague))
	case Read:
		path, limit := p.path(), rapid.SampledFrom([]int{0, 10, 100, heldAtMost + 1}).Draw(p.T, "limit")
		disk, diskInfo, diskErr := d.disk.Read(path, limit, make([]byte, 20))
		memory, memoryInfo, memoryErr := d.memory.Read(path, limit, make([]byte, 20))
		if diskInfo.Size > heldAtMost { // its content is not held
			disk = make([]byte, len(disk))
		}
		p.compare(op, path, diskErr, memoryErr, string(disk), string(memory))
		p.compare(op, path, diskErr, memoryErr, alike(diskInfo, p.vague), alike(memoryInfo, p.vague))
	case Stream:
		path, size := p.path(), rapid.SampledFrom([]int{1, 7, 100, 1 << 20}).Draw(p.T, "buffer")
		disk, diskInfo, diskErr := streamed(d.disk, path, size)
		memory, memoryInfo, memoryErr := streamed(d.memory, path, size)
		p.compare(op, path, diskErr, memoryErr, disk, memory)
		p.compare(op, path, diskErr, memoryErr, alike(diskInfo, p.vague), alike(memoryInfo, p.vague))
	case Rename:
		to, name, as := p.twin(), p.name(), p.name()
		if strings.Contains(name+as, "\x00") {
			return // of two faults the disk names now one, now the other
		}
		p.compare(op, name+" as "+as, d.disk.Rename(name, to.disk, as), d.memory.Rename(name, to.memory, as), nil, nil)
	case RenameOver:
		name, as := p.name(), p.name()
		if strings.Contains(name+as, "\x00") {
			return // of two faults the disk names now one, now the other
		}
		p.compare(op, name+" as "+as, d.disk.RenameOver(name, as), d.memory.RenameOver(name, as), nil, nil)
	case Create:
		name, parts := p.name(), rapid.SliceOfN(rapid.SampledFrom([]string{"", "one", "two"}), 0, 3).Draw(p.T, "parts")
		p.compare(op, name, written(d.disk, name, parts), written(d.memory, name, parts), nil, nil)
	case Sync:
		p.compare(op, "", d.disk.Sync(), d.memory.Sync(), nil, nil)
	default:
		name := p.name()
		diskErr := changed(d.disk, op, name)
		p.vague = p.vague || op == Mkdir && diskErr != nil
		p.compare(op, name, diskErr, changed(d.memory, op, name), nil, nil)
	}
}

func changed(d store.Dir, op Op, name string) error {
	switch op {
	case Unlink:
		return d.Unlink(name)
	case Rmdir:
		return d.Rmdir(name)
	default:
		return d.Mkdir(name, store.Owner{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), Mode: 0o751})
	}
}

func written(d store.Dir, name string, parts []string) error {
	file, err := d.Create(name, store.Owner{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), Mode: 0o640})
	if err != nil {
		return err
	}
	for _, part := range parts {
		if n, err := file.Write([]byte(part)); n != len(part) || err != nil {
			return fmt.Errorf("%d bytes written: %w", n, err)
		}
	}
	return file.Close()
}

var errEnough = errors.New("enough")

// stream is what a Stream wrote, until it was enough.
type stream struct {
	Lengths []int
	Text    []byte
}

func (s *stream) Write(piece []byte) (int, error) {
	if len(s.Lengths) == 20 {
		return 0, errEnough
	}
	s.Lengths, s.Text = append(s.Lengths, len(piece)), append(s.Text, piece...)
	return len(piece), nil
}

func streamed(d store.Dir, path string, size int) (stream, store.Info, error) {
	var s stream
	info, err := d.Stream(path, &s, make([]byte, size))
	if info.Size > heldAtMost { // its content is not held
		clear(s.Text)
	}
	return s, info, err
}

func listed(d store.Dir) ([]string, error) {
	var all []string
	err := d.List(func(e store.Entry) error {
		all = append(all, fmt.Sprintf("%s: %s", e.Name, e.Type))
		return nil
	})
	slices.Sort(all)
	return all, err
}

// alike leaves out what need not be the same: how large a directory is and how
// many links it has differs from one file system to the other. Of times only
// counts whether they are those from before.
func alike(info store.Info, vague bool) store.Info {
	if info.Type == store.Directory {
		if info.Links == 0 { // removed: no more than that is kept in memory
			return store.Info{Type: info.Type}
		}
		info.Size, info.Links = 0, 0
	}
	touched := int64(0)
	if info.MTime != longAgo.UnixNano() && !(vague && info.Type == store.Directory) {
		touched = 1
	}
	info.MTime, info.CTime, info.Disk, info.Inode, info.Device = touched, 0, 0, 0, 0
	return info
}

var errorsOfInterest = []error{
	store.ErrSymlink, store.ErrMount, store.ErrNotRegular, store.ErrTooLarge, store.ErrOutside,
	syscall.ENOENT, syscall.EEXIST, syscall.ENOTDIR, syscall.EISDIR, syscall.ENOTEMPTY, syscall.EINVAL,
	syscall.ENAMETOOLONG, syscall.ELOOP, syscall.ENXIO, syscall.EXDEV, syscall.EBADF, syscall.ESTALE,
	errEnough,
}

func (p *pairs) compare(op Op, path string, diskErr, memoryErr error, disk, memory any) {
	p.Helper()
	same := (diskErr == nil) == (memoryErr == nil)
	for _, e := range errorsOfInterest {
		same = same && errors.Is(diskErr, e) == errors.Is(memoryErr, e)
	}
	if onDisk, inMemory := (*fs.PathError)(nil), (*fs.PathError)(nil); errors.As(diskErr, &onDisk) {
		same = same && errors.As(memoryErr, &inMemory)
		if same && len(path) < farPath {
			same = onDisk.Op == inMemory.Op && onDisk.Path == inMemory.Path
		}
	}
	if !same {
		p.Fatalf("%s %q: on the disk %v, in memory %v", op, path, diskErr, memoryErr)
	}
	if diff := cmp.Diff(disk, memory); diff != "" {
		p.Fatalf("%s %q (-disk +memory):\n%s", op, path, diff)
	}
}
