package sweep_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

func TestRemovalsThatFailAreTold(t *testing.T) {
	for _, requests := range [][]plan.Request{nil, {{Repository: "app"}}} {
		for n, more := 1, true; more; n += 2 {
			tree := registrytest.Build(t, varied+"file repositories/app/_manifests/.regjanitor-run-v2/index/x")
			opts := defaults()
			opts.Requests = requests
			p, err := survey(open(t, tree.V2), 4, opts)
			if err != nil {
				t.Fatal(err)
			}
			var failed storetest.Call
			calls := 0
			result := execute(watched(t, tree, func(c storetest.Call) error {
				if c.Op.Mutates() {
					if calls++; calls == n {
						failed = c
						return syscall.EPERM
					}
				}
				return nil
			}), p)
			if more = calls >= n; more && (len(result.Failures) != 1 || result.Failures[0].Code != "permission") {
				t.Errorf("37 %s of %s fails, and told is %v", failed.Op, failed.Path, result.Failures)
			}
		}
	}
}

func TestBrokenTagsGo(t *testing.T) {
	for _, how := range []string{"empty", "garbage", "huge", "fifo", "symlink", "missing", "no-current"} {
		t.Run("a tag that is named goes, with its link "+how, func(t *testing.T) {
			tree := registrytest.Build(t, app+"push app:v2 A\ndamage app:v1 "+how)
			opts := defaults()
			opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
			_, p := removedFrom(t, tree, opts)
			checkSame(t, "tags that go", int64(1), p.Planned.Tags)
			if _, err := os.Lstat(filepath.Join(tree.V2, at(tree, "app:v1", 2))); !os.IsNotExist(err) {
				t.Errorf("it is still there: %v", err)
			}
		})
	}
}

func TestSignaturesOfRevisionsThatAreGone(t *testing.T) {
	tree := registrytest.Build(t, ok+`
		O[1..4] = schema1 p[1..4]
		push app@ O[1..4]
		signatures app@O[1..4]
		push app:v1 O1
		damage app@O[2..4] missing
	`)
	removedFrom(t, tree, defaults())
	for _, line := range tree.Contents() {
		if isEmpty(line) || strings.Contains(line, "signatures") && !strings.Contains(line, "O1") {
			t.Errorf("%s is left", line)
		}
	}
}

func TestTagsSetAsideThatCannotBeOpened(t *testing.T) {
	const aside = "repositories/app/_manifests/.regjanitor-test-v1"
	tree := registrytest.Build(t, app+"push app:v2 A")
	opts := defaults()
	opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
	root := watched(t, tree, fails(storetest.Open, aside, syscall.EACCES))
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	result := execute(root, p)
	if len(result.Failures) != 1 || result.Failures[0].Path != aside || result.Removed.Tags != 1 {
		t.Errorf("37 failures %v, removed %+v", result.Failures, result.Removed)
	}
}

// TestDrift restricts a plan to a saved one that differs from it in one thing.
func TestDrift(t *testing.T) {
	tree := registrytest.Build(t, ok+app)
	p, err := survey(open(t, tree.V2), 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	var saved []plan.Saved
	for _, a := range p.Actions {
		item := p.Item(a)
		saved = append(saved, plan.Saved{Kind: item.Kind.String(), Path: item.Path, Stamp: item.Stamp})
	}
	for name, c := range map[string]struct {
		more    plan.Saved
		refused bool
	}{
		"a blob that is gone":               {plan.Saved{Kind: "blob", Path: "blobs/sha256/ab/abcd"}, true},
		"a link that is gone":               {plan.Saved{Kind: "layer_link", Path: "repositories/app/_layers/sha256/ab"}, true},
		"a directory that is gone":          {plan.Saved{Kind: "directory", Path: "blobs/sha256/ab"}, false},
		"a repository's directory, gone":    {plan.Saved{Kind: "repository", Path: "repositories/gone"}, false},
		"the same thing with another stamp": {plan.Saved{Kind: saved[0].Kind, Path: saved[0].Path, Stamp: inventory.Stamp{Inode: 1}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			only, err := p.Only(append(saved[:len(saved):len(saved)], c.more))
			if c.refused {
				row{refused: "drift"}.checkRefusal(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, "actions", p.Actions, only.Actions)
			checkSame(t, "planned", p.Planned, only.Planned)
		})
	}
}
