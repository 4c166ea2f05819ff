package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	godigest "github.com/opencontainers/go-digest"

	"regjanitor/internal/store"
	"regjanitor/internal/verify"
)

func readBlobsCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("read-blobs", flag.ContinueOnError)
	root := flags.String("root", "", "storage root `directory`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	result, damaged, err := readBlobs(ctx, *root)
	if err != nil {
		return fmt.Errorf("read blobs of %s: %w", *root, err)
	}
	if damaged > 0 {
		return fmt.Errorf("read blobs of %s: %d damaged", *root, damaged)
	}
	fmt.Printf("%d blobs, %d bytes\n", result.Blobs, result.Bytes)
	return nil
}

// readBlobs hashes all blobs below a root the way that regjanitor does.
func readBlobs(ctx context.Context, root string) (result verify.Result, damaged int, err error) {
	v2 := filepath.Join(root, prefix)
	top, err := store.OpenRoot(v2, false)
	if err != nil {
		return result, 0, err
	}
	defer top.Close()
	blobs, err := findBlobs(v2)
	if err != nil {
		return result, 0, err
	}
	const jobs = 32 // regjanitor's own default
	result, err = verify.Hash(ctx, top.Dir, blobs, verify.Options{Jobs: jobs, Found: func(verify.Unsound) { damaged++ }})
	return result, damaged, err
}

func findBlobs(v2 string) (blobs []verify.Blob, err error) {
	err = filepath.WalkDir(filepath.Join(v2, "blobs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Name() != "data" {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return errors.New("no inodes on this system")
		}
		hex := filepath.Dir(path)
		algorithm := filepath.Base(filepath.Dir(filepath.Dir(hex)))
		d := godigest.NewDigestFromEncoded(godigest.Algorithm(algorithm), filepath.Base(hex))
		if err := d.Validate(); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		blobs = append(blobs, verify.Blob{Digest: d, Size: info.Size(), Inode: st.Ino})
		return nil
	})
	return blobs, err
}
