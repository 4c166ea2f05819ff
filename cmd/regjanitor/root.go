package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"regjanitor/internal/guard"
	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
)

var rootVariables = []string{"REGJANITOR_ROOT", "REGISTRY_DATA_DIR", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"}

// defaultRoots are the registry's own, and that of Debian's package.
var defaultRoots = []string{"/var/lib/registry", "/var/lib/docker-registry"}

// origin is a v2 directory and where its name came from.
type origin struct {
	v2, source string
	config     guard.Config // of --registry-config
}

// findRoot finds the tree that the user means.
func (p *process) findRoot(g *globals) (origin, error) {
	switch {
	case g.Root != "":
		v2, err := locate(string(g.Root))
		return origin{v2: v2, source: "flag"}, err
	case g.RegistryConfig != "":
		return p.rootOfConfig(string(g.RegistryConfig))
	}
	var named []candidate
	for _, name := range rootVariables {
		if value := p.getenv(name); value != "" {
			named = append(named, candidate{value, name})
		}
	}
	if len(named) > 0 {
		return oneOf(named)
	}
	var there []candidate
	for _, dir := range defaultRoots {
		if _, err := store.Locate(dir); err == nil {
			there = append(there, candidate{dir, "default"})
		}
	}
	if len(there) > 0 {
		return oneOf(there)
	}
	return origin{}, p.noRoot()
}

// locate finds the v2 directory, or says where it should have been.
func locate(named string) (string, error) {
	v2, err := store.Locate(named)
	if err == nil || named == "" {
		return v2, err
	}
	looked := absolute(named)
	if !strings.HasSuffix(looked, "/"+layout.Prefix) {
		looked = filepath.Join(looked, filepath.FromSlash(layout.Prefix))
	}
	return looked, err
}

// rootFlag is what a next command needs to find the same tree.
func (s *session) rootFlag() string {
	switch s.source {
	case "flag":
		return " --root " + quoted(string(s.Root))
	case "registry-config":
		return " --registry-config " + quoted(string(s.RegistryConfig))
	}
	return ""
}

// quoted is a name as a shell takes it.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+:,@%=", r)
	}) {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}

// candidate is a directory that may be the root, and who says so.
type candidate struct{ dir, source string }

// oneOf takes the root that all candidates agree on.
func oneOf(candidates []candidate) (origin, error) {
	var first origin
	for i, c := range candidates {
		v2, err := locate(c.dir)
		if err != nil {
			return origin{v2: v2, source: c.source}, fmt.Errorf("%s: %w", c.source, err)
		}
		if i == 0 {
			first = origin{v2: v2, source: c.source}
		} else if v2 != first.v2 {
			return origin{}, usagef("two roots are there and differ: %s (%s) and %s (%s); name one with --root",
				candidates[0].dir, candidates[0].source, c.dir, c.source)
		}
	}
	return first, nil
}

func (p *process) noRoot() error {
	hint := "name it with --root DIR"
	if trees := guard.Look(host, guard.Tree{}).Trees(); len(trees) > 0 {
		hint += "; registries are running on " + strings.Join(trees, ", ")
	}
	return refusal.New("root-missing", hint, "no registry's storage found: looked for %s", strings.Join(defaultRoots, " and "))
}

const largestConfig = 1 << 20

func (p *process) rootOfConfig(file string) (origin, error) {
	data, err := readFile(filename(file), largestConfig)
	if err != nil {
		return origin{}, usagef("registry configuration: %w", err)
	}
	config, err := guard.ReadConfig(data, p.environ)
	if err != nil {
		return origin{}, usagef("registry configuration %s: %w", file, err)
	}
	if config.Driver != guard.Filesystem {
		return origin{}, usagef("registry configuration %s: the storage driver is %q, and only %q stores files that could be swept",
			file, config.Driver, guard.Filesystem)
	}
	if err := config.Judge(); err != nil {
		return origin{}, err
	}
	v2, err := locate(config.Root)
	return origin{v2: v2, source: "registry-config", config: config}, err
}
