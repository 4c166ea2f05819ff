package sweep_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"regjanitor/internal/graph"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// TestOrderOfPlans: equal trees give equal plans, and stages follow one another.
func TestOrderOfPlans(t *testing.T) {
	for _, requests := range [][]plan.Request{nil, {{Repository: "app"}}, {{Repository: "team/svc", Tag: "v1"}}} {
		tree := registrytest.Build(t, varied+"push app:w[1..9] B\npush app:w[1..9] A\nmount app y[1..9]\nblob o[1..9]")
		opts := defaults()
		opts.Requests = requests
		p, err := survey(open(t, tree.V2), 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		var actions []plan.Action
		for _, stage := range p.Stages() {
			if len(stage) == 0 {
				t.Fatal("a stage is empty")
			}
			for i, a := range stage {
				directories := a.Kind >= plan.Directory && stage[0].Kind >= plan.Directory
				if a.Kind != stage[0].Kind && !directories || a.Level != stage[0].Level {
					t.Errorf("%+v is in one stage with %+v", a, stage[0])
				}
				if i > 0 && place(stage[i-1], a) >= 0 {
					t.Errorf("%+v comes before %+v", stage[i-1], a)
				}
			}
			if n := len(actions); n > 0 && actions[n-1].Kind == stage[0].Kind && actions[n-1].Level >= stage[0].Level {
				t.Errorf("%+v and %+v are in two stages", actions[n-1], stage[0])
			}
			actions = append(actions, stage...)
		}
		checkSame(t, "in stages", p.Actions, actions)
	}
}

func place(a, b plan.Action) int {
	return cmp.Or(cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.At, b.At), cmp.Compare(a.Entry, b.Entry))
}

