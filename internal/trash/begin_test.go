package trash_test

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

// TestBeginFails fails every single operation of the beginning: nothing is
// changed then, and nothing lies about.
func TestBeginFails(t *testing.T) {
	t.Parallel()
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EACCES, syscall.EIO, syscall.EROFS, syscall.EDQUOT} {
		t.Run(errno.Error(), func(t *testing.T) {
			for n, more := 1, true; more; n++ {
				more = checkBegin(t, "", n, errno)
			}
		})
	}
	t.Run("beside the trash of another run", func(t *testing.T) {
		for n, more := 1, true; more; n++ {
			more = checkBegin(t, "dir /.regjanitor/trash/earlier", n, syscall.ENOSPC)
		}
	})
}

// checkBegin fails the n-th operation, and tells whether there was one.
func checkBegin(t *testing.T, more string, n int, errno syscall.Errno) (fired bool) {
	tree := registrytest.Build(t, app+"upload app u age=30d\n"+more)
	before := state(t, tree)
	calls, at := 0, storetest.Call{}
	p := watched(t, tree, func(c storetest.Call) error {
		if c.Op == storetest.Open && c.Path == "docker/registry/v2" {
			return nil
		}
		if calls++; calls == n {
			fired, at = true, c
			return errno
		}
		return nil
	})
	planned, err := p.survey(defaults())
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.begin(planned)
	if !fired {
		run.End()
		return false
	}
	if err == nil {
		t.Errorf("%v on operation %d, %s %s, and the run begins", errno, n, at.Op, at.Path)
		return true
	}
	if !errors.Is(err, errno) {
		t.Errorf("%v on operation %d, %s %s, is told as %v", errno, n, at.Op, at.Path, err)
	}
	checkSame(t, fmt.Sprintf("after %v on operation %d, %s %s", errno, n, at.Op, at.Path), before, state(t, tree))
	return true
}

// TestNoPlace: what stands in the way of a trash stays as it is.
func TestNoPlace(t *testing.T) {
	for _, spec := range []string{
		"file /.regjanitor", "file /.regjanitor/trash", "symlink /.regjanitor outside/elsewhere", "dir /.regjanitor/trash/first",
		"dir /.regjanitor\nsymlink /.regjanitor/trash /docker",
	} {
		t.Run(spec, func(t *testing.T) {
			tree := registrytest.Build(t, app+spec)
			p := open(t, tree)
			before := state(t, tree)
			planned, err := p.survey(defaults())
			if err != nil {
				t.Fatal(err)
			}
			if run, err := p.begin(planned); err == nil {
				run.End()
				t.Error("a run begins")
			}
			checkSame(t, "before and after", before, state(t, tree))
		})
	}
}

// TestNothingMoved: a run that moves nothing leaves nothing.
func TestNothingMoved(t *testing.T) {
	tree := registrytest.Build(t, app)
	p := open(t, tree)
	before := state(t, tree)
	planned, err := p.survey(defaults())
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.begin(planned)
	if err != nil {
		t.Fatal(err)
	}
	run.End()
	checkSame(t, "left in the trash", nil, p.left())
	checkSame(t, "before and after", before, state(t, tree))
}

// TestNobodyElseReads: layers are no business of the machine's other users.
func TestNobodyElseReads(t *testing.T) {
	tree := registrytest.Build(t, app)
	if err := os.Chmod(tree.Root, 0o777); err != nil {
		t.Fatal(err)
	}
	p := open(t, tree)
	p.mustTake()
	for path, is := range state(t, tree) {
		if path == ".regjanitor" || path == ".regjanitor/trash" || path == ".regjanitor/trash/first" {
			if is[:10] != "drwx------" {
				t.Errorf("%s is %s", path, is)
			}
		}
	}
}

// TestMovesFail: a disk that cannot move ends the run; what was moved comes back.
func TestMovesFail(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EXDEV, syscall.ENOSPC, syscall.EDQUOT} {
		for n := 1; n <= 8; n++ { // all that there is to move, and the journal
			t.Run(fmt.Sprintf("%v on move %d", errno, n), func(t *testing.T) {
				tree := registrytest.Build(t, varied)
				before := state(t, tree)
				moves := 0
				p := watched(t, tree, func(c storetest.Call) error {
					if c.Op == storetest.Rename {
						if moves++; moves > n { // the first is the journal's
							return errno
						}
					}
					return nil
				})
				result := p.take(defaults(plan.Request{Repository: "app", Tag: "v1"}, plan.Request{Repository: "app", Tag: "multi"}))
				if !errors.Is(result.Stopped, errno) || moves != n+1 {
					t.Errorf("stopped by %v after %d moves, of which %d worked", result.Stopped, moves, n)
				}
				checkSame(t, "of the moved", int64(n-1), moved(result))
				q := open(t, tree)
				if len(q.left()) > 0 {
					q.mustRestore("first")
				}
				checkSame(t, "before, and after the restoring", before, inPlace(state(t, tree)))
			})
		}
	}
}

// moved counts what lies in the trash: directories are not moved.
func moved(result *sweep.Result) int64 {
	n := result.Removed.Things() - result.Removed.Directories - result.Removed.Repositories
	return n - result.Removed.TagIndexEntries // these went with their tags
}

// inPlace is a state without the trash's own directories.
func inPlace(all map[string]string) map[string]string {
	for _, path := range []string{".regjanitor", ".regjanitor/trash"} {
		delete(all, path)
	}
	return all
}
