package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// compareRemovals times the real thing. A tree can be swept once only, so each
// contestant gets one of its own, made anew just before (copying is slower),
// and is asked afterwards what it left.
func (c *comparison) compareRemovals(ctx context.Context) error {
	if err := c.build(ctx, []string{"regjanitor", "collector"}); err != nil {
		return err
	}
	var results []result
	var left []string
	for _, remover := range []func(context.Context, string) (contestant, error){
		c.janitorRemoval, c.trashRemoval, c.plainRemoval, c.collectorRemoval,
	} {
		r, v, err := c.measureRemoval(ctx, remover)
		if err != nil {
			return err
		}
		results = append(results, r)
		// The walk counts directories, so it also shows that the registry's
		// collector removes layer links but leaves the directories of each.
		left = append(left, fmt.Sprintf("%s left %d revisions (%d dead), %d layer link directories (%d dead), %d blobs (%d dead)",
			r.name, v.Revisions, v.DeadRevs, v.LayerLinks, v.DeadLinks, v.Blobs, v.DeadBlobs))
	}
	if err := printTable(os.Stdout, "real run", results); err != nil {
		return err
	}
	fmt.Println(strings.Join(left, "\n"))
	return c.showSyncs(ctx)
}

func (c *comparison) measureRemoval(ctx context.Context, remover func(context.Context, string) (contestant, error)) (r result, left verdict, err error) {
	root, remove, err := c.newTree(ctx, c.dir, c.shape)
	if err != nil {
		return r, left, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	subject, err := remover(ctx, root)
	if err != nil {
		return r, left, err
	}
	// A walk before each, so that all find the tree as warm; and what making
	// the tree has left to be written is not the contestant's.
	if _, err := walk(root); err != nil {
		return r, left, err
	}
	unix.Sync()
	s, err := measure(ctx, subject)
	if err != nil {
		return r, left, err
	}
	left, err = walk(root)
	return result{subject.name, []sample{s}}, left, err
}

func (c *comparison) janitorRemoval(_ context.Context, root string) (contestant, error) {
	return contestant{"regjanitor", []string{c.regjanitor, "sweep", "--yes", "-q", "--registry-stopped", "--root", root}}, nil
}

// trashRemoval moves the same things aside, each with one rename.
func (c *comparison) trashRemoval(_ context.Context, root string) (contestant, error) {
	return contestant{"regjanitor --trash", []string{c.regjanitor, "sweep", "--trash", "--yes", "-q", "--registry-stopped", "--root", root}}, nil
}

func (c *comparison) collectorRemoval(_ context.Context, root string) (contestant, error) {
	return c.collector(root)
}

// plainRemoval is the floor: the removals alone, without finding out what to
// remove.
func (c *comparison) plainRemoval(ctx context.Context, root string) (contestant, error) {
	plan := filepath.Join(c.scratch, "plan.json")
	cmd := exec.CommandContext(ctx, c.regjanitor, "sweep", "-q", "-o", plan, "--root", root)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return contestant{}, fmt.Errorf("save plan: %w", err)
	}
	return contestant{"unlink", []string{c.bench, "unlink", "-root", root, "-plan", plan}}, nil
}

func unlinkCommand(args []string) error {
	flags := flag.NewFlagSet("unlink", flag.ContinueOnError)
	root := flags.String("root", "", "storage root `directory`")
	plan := flags.String("plan", "", "`file` saved by regjanitor sweep -o")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return unlink(*root, *plan)
}

// unlink removes what a plan names, all at once and in no order: nothing that a
// registry should be treated to.
func unlink(root, planFile string) error {
	b, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	var plan struct {
		Actions []struct {
			Kind string `json:"kind"`
			Path string `json:"path"`
		} `json:"actions"`
	}
	if err := json.Unmarshal(b, &plan); err != nil {
		return fmt.Errorf("parse plan %s: %w", planFile, err)
	}
	v2, err := openDir(unix.AT_FDCWD, root+"/"+prefix)
	if err != nil {
		return err
	}
	defer v2.close()
	return parallel(len(plan.Actions), 16, func(i int, _ *buffers) error {
		a := plan.Actions[i]
		if !filepath.IsLocal(a.Path) {
			return fmt.Errorf("plan %s: path %q leaves the tree", planFile, a.Path)
		}
		switch a.Kind {
		case "blob":
			return v2.removeWith("data", a.Path)
		case "revision", "layer_link", "tag_index_entry":
			return v2.removeWith("link", a.Path)
		default:
			return os.RemoveAll(filepath.Join(root, prefix, a.Path))
		}
	})
}

// removeWith removes a directory that holds one file, given the path of either.
func (d dir) removeWith(file, path string) error {
	path = strings.TrimSuffix(path, "/"+file)
	err := unix.Unlinkat(int(d), path+"/"+file, 0)
	if err == nil {
		err = unix.Unlinkat(int(d), path, unix.AT_REMOVEDIR)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}
