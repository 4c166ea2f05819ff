//go:build unix

package verify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"

	"regjanitor/internal/layout"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
)

// disk is a tree of blobs on the disk.
type disk struct {
	testing.TB
	top   string
	blobs []Blob
}

func (d *disk) put(text string) Blob {
	d.Helper()
	b := Blob{Digest: digest.FromString(text), Size: int64(len(text))}
	err := os.MkdirAll(filepath.Join(d.top, layout.Blob(b.Digest)), 0o755)
	if err == nil {
		err = os.WriteFile(d.data(b), []byte(text), 0o644)
	}
	d.must(err)
	d.blobs = append(d.blobs, b)
	return b
}

func (d *disk) data(b Blob) string { return filepath.Join(d.top, layout.BlobData(b.Digest)) }

func (d *disk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *disk) root() store.Dir {
	d.Helper()
	root, err := store.OpenRoot(d.top, false)
	d.must(err)
	d.Cleanup(func() { root.Close() })
	return root.Dir
}

// The same as in memory, as far as a disk can hold it.
func TestDamageOnADisk(t *testing.T) {
	d := &disk{TB: t, top: t.TempDir()}
	long := strings.Repeat("0123456789", 100_000)
	for i := range 50 {
		d.put(fmt.Sprint("sound ", i))
	}
	d.put(long)
	altered, truncated, gone, fifo, link := d.put(long+"a"), d.put(long+"t"), d.put("gone"), d.put("fifo"), d.put("link")
	folder := d.put("folder")
	d.must(os.WriteFile(d.data(altered), []byte(long+"b"), 0o644))
	d.must(os.Truncate(d.data(truncated), 7))
	for _, b := range []Blob{gone, fifo, link, folder} {
		d.must(os.Remove(d.data(b)))
	}
	d.must(unix.Mkfifo(d.data(fifo), 0o644))
	d.must(os.Symlink(d.data(altered), d.data(link)))
	d.must(os.Mkdir(d.data(folder), 0o755))

	for _, jobs := range []int{1, 8} {
		result, found, err := hashed(t, t.Context(), d.root(), d.blobs, Options{Jobs: jobs})
		if result.Blobs != 53 || len(found) != 6 || err != nil {
			t.Errorf("%+v, %d damaged, %v", result, len(found), err)
		}
		wantDamage(t, found, altered, Corrupt, digest.FromString(long+"b").String())
		wantDamage(t, found, truncated, Corrupt, fmt.Sprintf("7 bytes instead of %d", len(long)+1))
		wantDamage(t, found, gone, Missing)
		wantDamage(t, found, fifo, Unreadable)
		wantDamage(t, found, folder, Unreadable)
		wantDamage(t, found, link, Unreadable)
	}
}

func TestABlobThatMayNotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	d := &disk{TB: t, top: t.TempDir()}
	b := d.put("secret")
	d.must(os.Chmod(d.data(b), 0))
	_, found, err := hashed(t, t.Context(), d.root(), d.blobs, Options{Jobs: 1})
	wantDamage(t, found, b, Unreadable)
	if !errors.Is(found[b.Digest].Err, fs.ErrPermission) || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// A blob that ends before its time while it is read is corrupt for what the
// second try finds.
func TestABlobThatIsCutWhileItIsRead(t *testing.T) {
	d := &disk{TB: t, top: t.TempDir()}
	const size, cutTo = 5 << 20, 1000
	b := d.put(strings.Repeat("x", size))
	cut := func(e progress.Event) {
		if e.Done > 0 {
			d.must(os.Truncate(d.data(b), cutTo))
		}
	}
	_, found, err := hashed(t, t.Context(), d.root(), d.blobs, Options{Jobs: 1, Observe: cut})
	wantDamage(t, found, b, Corrupt, fmt.Sprintf("%d bytes instead of %d", cutTo, size))
	if err != nil {
		t.Error(err)
	}
}

// BenchmarkHash reads what small registries are made of: one large layer, some
// of medium size, and as many small blobs.
func BenchmarkHash(b *testing.B) {
	d := &disk{TB: b, top: b.TempDir()}
	d.put(strings.Repeat("l", 64<<20))
	for i := range 32 {
		d.put(fmt.Sprint(i, strings.Repeat("m", 2<<20)))
		d.put(fmt.Sprint(i, strings.Repeat("s", 2<<10)))
	}
	for _, jobs := range []int{1, 2, 16} {
		b.Run(fmt.Sprint("jobs=", jobs), func(b *testing.B) {
			root := d.root()
			for b.Loop() {
				result, err := Hash(b.Context(), root, d.blobs, Options{Jobs: jobs})
				if result.Blobs != len(d.blobs) {
					b.Fatal(result, err)
				}
				b.SetBytes(result.Bytes)
			}
		})
	}
}
