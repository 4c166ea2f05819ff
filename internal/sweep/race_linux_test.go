package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

// raced has much garbage beside what lives, so that a sweep takes its time. What
// is garbage in app lives in twin, as far as it has it.
const raced = ok + `
	A = image c x
	B[1..20] = image d[1..20] y[1..20]
	I = index A B1
	push app:v1 B[1..20]
	push app:v1 A
	push app:multi I
	push twin:w[1..10] B[1..10]
	push twin:v1 A
	push twin:multi I
`

// spots are the directories that change places with a symbolic link, by depth:
// paths, or in letters the thing that lies in it, so many directories below. The
// leaves hold garbage or are tags.
var spots = []struct {
	depth string
	paths []spot
}{
	{"the top", []spot{{"repositories", 0}, {"blobs", 0}}},
	{"a repository", []spot{{"repositories/app", 0}}},
	{"a part of a repository", []spot{{"repositories/app/_manifests", 0}, {"repositories/app/_layers", 0},
		{"repositories/app/_manifests/revisions", 0}, {"repositories/app/_manifests/tags", 0}}},
	{"an algorithm or a shard", []spot{{"blobs/sha256", 0}, {"blob y20", 2},
		{"repositories/app/_manifests/revisions/sha256", 0}, {"repositories/app/_layers/sha256", 0}}},
	{"a leaf", []spot{{"blob y20", 1}, {"app revision B9", 1}, {"app layer y9", 1}, {"app tag v1", 2}, {"app tag multi", 2}}},
}

type spot struct {
	letters string
	below   int // 0: no letters, but a path
}

func (s spot) in(tree *registrytest.Tree) string {
	if s.below == 0 {
		return filepath.Join(tree.V2, filepath.FromSlash(s.letters))
	}
	return filepath.Join(tree.V2, at(tree, s.letters, s.below))
}

// 27: while sweeps run, a directory of the tree and a symbolic link change places
// all the time. The link leads to a canary outside, which has all the tree's
// names, or from app to the same place in twin. Both have the very same files, as
// hard links: whatever were removed through the link would be gone from there.
func TestSymlinkRace(t *testing.T) {
	const rounds = 20 // each spot, with either link, from the scan on or from the first removal
	flips := storetest.Scale(100_000)
	count := raceCount{seen: map[string]bool{}}
	left := map[string][]string{}
	for end := time.Now().Add(3 * time.Minute); count.flips < flips || count.sweeps < rounds || count.missing() != ""; count.sweeps++ {
		if time.Now().After(end) {
			t.Fatalf("%d flips, never seen: %s: the race was not run", count.flips, count.missing())
		}
		for _, spot := range spots {
			path, turn := spot.paths[count.sweeps%len(spot.paths)], count.sweeps/len(spot.paths)
			request := []string{"", "app:v1", "app:multi"}[count.sweeps%3]
			if _, known := left[request]; !known {
				left[request] = undisturbed(t, request)
			}
			r := newRace(t, path, turn%2 == 0)
			r.run(request, turn%4 < 2)
			count.add(spot.depth, r)
			r.check(left[request])
			if t.Failed() {
				t.Fatalf("after %d flips of %s with a link to %s, while %q was removed", r.flips, r.real, r.far, request)
			}
		}
	}
	t.Logf("symlink race: %d flips at %d depths, %d sweeps, %d of them refused, %d removals, %d stopped by the link, 0 violations",
		count.flips, len(spots), count.sweeps*len(spots), count.refused, count.removed, count.symlinks)
}

// raceCount is what became of many races.
type raceCount struct {
	flips, sweeps, refused, symlinks int
	removed                          int64
	seen                             map[string]bool
}

func (c *raceCount) add(depth string, r *race) {
	c.flips += r.flips
	if r.result == nil {
		c.refused++
		return
	}
	removed, symlinks := r.result.Removed.Things(), 0
	for _, f := range r.result.Failures {
		if f.Code == "symlink" {
			symlinks++
		}
	}
	c.removed += removed
	c.symlinks += symlinks
	c.seen[depth+" removed from"] = c.seen[depth+" removed from"] || removed > 0
	c.seen[depth+" found to be a link"] = c.seen[depth+" found to be a link"] || symlinks > 0
}

// missing is the depth at which the race has not gone both ways yet.
func (c *raceCount) missing() string {
	for _, spot := range spots {
		for _, what := range []string{" removed from", " found to be a link"} {
			if !c.seen[spot.depth+what] {
				return spot.depth + what
			}
		}
	}
	return ""
}

