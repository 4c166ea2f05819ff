package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

func makeTreeCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("make-tree", flag.ContinueOnError)
	root := flags.String("root", "", "new or empty `directory` to write to (default: a temporary one)")
	shapeOf := shapeFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := shapeOf()
	if err != nil {
		return err
	}
	if *root == "" {
		if *root, err = os.MkdirTemp("", "benchtree-"); err != nil {
			return err
		}
	}
	started := time.Now()
	n, err := makeTree(ctx, *root, s)
	if err != nil {
		return fmt.Errorf("make tree %s: %w", *root, err)
	}
	fmt.Printf("%s, made in %v\n", *root, time.Since(started).Round(time.Second))
	n.print(os.Stdout)
	return nil
}

// counts are the things written to a tree.
type counts struct {
	repositories, tags, history       int
	revisions, indexes, tagged        int // tagged: revisions that a tag reaches
	layerLinks, blobs, manifestsBytes int
	layerBytes                        int64
}

func (n *counts) add(m counts) {
	n.repositories += m.repositories
	n.tags += m.tags
	n.history += m.history
	n.revisions += m.revisions
	n.indexes += m.indexes
	n.tagged += m.tagged
	n.layerLinks += m.layerLinks
	n.blobs += m.blobs
	n.manifestsBytes += m.manifestsBytes
	n.layerBytes += m.layerBytes
}

func (n counts) print(w io.Writer) {
	fmt.Fprintf(w, "%9d repositories\n", n.repositories)
	fmt.Fprintf(w, "%9d tags, %d history entries\n", n.tags, n.history)
	fmt.Fprintf(w, "%9d revisions, of which %d are indexes and %d reached by a tag\n", n.revisions, n.indexes, n.tagged)
	fmt.Fprintf(w, "%9d layer links\n", n.layerLinks)
	fmt.Fprintf(w, "%9d blobs: %.1f GiB of layers (as holes), %.1f MiB of manifests and configs\n",
		n.blobs, float64(n.layerBytes)/(1<<30), float64(n.manifestsBytes)/(1<<20))
}

// makeTree writes a tree of that shape. Repositories are written side by side,
// as they are in the life of a registry, so that neighbours on the disk are not
// neighbours in the tree.
func makeTree(ctx context.Context, root string, s shape) (counts, error) {
	t, err := newTree(root)
	if err != nil {
		return counts{}, err
	}
	var total counts
	for base := range baseImages {
		for _, arch := range architectures {
			for _, l := range baseImage(base, arch) {
				if err := t.hole(l); err != nil {
					return counts{}, err
				}
				total.blobs++
				total.layerBytes += l.size
			}
		}
	}
	made := make([]counts, s.repos)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4 * runtime.NumCPU())
	for repo := range s.repos {
		group.Go(func() error {
			w := repoWriter{tree: t, shape: s, repo: repo, types: ociTypes}
			if repo%2 == 1 {
				w.types = dockerTypes
			}
			err := w.write(ctx)
			made[repo] = w.counts
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return counts{}, err
	}
	for _, n := range made {
		total.add(n)
	}
	return total, nil
}
