package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// tree is the directory of a tree of that shape that is only looked at. It is
// made when it is first asked for, and kept for the next.
func (p *programs) tree(ctx context.Context, s shape) (string, error) {
	if root, ok := p.existing[s]; ok {
		return root, nil
	}
	return p.once(ctx, p.path(s), "make-tree", s.args())
}

// data is likewise the directory of blobs with real content, of that many MiB.
func (p *programs) data(ctx context.Context, size int) (string, error) {
	flag := fmt.Sprintf("-data=%d", size)
	return p.once(ctx, filepath.Join(p.trees, flag[1:]), "make-data", []string{flag})
}

// once does it for a directory that is kept, unless it is there.
func (p *programs) once(ctx context.Context, root, command string, args []string) (string, error) {
	if _, err := os.Stat(root); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	unfinished, _, err := p.make(ctx, p.trees, command, args)
	if err != nil {
		return "", err
	}
	return root, os.Rename(unfinished, root)
}

func (p *programs) path(s shape) string {
	return filepath.Join(p.trees, strings.Join(s.args(), "")[1:])
}

// discard makes room, where trees are not kept for the next run.
func (p *programs) discard(s shape) error {
	if p.keep != "" {
		return nil
	}
	return os.RemoveAll(p.path(s))
}

// newTree makes a tree in a new directory below dir, and returns it with its
// removal.
func (p *programs) newTree(ctx context.Context, dir string, s shape) (root string, remove func() error, err error) {
	return p.make(ctx, dir, "make-tree", s.args())
}

// make has a new directory filled by one of this program's commands.
func (p *programs) make(ctx context.Context, dir, command string, args []string) (root string, remove func() error, err error) {
	if root, err = os.MkdirTemp(dir, "benchtree-"); err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(root) }
	// In a process of its own, as it takes memory: see measure.
	cmd := exec.CommandContext(ctx, p.bench, append([]string{command, "-root", root}, args...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("%s: %w", command, err), remove())
	}
	// What making it has left to be written is not the contestants'.
	unix.Sync()
	return root, remove, nil
}

// answer is the yardstick's, for a tree.
func (p *programs) answer(ctx context.Context, root string) (v verdict, err error) {
	cmd := exec.CommandContext(ctx, p.bench, "walk", "-root", root)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return v, fmt.Errorf("walk %s: %w", root, err)
	}
	return v, json.Unmarshal(out, &v)
}

// checkAnswer shows that regjanitor and the yardstick did the same work: both
// find as much that is dead.
func (p *programs) checkAnswer(ctx context.Context, root string) (verdict, error) {
	want, err := p.answer(ctx, root)
	if err != nil {
		return want, err
	}
	out, err := exec.CommandContext(ctx, p.regjanitor, "sweep", "-n", "--json", "--root", root).Output()
	if err != nil {
		return want, fmt.Errorf("regjanitor --json: %w", err)
	}
	var got struct {
		Planned struct {
			History    int `json:"tag_index_entries"`
			Revisions  int `json:"revisions"`
			LayerLinks int `json:"layer_links"`
			Blobs      int `json:"blobs"`
		} `json:"planned"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return want, fmt.Errorf("parse regjanitor's answer: %w", err)
	}
	n := got.Planned
	if n.History != want.DeadHistory || n.Revisions != want.DeadRevs || n.LayerLinks != want.DeadLinks || n.Blobs != want.DeadBlobs {
		return want, fmt.Errorf("answers differ for %s: regjanitor finds dead %+v, the walk %+v", root, n, want)
	}
	return want, nil
}
