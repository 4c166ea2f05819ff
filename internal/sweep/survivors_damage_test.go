package sweep_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

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
	const manifests = "repositories/app/_manifests"
	for _, path := range []string{manifests, manifests + "/.regjanitor-test-v1"} {
		tree := registrytest.Build(t, app+"push app:v2 A")
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "app", Tag: "v1"}}
		aside := false
		root := watched(t, tree, func(c storetest.Call) error {
			if aside && c.Op == storetest.Open && c.Path == path {
				return syscall.EACCES
			}
			aside = aside || c.Op == storetest.Rename
			return nil
		})
		p, err := survey(root, 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		result := execute(root, p)
		if len(result.Failures) == 0 || result.Failures[0].Code != "permission" || result.Removed.Tags != 1 {
			t.Errorf("37 %s: failures %v, removed %+v", path, result.Failures, result.Removed)
		}
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

func TestAges(t *testing.T) {
	const day = 24 * time.Hour
	const images = `
		A = image a x
		B = image b x
		C = image c x
	`
	for _, c := range []struct {
		name          string
		min, untagged time.Duration
		spec, goes    string // of the revisions and of the history
	}{
		{"a revision is untagged since the tag moved on", 0, day, `
			push app:v1 A age=9d
			push app:v1 B age=2d
			push app:v1 C age=1h
			`, "app revision A, app history v1 A"},
		{"a history entry as old as a day goes, and a younger one stays", day, 0, `
			push app:v1 A age=9d
			push app:v1 B age=24h
			push app:v1 C age=23h
			`, "app revision A, app revision B, app history v1 A, app history v1 B"},
		{"of several tags the last counts", 0, day, `
			push app:v1 A age=9d
			push app:v2 A age=8d
			push app:v3 A age=7d
			push app:v1 B age=6d
			push app:v2 B age=1h
			push app:v3 B age=5d
			`, ""},
		{"a tag that came back to it", day, 0, `
			push app:v1 A age=9d
			push app:v2 A age=1h
			push app:v1 B age=8d
			push app:v2 B age=8d
			`, ""},
		{"nothing is too young without a rule", 0, 0, `
			push app:v1 A age=-1h
			push app:v1 B
			`, "app revision A, app history v1 A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, ok+images+c.spec)
			opts := defaults()
			opts.MinAge, opts.UntaggedAge = c.min, c.untagged
			inv, err := inventory.Scan(context.Background(), open(t, tree.V2), inventory.Options{Jobs: 4, HistoryTimes: true})
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.Make(inv, opts)
			if err != nil {
				t.Fatal(err)
			}
			var goes []string
			for _, a := range p.Actions {
				if item := p.Item(a); item.Repository == "app" && (item.Kind == plan.Revision || item.Kind == plan.TagIndexEntry) {
					goes = append(goes, tree.Letters([]string{item.Path + "/link"})...)
				}
			}
			slices.Sort(goes)
			checkSame(t, "goes", words(c.goes), goes)
		})
	}
}
