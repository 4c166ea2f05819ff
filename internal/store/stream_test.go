//go:build unix

package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// writer is a function in the place of an io.Writer.
type writer func(piece []byte) error

func (f writer) Write(piece []byte) (int, error) { return len(piece), f(piece) }

func TestStreamGivesTheWholeFileInPieces(t *testing.T) {
	const content = "0123456789"
	eachWay(t, func(t *testing.T) string {
		return plantTree(t, map[string]string{"tree/a/ten": content, "tree/a/none": ""})
	}, func(t *testing.T, root *Root) {
		for size, want := range map[int][]int{1: {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 4: {4, 4, 2}, 5: {5, 5}, 10: {10}, 100: {10}} {
			var got bytes.Buffer
			var pieces []int
			to := writer(func(piece []byte) error { pieces = append(pieces, len(piece)); got.Write(piece); return nil })
			info, err := root.Stream("a/ten", to, make([]byte, size))
			if got.String() != content || !slices.Equal(pieces, want) || info.Size != 10 || err != nil {
				t.Errorf("buffer of %d: %q in %v, %+v, %v", size, got.String(), pieces, info, err)
			}
		}
		info, err := root.Stream("a/none", writer(func([]byte) error { return errors.New("called") }), make([]byte, 10))
		if info.Type != Regular || err != nil {
			t.Errorf("an empty file: %+v, %v", info, err)
		}
	})
}

// 9, 25
func TestStreamTakesRegularFilesOnly(t *testing.T) {
	eachWay(t, func(t *testing.T) string {
		return plantTree(t, map[string]string{"outside/data": "secret", "tree/real/data": "x", "tree/dir/": "", "tree/link": "->real/data", "tree/in": "->real", "tree/out": "->../outside"})
	}, func(t *testing.T, root *Root) {
		if err := unix.Mkfifo(filepath.Join(root.Path, "fifo"), 0o600); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]error{
			"fifo": ErrNotRegular, "dir": ErrNotRegular, "": ErrNotRegular,
			"link": ErrSymlink, "in/data": ErrSymlink, "out/data": ErrSymlink,
			"../outside/data": ErrOutside, "/etc/passwd": ErrOutside,
			"none": unix.ENOENT, "real/data/x": unix.ENOTDIR,
		} {
			err := within5s(t, path, func() error {
				_, err := root.Stream(path, writer(func([]byte) error { return errors.New("called") }), make([]byte, 10))
				return err
			})
			wantError(t, "stream "+path, err, want)
		}
	})
}

func TestStreamEndsWithTheErrorOfItsWriter(t *testing.T) {
	root := openRoot(t, plantTree(t, map[string]string{"tree/ten": "0123456789"}), false)
	enough, calls := errors.New("enough"), 0
	_, err := root.Stream("ten", writer(func([]byte) error { calls++; return enough }), make([]byte, 4))
	if err != enough || calls != 1 {
		t.Errorf("%d pieces, %v", calls, err)
	}
}

func TestStreamOfAFileThatChanges(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/grows": "0123456789", "tree/shrinks": "0123456789"})
	root := openRoot(t, top, false)
	stream := func(name string, to int64) (got []byte, err error) {
		_, err = root.Stream(name, writer(func(piece []byte) error {
			got = append(got, piece...)
			return os.Truncate(filepath.Join(top, name), to)
		}), make([]byte, 4))
		return got, err
	}
	if got, err := stream("grows", 1000); string(got[:4]) != "0123" || len(got) != 10 || err != nil {
		t.Errorf("grows: %q, %v", got, err)
	}
	got, err := stream("shrinks", 6)
	if string(got) != "012345" {
		t.Errorf("shrinks: %q", got)
	}
	wantError(t, "shrinks", err, io.ErrUnexpectedEOF)
}
