package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"

	"regjanitor/internal/layout"
	"regjanitor/internal/verify"
)

// How much is hashed, in MiB.
const (
	hashedData      = 1024
	quickHashedData = 4
)

// hash compares the reading of all blobs with what an administrator would write
// in one line of shell.
func (s *suite) hash(ctx context.Context) error {
	size := hashedData
	if s.small {
		size = quickHashedData
	}
	root, err := s.data(ctx, size)
	if err != nil {
		return err
	}
	blobs, err := findBlobs(filepath.Join(root, prefix))
	if err != nil {
		return err
	}
	s.note("blobs to read: %d of 1 KiB to 64 MiB, %.0f MiB in all", len(blobs), mebibytes(blobs))
	contestants := s.hashers(root)
	if err := s.compareHashers(ctx, "warm", contestants, warm); err != nil {
		return err
	}
	if !s.canDropCaches("cold reading of blobs") {
		return nil
	}
	if err := s.compareHashers(ctx, "cold", contestants, cold); err != nil {
		return err
	}
	return s.footprints(ctx, root, blobs, contestants[:2])
}

func mebibytes(blobs []verify.Blob) float64 {
	var bytes int64
	for _, b := range blobs {
		bytes += b.Size
	}
	return float64(bytes) / (1 << 20)
}

// hashers are regjanitor's, sha256sum and, where it is installed, openssl: many
// a sha256sum does without the processor's instructions for it, and openssl
// shows what they give. Batches are small, so that no process is left alone with
// a large one at the end. It is sha256sum that begins: it leaves what it has
// read in the cache, and the next find it there.
func (s *suite) hashers(root string) []contestant {
	line := func(name, command string) contestant {
		script := fmt.Sprintf(`cd "$0" && find blobs -name data -print0 | xargs -0 -n 8 -P %d %s`, runtime.NumCPU(), command)
		return contestant{name: name, argv: []string{"sh", "-c", script, filepath.Join(root, prefix)}}
	}
	all := []contestant{
		line("sha256sum", "sha256sum"),
		{name: "verify's reading core", argv: []string{s.bench, "read-blobs", "-root", root}},
	}
	if _, err := exec.LookPath("openssl"); err == nil {
		all = append(all, line("openssl dgst", "openssl dgst -sha256"))
	}
	return all
}

func (s *suite) compareHashers(ctx context.Context, state string, contestants []contestant, prepare func(context.Context, contestant) error) error {
	r, err := measureAll(ctx, contestants, s.rounds, prepare)
	if err != nil {
		return err
	}
	name := func(i int) string {
		return fmt.Sprintf("read every blob, %s: %s -P%d ÷ %s", state, contestants[i].name, runtime.NumCPU(), contestants[1].name)
	}
	s.faster(name(0), atLeast(0.9), r[1], r[0])
	if len(contestants) > 2 {
		s.faster(name(2), target{}, r[1], r[2])
	}
	return nil
}

// footprints shows what each leaves of the blobs in a page cache that had
// nothing of them.
func (s *suite) footprints(ctx context.Context, root string, blobs []verify.Blob, contestants []contestant) error {
	for _, c := range contestants {
		if err := cold(ctx, c); err != nil {
			return err
		}
		before, err := cached(root, blobs)
		if err != nil {
			s.note("page cache: not measured (%v)", err)
			return nil
		}
		if before > 0 {
			s.note("page cache: not measured, as dropping it leaves %.0f MiB of the blobs there", float64(before)/(1<<20))
			return nil
		}
		if _, err := measure(ctx, c); err != nil {
			return err
		}
		after, err := cached(root, blobs)
		if err != nil {
			return err
		}
		s.add(row{name: "read every blob, cold: page cache left by " + c.name, value: float64(after) / (1 << 20), unit: " MiB",
			detail: fmt.Sprintf("of %.0f MiB read", mebibytes(blobs))})
	}
	return nil
}

// cached is how many bytes of the blobs are in the page cache. Linux tells since
// 6.5.
func cached(root string, blobs []verify.Blob) (bytes int64, err error) {
	for _, b := range blobs {
		f, err := os.Open(filepath.Join(root, prefix, layout.BlobData(b.Digest)))
		if err != nil {
			return 0, err
		}
		var held unix.Cachestat_t
		// A length of 0 is all of the file.
		err = unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &held, 0)
		f.Close()
		if err != nil {
			return 0, fmt.Errorf("cachestat %s: %w", f.Name(), err)
		}
		bytes += int64(held.Cache) * int64(os.Getpagesize())
	}
	return bytes, nil
}