// undisturbed is what a run leaves, and a sweep after it, that nobody races.
func undisturbed(t *testing.T, request string) []string {
	tree := registrytest.Build(t, raced)
	root := open(t, tree.V2)
	p, err := survey(root, 4, requesting(request))
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, root, p)
	sweepAll(t, tree)
	return tree.Contents()
}

func requesting(tag string) plan.Options {
	opts := defaults()
	if repo, tag, named := strings.Cut(tag, ":"); named {
		opts.Requests = []plan.Request{{Repository: repo, Tag: tag}}
	}
	return opts
}

// race is one run, and one directory that is flipped under it.
type race struct {
	t              *testing.T
	tree           *registrytest.Tree
	canary         string
	before         []string // in the canary
	real, decoy    string   // the two that change places
	far            string   // where the decoy leads
	flips          int
	result         *sweep.Result // nil where the run was refused
	stop, finished chan struct{}
}

func newRace(t *testing.T, s spot, inside bool) *race {
	t.Helper()
	tree := registrytest.Build(t, raced)
	r := &race{t: t, tree: tree, canary: tree.Outside, real: s.in(tree), decoy: filepath.Dir(tree.Root) + "/decoy"}
	app, twin := filepath.Join(tree.V2, layout.Repository("app")), filepath.Join(tree.V2, layout.Repository("twin"))
	mirror(t, app, twin, true)
	mirror(t, tree.V2, r.canary, false)
	r.before = names(t, r.canary)
	far := strings.Replace(r.real, tree.V2, r.canary, 1)
	if below, ok := strings.CutPrefix(r.real, app); ok && inside {
		far = twin + below
	}
	var err error
	if r.far, err = filepath.Rel(filepath.Dir(r.real), far); err != nil { // an absolute one would cross mounts
		t.Fatal(err)
	}
	if err := os.Symlink(r.far, r.decoy); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.exchange(), r.exchange()); err != nil {
		t.Skip("no exchange of names here:", err)
	}
	return r
}

// mirror makes the files of to the very files of from, all or those it has.
func mirror(t *testing.T, from, to string, common bool) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		twin := strings.Replace(path, from, to, 1)
		_, absent := os.Lstat(twin)
		switch {
		case err != nil, common && (e.IsDir() || absent != nil):
			return err
		case e.IsDir():
			return os.MkdirAll(twin, 0o755)
		case absent == nil:
			err = os.Remove(twin)
		}
		return errors.Join(err, os.Link(path, twin))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		all = append(all, fmt.Sprint(strings.TrimPrefix(path, dir), e.Type()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (r *race) exchange() error {
	return unix.Renameat2(unix.AT_FDCWD, r.real, unix.AT_FDCWD, r.decoy, unix.RENAME_EXCHANGE)
}

// start has the two change places until end; where the directory is removed it
// has come to an end before.
func (r *race) start() {
	r.stop, r.finished = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(r.finished)
		for ; ; r.flips++ {
			select {
			case <-r.stop:
				return
			default:
			}
			if r.exchange() != nil {
				return
			}
			runtime.Gosched()
		}
	}()
}

// end puts the directory back in its place.
func (r *race) end() {
	close(r.stop)
	<-r.finished
	switch info, err := os.Lstat(r.decoy); {
	case err != nil:
		r.t.Error(err)
	case info.Mode()&fs.ModeSymlink != 0:
	case r.exchange() != nil: // the link itself was taken away
		if err := os.Rename(r.decoy, r.real); err != nil {
			r.t.Error(err)
		}
	}
}

// run is a run that is raced from its scan on, or from its first removal.
func (r *race) run(request string, early bool) {
	r.t.Helper()
	root := open(r.t, r.tree.V2)
	if early {
		r.start()
	}
	var p *plan.Plan
	err := fs.ErrInvalid
	for try := 0; err != nil && try < 20; try++ {
		p, err = survey(root, 4, requesting(request))
	}
	if !early {
		if err != nil {
			r.t.Fatal(err)
		}
		r.start()
	}
	if err == nil {
		r.result = sweep.Execute(context.Background(), root, p, sweep.Options{Jobs: 4, Run: "test"})
	}
	r.end()
}

// check finds the canary and everything that lives as they were.
func (r *race) check(live []string) {
	r.t.Helper()
	checkSame(r.t, "the canary", r.before, names(r.t, r.canary))
	if lost := minus(live, r.tree.Contents()); len(lost) > 0 {
		r.t.Errorf("live things are gone: %q", lost)
	}
}
