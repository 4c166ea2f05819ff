package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/progress"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

const signed = ok + "O = schema1 p q\npush app@ O\nsignatures app@O\nA = image c x\npush app:v1 A"

func TestSignaturesThatStay(t *testing.T) {
	t.Run("14, 37 a signature that cannot be removed keeps its revision, and all that it reaches", func(t *testing.T) {
		tree := registrytest.Build(t, signed)
		before := tree.Contents()
		root := watched(t, tree, fails(storetest.Unlink, at(tree, "app signature O", 0), syscall.EPERM))
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); len(result.Failures) != 1 || result.Failures[0].Code != "permission" {
			t.Errorf("failures %v", result.Failures)
		}
		checkSame(t, "removed", words(okGarbage), minus(before, tree.Contents()))
	})
	t.Run("14, 50 a revision that has changed keeps its signatures", func(t *testing.T) {
		tree := registrytest.Build(t, signed)
		before, root := tree.Contents(), open(t, tree.V2)
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(tree.Path("app@O"), time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); len(result.Failures) != 1 || result.Failures[0].Code != "changed" {
			t.Errorf("failures %v", result.Failures)
		}
		checkSame(t, "removed", words(okGarbage), minus(before, tree.Contents()))
	})
}

func TestTagsThatStay(t *testing.T) {
	for _, damage := range []string{"damage app:v1 empty", "damage app layer x fifo", "damage app@A huge", "damage blob A truncated"} {
		t.Run("37 a tag that cannot be set aside, with "+damage+", keeps all of its repository", func(t *testing.T) {
			tree := registrytest.Build(t, ok+app+damage)
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
	}
	t.Run("50 a tag that has been pushed again stays, with all that it reaches", func(t *testing.T) {
		tree := registrytest.Build(t, app+"push app:v2 B\npush app:w A")
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "v2"}}
		before, root := tree.Contents(), open(t, tree.V2)
		p, err := survey(root, 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(tree.Path("app:v2"), time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); len(result.Failures) != 1 || result.Failures[0].Code != "changed" || result.Removed.Tags != 0 {
			t.Errorf("failures %v, removed %+v", result.Failures, result.Removed)
		}
		// Nothing needs an entry of another tag's history.
		checkSame(t, "removed", []string{"app history v1 B"}, minus(before, tree.Contents()))
	})
	t.Run("37 what is left of a tag that was set aside is a failure, and refers to nothing", func(t *testing.T) {
		tree := registrytest.Build(t, app+"push app:v2 B")
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
		const left = "repositories/app/_manifests/.regjanitor-test-v1/index"
		root := watched(t, tree, fails(storetest.Rmdir, left, syscall.EPERM))
		p, err := survey(root, 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		result := execute(root, p)
		if len(result.Failures) != 1 || result.Failures[0].Path != left || result.Removed.Tags != 1 {
			t.Errorf("failures %v, removed %+v", result.Failures, result.Removed)
		}
	})
}

func TestHistoriesThatVanish(t *testing.T) {
	t.Run("36 a tag goes whose history is gone", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
		p, err := survey(open(t, tree.V2), 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Dir(tree.Path("app history v1 A"))); err != nil {
			t.Fatal(err)
		}
		if result := execute(open(t, tree.V2), p); result.Stopped != nil || len(result.Failures) > 0 || result.Removed.Tags != 1 {
			t.Errorf("stopped %v, failures %v, removed %+v", result.Stopped, result.Failures, result.Removed)
		}
	})
}

func TestFilledDirectories(t *testing.T) {
	for what, path := range map[string]string{"a repository": "repositories/old", "a shard": "blobs/sha256/ff"} {
		t.Run("39 what came into "+what+" keeps it, and is no failure", func(t *testing.T) {
			tree := registrytest.Build(t, ok+"upload old v age=30d\ndir blobs/sha256/ff")
			p, err := survey(open(t, tree.V2), 4, defaults())
			if err != nil {
				t.Fatal(err)
			}
			stray := filepath.Join(tree.V2, path, "stray")
			if err := os.WriteFile(stray, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if result := execute(open(t, tree.V2), p); result.Stopped != nil || len(result.Failures) > 0 {
				t.Errorf("stopped %v, failures %v", result.Stopped, result.Failures)
			}
			if _, err := os.Stat(stray); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBeforeBlobs(t *testing.T) {
	t.Run("42 a registry that is seen before the blobs go keeps them", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		before := tree.Contents()
		p, err := survey(open(t, tree.V2), 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		seen := errors.New("a registry runs")
		result := sweep.Execute(context.Background(), open(t, tree.V2), p,
			sweep.Options{Jobs: 1, Run: "test", BeforeBlobs: func() error { return seen }})
		checkSame(t, "stopped by it", true, errors.Is(result.Stopped, seen))
		for _, line := range minus(before, tree.Contents()) {
			if strings.HasPrefix(line, "blob ") {
				t.Errorf("%s is gone", line)
			}
		}
	})
}

func TestBeforeBlobsOnce(t *testing.T) {
	tree := registrytest.Build(t, varied)
	p, err := survey(open(t, tree.V2), 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	looks := 0
	sweep.Execute(context.Background(), open(t, tree.V2), p, sweep.Options{Jobs: 1, Run: "test", BeforeBlobs: func() error {
		looks++
		return nil
	}})
	checkSame(t, "looks for registries", 1, looks)
}

func TestProgressAndDescriptors(t *testing.T) {
	tree := registrytest.Build(t, varied)
	opts := defaults()
	opts.Requests = []plan.Request{{Repository: "app"}}
	root := open(t, tree.V2)
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	var last progress.Event
	before := descriptors(t)
	sweep.Execute(context.Background(), root, p, sweep.Options{Jobs: 1, Run: "test", Observe: func(e progress.Event) { last = e }})
	checkSame(t, "descriptors left open", before, descriptors(t))
	n := int64(len(p.Actions))
	checkSame(t, "the last that is told", progress.Event{Phase: "removing", Done: n, Total: n}, last)
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("only Linux shows the descriptors of a process")
	}
	return len(entries)
}

func TestSyncsThatFail(t *testing.T) {
	for n, more := 1, true; more; n++ {
		tree := registrytest.Build(t, varied)
		before := tree.Contents()
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "multi"}}
		p, err := survey(open(t, tree.V2), 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		syncs, all := 0, 0
		for _, a := range p.Actions {
			if a.Kind == plan.Blob {
				all++
			}
		}
		result := execute(watched(t, tree, func(c storetest.Call) error {
			if c.Op == storetest.Sync {
				if syncs++; syncs == n {
					return syscall.EIO
				}
			}
			return nil
		}), p)
		more = syncs >= n
		checkSame(t, fmt.Sprintf("41 sync %d of %d fails and stops the run", n, syncs), more, errors.Is(result.Stopped, syscall.EIO))
		blobs := 0
		for _, line := range minus(before, tree.Contents()) {
			if strings.HasPrefix(line, "blob ") {
				blobs++
			}
		}
		if blobs != 0 && blobs != all {
			t.Errorf("sync %d fails, and %d of %d blobs go", n, blobs, all)
		}
	}
}

func TestTagsSwappedForASymbolicLink(t *testing.T) {
	t.Run("27 a tag that is a symbolic link now stays, and what it leads to", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
		p, err := survey(open(t, tree.V2), 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		tag, away := filepath.Join(tree.V2, at(tree, "app:v1", 2)), filepath.Join(tree.Root, "away")
		if err := errors.Join(os.Rename(tag, away), os.Symlink(away, tag)); err != nil {
			t.Fatal(err)
		}
		before := tree.Contents()
		if result := execute(open(t, tree.V2), p); len(result.Failures) != 1 || result.Failures[0].Code != "symlink" {
			t.Errorf("failures %v", result.Failures)
		}
		checkSame(t, "removed", nil, minus(before, tree.Contents()))
	})
}

func TestTemporariesThatStay(t *testing.T) {
	t.Run("37 a temporary file that cannot be removed is a failure", func(t *testing.T) {
		tree := registrytest.Build(t, ok+"temp ok@G age=30d\ntemp blob g.x age=30d")
		before := tree.Contents()
		root := watched(t, tree, func(c storetest.Call) error {
			if c.Op == storetest.Unlink && strings.HasSuffix(c.Path, ".tmp") && strings.HasPrefix(c.Path, "blobs") {
				return syscall.EPERM
			}
			return nil
		})
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if result := execute(root, p); len(result.Failures) != 1 || result.Failures[0].Code != "permission" || result.Removed.Leftovers != 1 {
			t.Errorf("failures %v, removed %+v", result.Failures, result.Removed)
		}
		checkSame(t, "removed", words(also(okGarbage, "temp ok revision G")), minus(before, tree.Contents()))
	})
}
