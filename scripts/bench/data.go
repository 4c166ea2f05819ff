package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
)

// The sizes of layers whose content is real, unlike those of make-tree.
const (
	leastData = 1 << 10
	mostData  = 64 << 20
)

func makeDataCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("make-data", flag.ContinueOnError)
	root := flags.String("root", "", "new or empty `directory` to write to")
	data := flags.Int("data", 0, "size in `MiB`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *root == "" || *data < 1 {
		return errors.New("-root and -data are needed")
	}
	blobs, err := makeData(ctx, *root, int64(*data)<<20)
	if err != nil {
		return fmt.Errorf("make data in %s: %w", *root, err)
	}
	fmt.Printf("%d blobs of 1 KiB to 64 MiB, %d MiB or a little more\n", blobs, *data)
	return nil
}

// makeData writes about that many bytes of blobs that hash to their names, and
// nothing that links them: to each manifest a configuration and three layers,
// whose sizes are spread evenly over the powers of two. It gives their number.
func makeData(ctx context.Context, root string, bytes int64) (blobs int, err error) {
	t, err := newTree(root)
	if err != nil {
		return 0, err
	}
	content := rand.NewChaCha8([32]byte{1})
	random := rand.New(rand.NewPCG(1, 1))
	between := func(least, most float64) int {
		return int(least * math.Pow(most/least, random.Float64()))
	}
	buf := make([]byte, mostData)
	for bytes > 0 {
		sizes := []int{between(leastData, 4<<10), between(leastData, 16<<10)}
		for range 3 {
			sizes = append(sizes, between(leastData, mostData))
		}
		for _, size := range sizes {
			if err := ctx.Err(); err != nil {
				return blobs, err
			}
			data := buf[:size]
			content.Read(data) // never fails
			d := digest(sha256.Sum256(data))
			if err := writeIn(t.blobDir(d), "data", data, 0); err != nil {
				return blobs, fmt.Errorf("write blob %s: %w", d, err)
			}
			blobs++
			bytes -= int64(size)
		}
	}
	return blobs, nil
}
