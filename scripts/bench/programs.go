package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const registryPackage = "github.com/distribution/distribution/v3/cmd/registry"

// programs are the binaries to compare. Those not given by flag are built from
// the modules this program belongs to, into a scratch directory.
type programs struct {
	scratch    string
	regjanitor string
	registry   string
	bench      string // this program: the yardstick runs as a process, as the others do
}

func (p *programs) build(ctx context.Context, wanted []string) error {
	var err error
	if p.bench, err = os.Executable(); err != nil {
		return err
	}
	if p.regjanitor == "" && slices.Contains(wanted, "regjanitor") {
		if p.regjanitor, err = p.goBuild(ctx, "..", "./cmd/regjanitor"); err != nil {
			return err
		}
	}
	if p.registry == "" && slices.Contains(wanted, "collector") {
		if p.registry, err = p.goBuild(ctx, ".", registryPackage); err != nil {
			return err
		}
	}
	return nil
}

// goBuild builds a package in a directory relative to that of this module.
func (p *programs) goBuild(ctx context.Context, dir, pkg string) (string, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	module := filepath.Dir(strings.TrimSpace(string(mod)))
	if filepath.Base(module) != "scripts" {
		return "", fmt.Errorf("build %s: run this in the scripts module, or give the binary by flag", pkg)
	}
	binary := filepath.Join(p.scratch, filepath.Base(pkg))
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg)
	build.Dir, build.Stderr = filepath.Join(module, dir), os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return binary, nil
}

// readers are the commands that only look, by their names in the table.
var readers = []string{"regjanitor", "walk", "du", "find", "collector"}

func (p *programs) reader(name, root string) (contestant, error) {
	switch name {
	case "regjanitor":
		return contestant{name, []string{p.regjanitor, "sweep", "-n", "-q", "--root", root}}, nil
	case "walk":
		return contestant{name, []string{p.bench, "walk", "-root", root}}, nil
	case "du":
		return contestant{name, []string{"du", "-s", root}}, nil
	case "find":
		return contestant{name, []string{"find", root, "-type", "f"}}, nil
	case "collector":
		return p.collector(root, "--dry-run")
	default:
		return contestant{}, fmt.Errorf("unknown command %q; there are %s", name, strings.Join(readers, ", "))
	}
}

// collector is the registry's own. It is as quiet as regjanitor is, so that
// neither is charged for its printing.
func (p *programs) collector(root string, flags ...string) (contestant, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return contestant{}, err
	}
	config := filepath.Join(p.scratch, "config.yml")
	text := fmt.Sprintf("version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %q\n  delete:\n    enabled: true\n", root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return contestant{}, err
	}
	argv := append([]string{p.registry, "garbage-collect", "--delete-untagged", "--quiet"}, flags...)
	return contestant{"collector", append(argv, config)}, nil
}

// makeTree writes a tree in a process of its own: what it leaves of memory in
// this one would be charged to the contestants.
func (p *programs) makeTree(ctx context.Context, root string, s shape) error {
	cmd := exec.CommandContext(ctx, p.bench, append(s.args(), "-root="+root)...)
	cmd.Args = slices.Insert(cmd.Args, 1, "make-tree")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// newTree makes a tree in a new directory below dir, and returns it with its
// removal.
func (p *programs) newTree(ctx context.Context, dir string, s shape) (root string, remove func() error, err error) {
	if root, err = os.MkdirTemp(dir, "benchtree-"); err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(root) }
	if err := p.makeTree(ctx, root, s); err != nil {
		return "", nil, errors.Join(fmt.Errorf("make tree: %w", err), remove())
	}
	return root, remove, nil
}
