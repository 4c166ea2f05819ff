package sweep_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// TestTotals counts what lies on the disk with code that knows no inventory.
func TestTotals(t *testing.T) {
	tree := registrytest.Build(t, varied+`
		damage blob o hardlink
		blob o2 o3
		file repositories/app/_manifests/.regjanitor-run-v2/index/x
	`)
	if err := errors.Join(os.Remove(tree.Path("blob o3")), os.Link(tree.Path("blob o2"), tree.Path("blob o3"))); err != nil {
		t.Fatal(err)
	}
	old, data := registrytest.Now.Add(-30*24*time.Hour), filepath.Join(filepath.Dir(tree.Path("app upload u")), "data")
	if err := errors.Join(os.WriteFile(data, make([]byte, 10_000), 0o644), os.Chtimes(data, old, old)); err != nil {
		t.Fatal(err)
	}
	p, err := survey(open(t, tree.V2), 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "repositories found", int64(3), p.Found.Repositories)
	p.Found.Directories, p.Found.Repositories, p.Planned.Directories, p.Planned.Repositories = 0, 0, 0, 0
	found, planned := totalsOf(t, tree, tree.Contents(), false), totalsOf(t, tree, tree.Dead(), true)
	found.Leftovers, planned.Leftovers = found.Leftovers+1, planned.Leftovers+1 // what a run left of v2
	checkSame(t, "found", found, p.Found)
	checkSame(t, "planned", planned, p.Planned)
	for _, a := range p.Actions {
		if item := p.Item(a); strings.HasPrefix(item.Path, "blobs/") && item.Repository != "" {
			t.Errorf("%s is said to be of %s", item.Path, item.Repository)
		}
	}
}

var kinds = regexp.MustCompile(`^(?:\S+ )??(temp|blob|tag|history|revision|layer|upload) `)

// totalsOf counts lines of letters, and the bytes of the files that they name.
func totalsOf(t *testing.T, tree *registrytest.Tree, lines []string, goes bool) (n plan.Totals) {
	t.Helper()
	names := map[uint64]uint64{} // by inode; what goes frees its blocks with the last, what is there takes them once
	weigh := func(path string) {
		var info syscall.Stat_t
		if err := syscall.Stat(path, &info); err != nil {
			t.Fatal(err)
		}
		n.Bytes += info.Size
		names[info.Ino]++
		if goes && names[info.Ino] == uint64(info.Nlink) || !goes && names[info.Ino] == 1 {
			n.DiskBytes += info.Blocks * 512
		}
	}
	for _, line := range lines {
		match := kinds.FindStringSubmatch(line)
		if match == nil || isEmpty(line) {
			continue
		}
		switch match[1] {
		case "temp":
			found, err := filepath.Glob(filepath.Dir(tree.Path(strings.TrimPrefix(line, "temp "))) + "/*.tmp")
			if err != nil || len(found) != 1 {
				t.Fatalf("%s: %q, %v", line, found, err)
			}
			n.Leftovers++
			weigh(found[0])
		case "blob":
			n.Blobs++
			weigh(tree.Path(line))
		case "upload":
			n.Uploads++
			weigh(filepath.Join(filepath.Dir(tree.Path(line)), "data"))
		case "tag":
			n.Tags++
		case "history":
			n.TagIndexEntries++
		case "revision":
			n.Revisions++
		case "layer":
			n.LayerLinks++
		}
	}
	return n
}

// TestSelfCheck dooms one thing after the other behind the plan's back.
func TestSelfCheck(t *testing.T) {
	for name, c := range map[string]struct {
		spec  string
		proxy bool
	}{
		"an index":          {spec: app + "C = docker e z\nI = index A C\npush app:v1 I"},
		"an alias":          {spec: app + "C = image c sha512:z\npush app:v2 C"},
		"two repositories":  {spec: app + "push other:v1 A\npush other:v2 B"},
		"an expired tag":    {spec: app + "C = image e z\npush app:old C\nproxy\nexpire app@C", proxy: true},
		"a tag's lost link": {spec: app + "damage app@A gone"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := registrytest.Build(t, ok+c.spec)
			opts := defaults()
			opts.Proxy = c.proxy
			p, err := survey(open(t, tree.V2), 4, opts)
			if err != nil {
				t.Fatal(err)
			}
			live, actions := tree.Live(), p.Actions
			for _, a := range everyAction(p.Inventory) {
				item := p.Item(a)
				letters := tree.Letters([]string{item.Path + map[bool]string{true: "/data", false: "/link"}[a.Kind == plan.Blob]})[0]
				p.Actions = append(slices.Clone(actions), a)
				var saved []plan.Saved
				for _, action := range p.Actions {
					item := p.Item(action)
					saved = append(saved, plan.Saved{Kind: item.Kind.String(), Path: item.Path, Stamp: item.Stamp})
				}
				_, err := p.Only(saved)
				checkSame(t, letters+" is needed", slices.Contains(live, letters), err != nil && strings.Contains(err.Error(), "internal error"))
			}
		})
	}
}

// everyAction removes what a tag may need, one thing each.
func everyAction(inv *inventory.Inventory) (all []plan.Action) {
	for r, repo := range inv.Repositories {
		for i := range repo.Revisions {
			all = append(all, plan.Action{Kind: plan.Revision, Repository: int32(r), At: int32(i)})
		}
		for i := range repo.Layers {
			all = append(all, plan.Action{Kind: plan.LayerLink, Repository: int32(r), At: int32(i)})
		}
	}
	for i := range inv.Blobs {
		all = append(all, plan.Action{Kind: plan.Blob, Repository: -1, At: int32(i)})
	}
	return all
}

func TestReasons(t *testing.T) {
	for _, c := range []struct{ request, want string }{
		{"", "blob orphan, directory empty, layer_link unneeded, leftover stale, revision untagged, tag_index_entry untagged, upload stale"},
		{"app", "blob orphan, directory empty, layer_link unneeded, leftover requested, repository empty, revision requested, tag requested, upload requested"},
	} {
		tree := registrytest.Build(t, varied)
		opts := defaults()
		if c.request != "" {
			opts.Requests = []plan.Request{{Repository: c.request}}
		}
		p, err := survey(open(t, tree.V2), 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range p.Actions {
			item := p.Item(a)
			got = append(got, item.Kind.String()+" "+item.Reason.String())
		}
		slices.Sort(got)
		checkSame(t, "reasons", words(c.want), slices.Compact(got))
	}
}

func TestWhatAPullFinds(t *testing.T) {
	for _, c := range []struct{ name, spec, lacks string }{
		{"a revision link that names another image", "A = image c x\nB = image d y\npush app@ B\npush app:v1 A\ndamage app@A to=B", "A"},
		{"a sound manifest that nobody understands", "A = unknown x\npush app:v1 A", ""},
	} {
		tree := registrytest.Build(t, c.spec)
		p, err := survey(open(t, tree.V2), 1, defaults())
		if err != nil {
			t.Fatal(err)
		}
		id, _ := p.Inventory.Digests.Lookup(tree.Digest("A"))
		var lacks []string
		for _, lack := range graph.PullFrom(p.Inventory, 0).Lacks(id, nil) {
			lacks = append(lacks, tree.Name(p.Inventory.Digests.Digest(lack)))
		}
		checkSame(t, c.name+" lacks", words(c.lacks), lacks)
	}
}