func TestRepositoriesThatEnd(t *testing.T) {
	sha512 := strings.Repeat("ab", 64)
	rm := []plan.Request{{Repository: "team"}}
	for _, c := range []struct {
		name, spec string
		requests   []plan.Request
		ends       int64
		gone, left string // directories
	}{
		{"with nested ones", "push team:v1 A\npush team/svc:v1 A", rm, 1, "repositories/team/_layers, repositories/team/_manifests, repositories/team/_uploads", "repositories/team/svc"},
		{"the first of all", "push team:v1 A\npush zoo:v1 A", rm, 1, "repositories/team", "repositories/zoo"},
		{"with a revision by its sha512", "push team:v1 A\npush zoo:v1 A\nfile repositories/team/_manifests/revisions/sha512/" + sha512 + "/link sha512:" + sha512,
			rm, 1, "repositories/team", "repositories/zoo"},
		{"with nothing but an old upload", "push app:v1 A\nupload old v age=30d", nil, 1, "repositories/old", ""},
		{"with nothing but a young upload", "push app:v1 A\nupload old v age=1h", nil, 0, "", "repositories/old/_uploads"},
		{"with its last tag deleted", "push app:v1 A\npush old:v1 B\nuntag old:v1", nil, 1, "repositories/old", ""},
		{"with nothing but the directory of a tag that was", "push app:v1 A\npush old:v1 B\nuntag old:v1\ndir repositories/old/_manifests/tags/gone", nil, 1, "repositories/old", ""},
		{"with a young temporary file", "push app:v1 A\npush old:v1 B\nuntag old:v1\ntemp old layer d age=1h", nil, 0, "repositories/old/_manifests", "repositories/old/_layers"},
		{"with a tag left", "push app:v1 A\npush app:v1 B", nil, 0, "", "repositories/app"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, "A = image c x\nB = image d y\n"+c.spec)
			opts := defaults()
			opts.Requests = c.requests
			_, p := removedFrom(t, tree, opts)
			checkSame(t, "repositories that end", c.ends, p.Planned.Repositories)
			for _, a := range p.Actions {
				if item := p.Item(a); item.Kind == plan.Repository && !slices.Contains(words(c.gone), item.Path) {
					t.Errorf("a repository ends with %s", item.Path)
				}
			}
			for _, path := range words(c.gone) {
				if _, err := os.Stat(filepath.Join(tree.V2, path)); !os.IsNotExist(err) {
					t.Errorf("%s is still there: %v", path, err)
				}
			}
			for _, path := range words(c.left) {
				if _, err := os.Stat(filepath.Join(tree.V2, path)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestWhatIsSaid(t *testing.T) {
	for _, c := range []struct {
		name, spec, code string
		requests         []plan.Request
	}{
		{name: "of a manifest that two tags reach", spec: app + "push app:v2 A\ndamage blob A truncated", code: "manifest-corrupt"},
		{name: "of a manifest that two named tags reach", spec: app + "push app:v2 A\ndamage blob A truncated", code: "manifest-corrupt",
			requests: []plan.Request{{Repository: "app", Tag: "v1"}, {Repository: "app", Tag: "v2"}}},
		{name: "of a layer that two images lack", spec: app + "C = docker e x\npush app:v2 C\ndamage blob x gone", code: "layer-missing"},
		{name: "of an untagged revision without data", spec: app + "damage blob B gone", code: "untagged-without-data"},
		{name: "of a tag", spec: app + "damage app:v1 empty", code: "link-empty"},
	} {
		t.Run(c.name+" is said once", func(t *testing.T) {
			tree := registrytest.Build(t, ok+c.spec)
			opts := defaults()
			opts.Requests = c.requests
			p, err := survey(open(t, tree.V2), 4, opts)
			if err != nil {
				t.Fatal(err)
			}
			said := slices.Concat(p.Doubts, p.Warnings)
			if len(said) != 1 || said[0].Code != c.code || said[0].Repository != "app" || said[0].Path == "" || said[0].Problem == "" {
				t.Errorf("said is %+v", said)
			}
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	for thing, code := range map[string]string{"other:v1": "link-unreadable", "blob C": "manifest-unreadable", "app:v2": "link-unreadable", "app@B": "link-unreadable"} {
		t.Run("35 EIO on "+thing+" is said, and why, by the removal of app:v2", func(t *testing.T) {
			tree := registrytest.Build(t, app+"C = image e z\npush other:v1 C\npush app:v2 A")
			opts := defaults()
			opts.Requests = []plan.Request{{Repository: "app", Tag: "v2"}}
			p, err := survey(watched(t, tree, fails(storetest.Read, at(tree, thing, 0), syscall.EIO)), 1, opts)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Doubts) != 1 || p.Doubts[0].Code != code || !strings.Contains(p.Doubts[0].Problem, syscall.EIO.Error()) {
				t.Errorf("the doubts are %+v", p.Doubts)
			}
		})
	}
}

func TestLayerLinksThatCannotBeRead(t *testing.T) {
	tree := registrytest.Build(t, ok+app)
	opts := defaults()
	opts.Requests = []plan.Request{{Repository: "app"}}
	p, err := survey(watched(t, tree, fails(storetest.Stat, at(tree, "app layer x", 0), syscall.EIO)), 1, opts)
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "35 doubts of a repository that goes", []string{"link-unreadable"}, codes(p.Doubts))
}

func TestNoRoots(t *testing.T) {
	tree := registrytest.Build(t, ok+app)
	p, err := survey(open(t, tree.V2), 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	g := graph.Mark(p.Inventory, graph.Roots{})
	for _, b := range p.Inventory.Blobs {
		if via := g.Blob(b.Digest); via.Live() {
			t.Errorf("without a root a blob is live: %+v", via)
		}
	}
}

func TestFuseLimit(t *testing.T) {
	tree := registrytest.Build(t, ok+app)
	opts := defaults()
	p, err := survey(open(t, tree.V2), 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	opts.MaxDeletePercent = 100 * float64(p.Planned.Bytes) / float64(p.Found.Bytes)
	if _, err := survey(open(t, tree.V2), 4, opts); err != nil {
		t.Errorf("48 just as much as is allowed: %v", err)
	}
	opts.MaxDeletePercent -= 0.001
	_, err = survey(open(t, tree.V2), 4, opts)
	row{refused: "max-delete"}.checkRefusal(t, err)
}

func TestSums(t *testing.T) {
	n := plan.Totals{Repositories: 1, Tags: 2, Revisions: 4, TagIndexEntries: 8, LayerLinks: 16, Blobs: 32,
		Uploads: 64, Leftovers: 128, Directories: 256, Bytes: 512, DiskBytes: 1024}
	checkSame(t, "things", int64(0b111111111), n.Things())
	twice := n
	twice.Sum(n)
	checkSame(t, "twice as many", plan.Totals{Repositories: 2, Tags: 4, Revisions: 8, TagIndexEntries: 16, LayerLinks: 32, Blobs: 64,
		Uploads: 128, Leftovers: 256, Directories: 512, Bytes: 1024, DiskBytes: 2048}, twice)
}

func TestYoungDirectories(t *testing.T) {
	for age, stays := range map[time.Duration]bool{23 * time.Hour: true, 25 * time.Hour: false} {
		tree := registrytest.Build(t, ok+"dir blobs/sha256/ff\nage everything 30d")
		shard, then := filepath.Join(tree.V2, "blobs/sha256/ff"), registrytest.Now.Add(-age)
		if err := os.Chtimes(shard, then, then); err != nil {
			t.Fatal(err)
		}
		opts := defaults()
		opts.MinAge = 24 * time.Hour
		removedFrom(t, tree, opts)
		_, err := os.Stat(shard)
		checkSame(t, fmt.Sprint("49 a directory of the age ", age, " stays"), stays, err == nil)
	}
}
