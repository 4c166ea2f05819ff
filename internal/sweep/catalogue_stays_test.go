package sweep_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// What stays although it was to go, because its removal failed or because a
// saved plan does not know it, keeps what it needs.

// untagged is a repository of one index that no tag reaches any more.
const untagged = ok + `
	I = index
	push app:v1 I
	untag app:v1
	dir repositories/app/_layers
`

// checkFrame sees the directories that a repository with a revision has to have:
// without them its revisions are roots to the next run, and garbage to others.
func checkFrame(t *testing.T, tree *registrytest.Tree) {
	t.Helper()
	for _, name := range []string{layout.Layers, layout.Tags} {
		if info, err := os.Stat(filepath.Join(tree.Path("app"), name)); err != nil || !info.IsDir() {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}

func TestDirectoriesOfWhatStays(t *testing.T) {
	t.Run("37 a revision that cannot be removed keeps the directories that its repository has to have", func(t *testing.T) {
		tree := registrytest.Build(t, untagged)
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		result := execute(watched(t, tree, fails(storetest.Unlink, at(tree, "app@I", 0), syscall.EPERM)), p)
		if result.Stopped != nil || len(result.Failures) != 1 {
			t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		checkFrame(t, tree)
		finish(t, tree)
		checkSame(t, "left after a rerun", tree.Live(), tree.Contents())
	})
	t.Run("43 a revision that a saved plan does not know keeps the directories that its repository has to have", func(t *testing.T) {
		tree := registrytest.Build(t, untagged+"J = index ~I\npush app@ J")
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		var saved []plan.Saved
		for _, a := range p.Actions {
			if item := p.Item(a); item.Digest != tree.Digest("J") {
				saved = append(saved, plan.Saved{Kind: item.Kind.String(), Path: item.Path, Stamp: item.Stamp})
			}
		}
		// J lists I, so that I has to stay too.
		_, err = p.Only(saved)
		row{refused: "drift"}.checkRefusal(t, err)
		saved = slices.DeleteFunc(saved, func(s plan.Saved) bool { return strings.Contains(s.Path, tree.Digest("I").Encoded()) })
		if p, err = p.Only(saved); err != nil {
			t.Fatal(err)
		}
		if result := execute(open(t, tree.V2), p); result.Stopped != nil || len(result.Failures) > 0 {
			t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		checkFrame(t, tree)
		finish(t, tree)
		checkSame(t, "left after a rerun", tree.Live(), tree.Contents())
	})
}

func TestLinksOfWhatStays(t *testing.T) {
	t.Run("37 a broken tag that cannot be set aside keeps all of its repository", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app+"damage app:v1 empty")
		before := tree.Contents()
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app"}}
		root := watched(t, tree, fails(storetest.Rename, at(tree, "app:v1", 2), syscall.EPERM))
		p, err := survey(root, 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); result.Stopped != nil || len(result.Failures) != 1 {
			t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		checkSame(t, "removed", nil, minus(before, tree.Contents()))
	})
	t.Run("37 a layer link that cannot be removed keeps the link that it names", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app+"C = image e sha512:z\npush app@ C")
		root := watched(t, tree, fails(storetest.Unlink, at(tree, "app layer sha512:z", 0), syscall.EPERM))
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); result.Stopped != nil || len(result.Failures) != 1 {
			t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
		}
		want := append(tree.Live(), "app layer sha512:z", "app layer z", "blob z")
		slices.Sort(want)
		checkSame(t, "left", want, tree.Contents())
	})
}

func TestNeededRemovals(t *testing.T) {
	// remove is a removal by name that has to be refused.
	remove := func(t *testing.T, spec string, options func(*registrytest.Tree, *plan.Options)) {
		tree := registrytest.Build(t, spec)
		opts := defaults()
		options(tree, &opts)
		_, err := survey(open(t, tree.V2), 4, opts)
		row{refused: "still-needed"}.checkRefusal(t, err)
	}
	for _, child := range []string{"C1", "C2", "C3", "C4"} {
		t.Run("17 an index that is kept in doubt lists "+child, func(t *testing.T) {
			remove(t, ok+app+`
				C[1..4] = image c[1..4] z
				I = index C1 C2 C3 C4
				push app:multi I
				damage app:v1 empty
			`, func(tree *registrytest.Tree, o *plan.Options) {
				o.Requests = []plan.Request{{Repository: "app", Tag: "multi"}, {Repository: "app", Digest: tree.Digest(child)}}
			})
		})
	}
	for name, request := range map[string]plan.Request{"digest": {Repository: "app", Digest: "B"}, "repository": {Repository: "app"}} {
		t.Run("a deployment is pinned to what is to be removed by its "+name, func(t *testing.T) {
			remove(t, ok+app, func(tree *registrytest.Tree, o *plan.Options) {
				o.KeepDigests = []plan.KeptDigest{{Digest: tree.Digest("B"), Source: "kept:1"}}
				if request.Digest != "" {
					request.Digest = tree.Digest("B")
				}
				o.Requests = []plan.Request{request}
			})
		})
	}
}

func TestPanickingScan(t *testing.T) {
	for _, op := range []storetest.Op{storetest.Open, storetest.List, storetest.Stat, storetest.Read} {
		t.Run("39 a panic on "+string(op)+" ends the scan", func(t *testing.T) {
			root := watched(t, registrytest.Build(t, ok+app), func(c storetest.Call) error {
				if c.Op == op && c.Path != "." {
					panic("a bug")
				}
				return nil
			})
			_, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 4})
			if err == nil || !strings.Contains(err.Error(), "a bug") {
				t.Errorf("the scan ends with %v", err)
			}
		})
	}
}

func TestLongTags(t *testing.T) {
	long := strings.Repeat("t", 250)
	tree := registrytest.Build(t, ok+app+"move {app tag v1} "+layout.Tag("app", long))
	opts := defaults()
	opts.Requests = []plan.Request{{Repository: "app", Tag: long}}
	root := open(t, tree.V2)
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, root, p)
	if _, err := os.Lstat(filepath.Join(tree.V2, layout.Tag("app", long))); !os.IsNotExist(err) {
		t.Errorf("a tag with a longer name than a registry takes is still there: %v", err)
	}
}
