package sweep_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

const varied = ok + registrytest.Varied

var errKilled = errors.New("the process is dead")

// dies is a process that is killed after so many changes to the tree.
func dies(after int) storetest.Hook {
	changes, dead := 0, false
	return func(c storetest.Call) error {
		if c.Op.Mutates() {
			changes++
		}
		if dead = dead || changes > after; dead {
			return errKilled
		}
		return nil
	}
}

func TestCrash(t *testing.T) {
	t.Run("41 a sweep that is killed anywhere", func(t *testing.T) {
		eachCrash(t, func(t *testing.T, after int) (more bool) {
			tree := registrytest.Build(t, varied)
			p, err := survey(open(t, tree.V2), 4, defaults())
			if err != nil {
				t.Fatal(err)
			}
			result := execute(watched(t, tree, dies(after)), p)
			checkValid(t, tree, tree.Live())
			finish(t, tree)
			checkSame(t, "left after a rerun", tree.Live(), tree.Contents())
			return len(result.Failures) > 0 || result.Stopped != nil
		})
	})
	for _, request := range []plan.Request{{Repository: "app", Tag: "multi"}, {Repository: "app"}, {Repository: "team/svc"}} {
		remove := func(t *testing.T, tree *registrytest.Tree, root store.Dir) *sweep.Result {
			opts := defaults()
			opts.Requests = []plan.Request{request}
			p, err := survey(open(t, tree.V2), 4, opts)
			if unknown := (*plan.UnknownError)(nil); errors.As(err, &unknown) {
				return &sweep.Result{}
			} else if err != nil {
				t.Fatal(err)
			}
			return execute(root, p)
		}
		t.Run("41 a removal of "+request.String()+" that is killed anywhere", func(t *testing.T) {
			whole := registrytest.Build(t, varied)
			remove(t, whole, open(t, whole.V2))
			sweepAll(t, whole)
			want := whole.Contents()
			eachCrash(t, func(t *testing.T, after int) (more bool) {
				tree := registrytest.Build(t, varied)
				result := remove(t, tree, watched(t, tree, dies(after)))
				checkValid(t, tree, want)
				remove(t, tree, open(t, tree.V2))
				finish(t, tree)
				checkSame(t, "left after a rerun", want, tree.Contents())
				return len(result.Failures) > 0 || result.Stopped != nil
			})
		})
	}
}

func TestOrder(t *testing.T) {
	t.Run("41 parents go before children, links before blobs", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app+`
			I0 = index A B
			I[1..20] = index I[0..19] A
			push app@ I20
			untag app:v1
		`)
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		result := execute(watched(t, tree, func(c storetest.Call) error {
			if c.Op == storetest.Unlink || c.Op == storetest.Sync {
				order = append(order, tree.Letters([]string{c.Path})...)
			}
			return nil
		}), p)
		if result.Stopped != nil || len(result.Failures) > 0 {
			t.Fatalf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		at := func(letters string) int { return slices.Index(order, letters) }
		for i := 20; i > 0; i-- {
			if parent, child := at(fmt.Sprintf("app revision I%d", i)), at(fmt.Sprintf("app revision I%d", i-1)); parent < 0 || parent > child {
				t.Errorf("I%d goes as number %d and its child as number %d", i, parent, child)
			}
		}
		var kinds []string
		for _, line := range order {
			switch {
			case strings.HasPrefix(line, "blob "):
				line = "blob"
			case strings.Contains(line, " layer "):
				line = "layer"
			case line != ".":
				line = "revision"
			}
			kinds = append(kinds, line)
		}
		checkSame(t, "order, with what makes it durable", []string{".", "revision", ".", "layer", ".", "blob", "."}, slices.Compact(kinds))
	})
	t.Run("41 links that cannot be made durable keep the blobs", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		before := tree.Contents()
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		result := execute(watched(t, tree, fails(storetest.Sync, ".", syscall.EIO)), p)
		if !errors.Is(result.Stopped, syscall.EIO) {
			t.Errorf("stopped by %v", result.Stopped)
		}
		gone := minus(before, tree.Contents())
		if slices.ContainsFunc(gone, func(l string) bool { return strings.HasPrefix(l, "blob ") }) {
			t.Errorf("%q are gone", gone)
		}
	})
}

// eachCrash tries a crash after ever more changes, until there is none.
func eachCrash(t *testing.T, try func(t *testing.T, after int) (more bool)) {
	for after, more := 0, true; more; after++ {
		more = false
		t.Run(fmt.Sprintf("after %d changes", after), func(t *testing.T) { more = try(t, after) })
	}
}

// finish is a rerun. It counts no directories: what a crash left of signatures
// may go with the revision that it lies in, before its own turn comes.
func finish(t *testing.T, tree *registrytest.Tree) {
	t.Helper()
	root := open(t, tree.V2)
	p, err := survey(root, 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	if result := execute(root, p); result.Stopped != nil || len(result.Failures) > 0 {
		t.Errorf("the rerun: stopped %v, failures %v", result.Stopped, result.Failures)
	}
}

// checkValid finds the tree without anything dangling and with all that lives.
func checkValid(t *testing.T, tree *registrytest.Tree, live []string) {
	t.Helper()
	if lost := minus(live, tree.Contents()); len(lost) > 0 {
		t.Errorf("live things are gone: %q", lost)
	}
	p, err := survey(open(t, tree.V2), 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "doubts after the crash", nil, codes(p.Doubts))
	if slices.Contains(codes(p.Warnings), "untagged-without-data") {
		t.Error("a revision dangles after the crash")
	}
}

func TestStuckRemovals(t *testing.T) {
	t.Run("39 what NFS keeps of a removed file stays with its directory", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		before := tree.Contents()
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		root := watched(t, tree, func(c storetest.Call) error {
			if c.Op == storetest.Unlink && c.Path == at(tree, "blob y", 0) {
				return os.WriteFile(filepath.Join(filepath.Dir(tree.Path("blob y")), ".nfs0000000001"), nil, 0o644)
			}
			return nil
		})
		result := execute(root, p)
		if result.Stopped != nil || len(result.Failures) != 1 || result.Failures[0].Code != "directory-not-empty" {
			t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		checkSame(t, "removed", tree.Dead(), minus(before, tree.Contents()))
		checkSame(t, "come into being", []string{"blob y/.nfs0000000001"}, minus(tree.Contents(), before))
	})
	t.Run("39 a panic stops the run", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		before, tried := tree.Contents(), 0
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		root := watched(t, tree, func(c storetest.Call) error {
			if c.Op.Mutates() {
				tried++
				panic("a bug")
			}
			return nil
		})
		result := execute(root, p)
		if result.Stopped == nil || !strings.Contains(result.Stopped.Error(), "a bug") || tried != 1 {
			t.Errorf("stopped by %v after %d tries", result.Stopped, tried)
		}
		checkSame(t, "left", before, tree.Contents())
	})
	t.Run("39 a panic while a tag is taken apart stops the run too", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
		p, err := survey(open(t, tree.V2), 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		unlinked := 0
		root := watched(t, tree, func(c storetest.Call) error {
			if c.Op == storetest.Unlink {
				unlinked++
				panic("a bug")
			}
			return nil
		})
		result := execute(root, p)
		if result.Stopped == nil || !strings.Contains(result.Stopped.Error(), "a bug") || unlinked != 1 {
			t.Errorf("stopped by %v after %d tries", result.Stopped, unlinked)
		}
	})
}
