package main

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A shape says how large a tree is and how it is made up. The same shape gives
// the same tree, byte for byte, on every machine.
type shape struct {
	repos     int
	tags      int // in each repository; pushes go round them
	pushes    int // to each repository
	layers    int // fresh layers of each image, besides those of its base
	multiArch int // every n-th repository pushes indexes; 0: none does
}

// shapes are the trees worth naming.
var shapes = map[string]shape{
	// A company's registry after some years: 10,000 tags, 42,000 revisions.
	"default": {repos: 200, tags: 50, pushes: 150, layers: 3, multiArch: 5},
	// The same, small enough to be made anew for each run that removes.
	"sweep": {repos: 30, tags: 50, pushes: 150, layers: 3, multiArch: 5},
	// Few repositories with very many tags: hard on whatever looks up all the
	// tags for each revision.
	"many-tags": {repos: 10, tags: 400, pushes: 500, layers: 3},
	"extreme":   {repos: 1, tags: 2000, pushes: 4000, layers: 3},
	// A hundred thousand blobs, and a million.
	"hundred-thousand": {repos: 100, tags: 50, pushes: 161, layers: 3, multiArch: 5},
	"million":          {repos: 1000, tags: 50, pushes: 161, layers: 3, multiArch: 5},
	// One directory with very many entries, and a tenth as many of the same
	// kinds in small directories.
	"wide-tags":        {repos: 1, tags: 100000, pushes: 100000, layers: 1},
	"narrow-tags":      {repos: 200, tags: 50, pushes: 50, layers: 1},
	"wide-revisions":   {repos: 1, tags: 100, pushes: 200000, layers: 1},
	"narrow-revisions": {repos: 200, tags: 1, pushes: 100, layers: 1},
}

// quickShapes stand in for them where it only matters that everything runs.
var quickShapes = map[string]shape{
	"default":          {repos: 10, tags: 20, pushes: 50, layers: 3, multiArch: 5},
	"sweep":            {repos: 4, tags: 20, pushes: 40, layers: 3, multiArch: 2},
	"many-tags":        {repos: 2, tags: 40, pushes: 50, layers: 3},
	"extreme":          {repos: 1, tags: 80, pushes: 160, layers: 3},
	"hundred-thousand": {repos: 2, tags: 20, pushes: 50, layers: 3, multiArch: 5},
	"million":          {repos: 20, tags: 20, pushes: 50, layers: 3, multiArch: 5},
	"wide-tags":        {repos: 1, tags: 1000, pushes: 1000, layers: 1},
	"narrow-tags":      {repos: 2, tags: 50, pushes: 50, layers: 1},
	"wide-revisions":   {repos: 1, tags: 2, pushes: 1000, layers: 1},
	"narrow-revisions": {repos: 2, tags: 1, pushes: 50, layers: 1},
}

// shapeFlags declares the flags of a shape. The function it returns, called
// after parsing, gives the named shape with single numbers overridden.
func shapeFlags(flags *flag.FlagSet) func() (shape, error) {
	var names []string
	for name := range shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	var (
		name   = flags.String("shape", "default", "the tree's `shape`: "+strings.Join(names, ", "))
		custom shape
	)
	numbers := []struct {
		name, help string
		field      func(*shape) *int
	}{
		{"repos", "repositories", func(s *shape) *int { return &s.repos }},
		{"tags", "tags in each repository", func(s *shape) *int { return &s.tags }},
		{"pushes", "pushes to each repository", func(s *shape) *int { return &s.pushes }},
		{"layers", "fresh layers in each image", func(s *shape) *int { return &s.layers }},
		{"multi-arch", "every n-th repository holds indexes of two images; 0: none", func(s *shape) *int { return &s.multiArch }},
	}
	for _, n := range numbers {
		flags.IntVar(n.field(&custom), n.name, 0, n.help+" (default: the shape's)")
	}
	return func() (shape, error) {
		s, ok := shapes[*name]
		if !ok {
			return shape{}, fmt.Errorf("unknown shape %q", *name)
		}
		flags.Visit(func(f *flag.Flag) {
			for _, n := range numbers {
				if n.name == f.Name {
					*n.field(&s) = *n.field(&custom)
				}
			}
		})
		if min(s.repos, s.tags, s.pushes, s.layers) < 1 || s.multiArch < 0 {
			return shape{}, fmt.Errorf("a tree needs at least one repository, tag, push and layer: %v", s.args())
		}
		return s, nil
	}
}

func (s shape) String() string {
	return fmt.Sprintf("%d × %d tags × %d pushes", s.repos, s.tags, s.pushes)
}

// args are the flags that give the shape again, for a child process.
func (s shape) args() []string {
	return []string{
		"-repos=" + strconv.Itoa(s.repos),
		"-tags=" + strconv.Itoa(s.tags),
		"-pushes=" + strconv.Itoa(s.pushes),
		"-layers=" + strconv.Itoa(s.layers),
		"-multi-arch=" + strconv.Itoa(s.multiArch),
	}
}

// part is a tree with a share of the tags and pushes.
func (s shape) part(of int) shape {
	s.tags, s.pushes = max(1, s.tags/of), max(1, s.pushes/of)
	return s
}

func (s shape) isMultiArch(repo int) bool {
	return s.multiArch > 0 && repo%s.multiArch == 0
}

// repository names the n-th repository; names nest as deep as they do in the
// field.
func repository(n int) string {
	switch n % 4 {
	case 0:
		return fmt.Sprintf("service-%04d", n)
	case 3:
		return fmt.Sprintf("team-%02d/backend/service-%04d", n%16, n)
	default:
		return fmt.Sprintf("team-%02d/service-%04d", n%16, n)
	}
}
