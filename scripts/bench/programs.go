package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const registryPackage = "github.com/distribution/distribution/v3/cmd/registry"

// programs are the binaries to compare, and where they find their trees. Those
// not given by flag are built from the modules this program belongs to, into a
// scratch directory.
type programs struct {
	scratch    string
	regjanitor string
	registry   string
	bench      string           // this program: the yardstick runs as a process, as the others do
	trees      string           // directory of the trees
	keep       string           // where to keep them after the run, or ""
	existing   map[shape]string // trees that need not be made
	// A run of the registry's collector takes no longer than this.
	limit time.Duration
}

func (p *programs) declare(flags *flag.FlagSet) {
	flags.StringVar(&p.regjanitor, "regjanitor", "", "regjanitor `binary` (default: built from this checkout)")
	flags.StringVar(&p.registry, "registry", "", "registry `binary` (default: built from the scripts module)")
	flags.StringVar(&p.trees, "dir", "", "`directory` to make trees in (default: the temporary one)")
	flags.StringVar(&p.keep, "keep", "", "the same, but keep those that were only read, for the next run")
}

// open makes room. The function it returns clears up.
func (p *programs) open() (done func() error, err error) {
	if p.scratch, err = os.MkdirTemp("", "bench-"); err != nil {
		return nil, err
	}
	if p.keep != "" {
		p.trees = p.keep
		return func() error { return os.RemoveAll(p.scratch) }, os.MkdirAll(p.keep, 0o777)
	}
	if p.trees, err = os.MkdirTemp(p.trees, "benchtrees-"); err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.scratch))
	}
	return func() error { return errors.Join(os.RemoveAll(p.trees), os.RemoveAll(p.scratch)) }, nil
}

func (p *programs) build(ctx context.Context) (err error) {
	if p.bench, err = os.Executable(); err != nil {
		return err
	}
	if p.regjanitor == "" {
		p.regjanitor, err = p.goBuild(ctx, "..", "./cmd/regjanitor")
	}
	return err
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
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as both are shipped
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return binary, nil
}

const collectorName = "collector"

func (p *programs) janitor(root string, flags ...string) contestant {
	argv := []string{p.regjanitor, "sweep", "-q", "--root", root}
	return contestant{name: "regjanitor", argv: append(argv, flags...)}
}

func (p *programs) dryRun(root string) contestant { return p.janitor(root, "-n") }

// looking is a command that only reads.
func (p *programs) looking(root string, argv ...string) contestant {
	return contestant{name: strings.Join(argv, " "), argv: append([]string{p.regjanitor}, append(argv, "--root", root)...)}
}

// removal is a real sweep. The word that no registry runs is for trees on a
// network file system.
func (p *programs) removal(root string, flags ...string) contestant {
	return p.janitor(root, append(flags, "--yes", "--registry-stopped")...)
}

func (p *programs) walk(root string) contestant {
	return contestant{name: "walk", argv: []string{p.bench, "walk", "-root", root}}
}

func du(root string) contestant {
	return contestant{name: "du", argv: []string{"du", "-s", root}}
}

func find(root string) contestant {
	return contestant{name: "find", argv: []string{"find", root, "-type", "f"}}
}

// collector is the registry's own. It is as quiet as regjanitor is, so that
// neither is charged for its printing. It is built when it is first needed.
func (p *programs) collector(ctx context.Context, root string, flags ...string) (_ contestant, err error) {
	if p.registry == "" {
		if p.registry, err = p.goBuild(ctx, ".", registryPackage); err != nil {
			return contestant{}, err
		}
	}
	if root, err = filepath.Abs(root); err != nil {
		return contestant{}, err
	}
	config := filepath.Join(p.scratch, filepath.Base(root)+".yml")
	text := fmt.Sprintf("version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %q\n  delete:\n    enabled: true\n", root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return contestant{}, err
	}
	argv := append([]string{p.registry, "garbage-collect", "--delete-untagged", "--quiet"}, flags...)
	return contestant{name: collectorName, argv: append(argv, config), limit: p.limit}, nil
}
