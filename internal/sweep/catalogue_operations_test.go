package sweep_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/sweep"
)

func TestLock(t *testing.T) {
	t.Run("44 of two janitors one gets the lock", func(t *testing.T) {
		tree := registrytest.Build(t, ok)
		snapshot := tree.Snapshot()
		first, second := open(t, tree.V2), open(t, tree.V2)
		if err := first.Lock(); err != nil {
			t.Fatal(err)
		}
		if err := second.Lock(); !errors.Is(err, store.ErrLocked) {
			t.Errorf("the second gets %v", err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if err := second.Lock(); err != nil {
			t.Errorf("after the first has ended, the second gets %v", err)
		}
		checkSame(t, "written", snapshot, tree.Snapshot())
	})
}

func TestRoots(t *testing.T) {
	const v1 = `
		remove /docker
		file /images/0123/json {}
		dir /repositories/library/app
		file /repositories/library/app/tag_latest 0123
	`
	for _, c := range []struct{ name, spec, below, refused string }{
		{"the storage root", ok, "", ""},
		{"the v2 directory itself", ok, layout.Prefix, ""},
		{"without blobs", "remove blobs", "", ""},
		{"the docker directory above", ok, "docker", "root-wrong"},
		{"the registry directory above", ok, "docker/registry", "root-wrong"},
		{"the directory above the storage root", ok, "..", "root-wrong"},
		{"the directory of blobs", ok, layout.Prefix + "/blobs", "root-wrong"},
		{"a missing directory", ok, "elsewhere", "root-missing"},
		{"a storage root with nothing in it", "remove blobs\nremove repositories", "", "root-empty"},
		{"a registry of version 1", v1, "", "root-wrong"},
		{"a file", ok + "file /a", "a", "root-wrong"},
	} {
		t.Run("45 "+c.name, func(t *testing.T) {
			tree := registrytest.Build(t, c.spec)
			v2, err := store.Locate(filepath.Join(tree.Root, c.below))
			if c.refused != "" {
				row{refused: c.refused}.checkRefusal(t, err)
				return
			}
			checkSame(t, "root", tree.V2, v2)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEmptyRegistries(t *testing.T) {
	allow := func(o *plan.Options) { o.AllowEmpty = true }
	runRows(t, []row{
		{name: "46 repositories is absent", alone: true, spec: "blob o\nremove repositories", refused: "no-roots"},
		{name: "46 repositories is empty", alone: true, spec: "blob o", refused: "no-roots"},
		{name: "46 no repository has a root", alone: true, spec: app + `untag app:v1`, refused: "no-roots"},
		{name: "46 repositories hold uploads alone", alone: true, spec: "upload app u age=1h\nblob o", refused: "no-roots"},
		{name: "46 layer links alone", alone: true, spec: "mount app x", refused: "no-roots"},
		{name: "46 it is allowed", alone: true, sound: true, spec: app + `untag app:v1`, options: allow},
		{name: "46 an empty registry has nothing to lose", alone: true, sound: true},
		{name: "46 nothing is kept by revisions alone whose manifests are gone", alone: true, spec: `
			A = image c x
			push app@ A
			blob o
			damage blob A gone
			`, refused: "no-roots"},
		{name: "46 a pin is something to keep", alone: true, spec: app + "untag app:v1\ndamage app@A huge", doubts: "link-too-long"},
	})
}

func TestOptions(t *testing.T) {
	const sizes = `
		big = layer 1MiB
		A = image c x
		push app:v1 A
		blob big
	`
	most := func(percent float64) func(*plan.Options) {
		return func(o *plan.Options) { o.MaxDeletePercent = percent }
	}
	age := func(min, untagged time.Duration) func(*plan.Options) {
		return func(o *plan.Options) { o.MinAge, o.UntaggedAge = min, untagged }
	}
	const day = 24 * time.Hour
	runRows(t, []row{
		{name: "48 the plan removes more than is allowed", spec: sizes, options: most(50), refused: "max-delete"},
		{name: "48 the plan removes less than is allowed", spec: sizes, options: most(99.9), sound: true},
		{name: "48 nothing may be removed and nothing is", alone: true, spec: "A = image c x\npush app:v1 A", options: most(0), sound: true},

		{name: "49 a future time counts as young", alone: true, options: age(0, day), spec: app + `
			age everything 30d
			age app@B -1h
			`},
		{name: "49 a future time of a blob and a link counts as young", alone: true, options: age(day, 0),
			removed: "app revision B, app history v1 B, app layer d, blob B, blob d", spec: app + `
			age everything 30d
			age app layer y -1h
			age blob y -30d
			`},
		{name: "49 a young revision stays, with its manifest gone too, and so does all that it may need", options: age(day, 0), alone: true, spec: app + `
			age everything 30d
			age app@B 1h
			damage blob B gone
			`, doubts: "manifest-missing"},
		{name: "49 an untagged revision is old enough", alone: true, sound: true, options: age(0, day), spec: app + `age everything 30d`},

		{name: "51 uploads go a week after their newest part", sound: true, spec: `
			upload app u age=167h
			upload app v age=169h
			upload app w age=-1h
			`},
		{name: "51 an upload that says it began lately stays", spec: `
			upload app u age=30d startedat=2026-03-01T11:00:00Z
			`},
		{name: "51 an upload that says it began long ago and was written to stays", spec: `
			upload app u age=1h startedat=2020-01-01T00:00:00Z
			`},
		{name: "51 an unparsable beginning: the time of the files counts", sound: true, spec: `
			upload app u age=1h startedat=yesterday
			upload app v age=30d startedat=yesterday
			upload app w age=30d startedat=none
			cancel app x age=30d
			`},
		{name: "51 uploads are left alone under a registry", spec: `upload app u age=30d`,
			options: func(o *plan.Options) { o.KeepUploads = true }},
		{name: "51 what does not belong in an upload keeps it", spec: "upload app u age=30d\nfile {app upload u}/notes\nage app upload u 30d", warnings: "upload-odd"},
	})
}

func TestProxy(t *testing.T) {
	proxy := func(o *plan.Options) { o.Proxy = true }
	runRows(t, []row{
		{name: "53 an expired tag of a pull-through cache is no root", sound: true, options: proxy, spec: app + `
			C = image e z
			push app:old C
			proxy
			expire app@C
			`},
		{name: "53 gaps of a pull-through cache are no damage", options: proxy, removed: appGarbage, spec: app + `
			C = image c ~z
			I = index A ~C
			push app:multi I
			proxy
			damage blob c gone
			damage app layer x gone
			`},
		{name: "53 an expired tag whose blob is gone too", options: proxy, removed: also(appGarbage, "app layer e, app layer z, blob e, blob z"), spec: app + `
			C = image e z
			push app:old C
			proxy
			expire app@C
			damage blob C gone
			`},
		{name: "53 the same gap in an ordinary registry is reported", doubts: "revision-without-link", removed: appGarbage, spec: app + `
			C = image e z
			push app:old C
			damage app@C gone
			`},
	})
}

func TestInterrupted(t *testing.T) {
	t.Run("40 an interrupted run ends after the step in hand", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		root := open(t, tree.V2)
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		result := sweep.Execute(ctx, root, p, sweep.Options{Jobs: 1, Run: "test",
			Done: func(plan.Item, sweep.Status, error) { cancel() }})
		if !result.Interrupted || result.Stopped != nil || result.Removed.Things() != 1 {
			t.Errorf("interrupted %v, stopped %v, %d things removed", result.Interrupted, result.Stopped, result.Removed.Things())
		}
		sweepAll(t, tree)
		checkSame(t, "left after a rerun", tree.Live(), tree.Contents())
	})
	t.Run("40 an interrupted scan changes nothing", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := inventory.Scan(ctx, open(t, tree.V2), inventory.Options{Jobs: 4}); !errors.Is(err, context.Canceled) {
			t.Errorf("the scan ends with %v", err)
		}
	})
}
