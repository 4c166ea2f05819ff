package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSweep is the life of a registry around a sweep: used, stopped, swept,
// started, pulled from and pushed to again.
func TestSweep(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		w := newWorld(t, d)
		alive := survey(w.client, w.kept...)
		w.stop()
		w.age()

		dry := requireDryRunWritesNothing(t, w.registry)
		before := readTree(t, w.registry)
		swept := w.sweep().requireExit(t, exitDone)
		after := readTree(t, w.registry)

		requireDocumentedKeys(t, swept)
		requireDryRunForetold(t, dry.report, swept.report)
		requireOnlyLivingRemains(t, w, alive, before, after)
		requireHonestTotals(t, swept.report, before, after)
		requirePathsPrinted(t, w.registry, dry, swept)
		requireNothingLeftToSweep(t, w.registry)

		w.start()
		requireServedAsBefore(t, w, alive)
		requireDeletedImagesReturn(t, w, alive)
	})
}

func requireDryRunWritesNothing(t *testing.T, r *registry, args ...string) outcome {
	t.Helper()
	tree := takeSnapshot(t, r.root)
	dry := r.janitor(append([]string{"sweep", "-n", "--json", "-v"}, args...)...).requireExit(t, exitDone)
	tree.requireUnchanged(t, r.root)
	if !dry.report.DryRun {
		t.Error("a dry run does not say that it is one")
	}
	for kind, n := range dry.report.Removed {
		if n != 0 {
			t.Errorf("a dry run removed %d %s", n, kind)
		}
	}
	return dry
}

// requireDryRunForetold: what a dry run plans is what a sweep removes.
func requireDryRunForetold(t *testing.T, dry, swept report) {
	t.Helper()
	requireEqual(t, "totals found by the dry run and by the sweep", swept.Found, dry.Found)
	requireEqual(t, "totals planned by the dry run and removed by the sweep", swept.Removed, dry.Planned)
	requireEqual(t, "totals planned and removed by the sweep", swept.Removed, swept.Planned)
	requireList(t, "paths planned and removed", statuses(t, swept, "removed"), statuses(t, dry, "planned"))
	if len(swept.Doubts)+len(swept.Failures) > 0 {
		t.Errorf("doubts or failures in an undamaged tree: %+v %+v", swept.Doubts, swept.Failures)
	}
}

// statuses are the actions' sorted kinds and paths; all must have the status.
func statuses(t *testing.T, r report, status string) []string {
	t.Helper()
	var list []string
	for _, a := range r.Actions {
		if a.Status != status {
			t.Errorf("%s %s is %s instead of %s", a.Kind, a.Path, a.Status, status)
		}
		list = append(list, a.Kind+" "+a.Path+" "+a.Reason)
	}
	slices.Sort(list)
	return list
}

// requireOnlyLivingRemains: exactly what the registry handed out before is left,
// no more and no less.
func requireOnlyLivingRemains(t *testing.T, w *world, alive holdings, before, after tree) {
	t.Helper()
	requireList(t, "blobs left", after.blobs, alive.onDisk())
	requireList(t, "revisions left", after.revisions, alive.revisions())
	requireList(t, "layer links left", after.layerLinks, alive.layerLinks())
	requireList(t, "tags left", after.tags, slices.Sorted(maps.Keys(alive.tags)))
	if ghosts := without(after.history, alive.revisions()); len(ghosts) > 0 {
		t.Errorf("tags' histories still name %s", ghosts)
	}
	for _, repo := range w.emptied {
		if slices.Contains(after.repositories, repo) {
			t.Errorf("repository %s is still there, with nothing in it", repo)
		}
	}
	expired := func(upload string) bool { return slices.Contains(w.expired, filepath.Dir(upload)) }
	requireList(t, "uploads left", after.uploads, slices.DeleteFunc(slices.Clone(before.uploads), expired))
	// Without these two a registry or its collector would take a repository that
	// holds revisions for none.
	for _, dir := range after.emptyDirs {
		if name := filepath.Base(dir); name != "_layers" && name != "tags" {
			t.Errorf("empty directory left: %s", dir)
		}
	}
}

// requireHonestTotals: the counts are those of the tree, before and after, and
// the bytes said to be reclaimed are those that the file system gave back.
func requireHonestTotals(t *testing.T, r report, before, after tree) {
	t.Helper()
	for kind, lists := range map[string][2][]string{
		"blobs":             {before.blobs, after.blobs},
		"revisions":         {before.revisions, after.revisions},
		"layer_links":       {before.layerLinks, after.layerLinks},
		"tag_index_entries": {before.history, after.history},
		"tags":              {before.tags, after.tags},
		"uploads":           {before.uploads, after.uploads},
		"repositories":      {before.repositories, after.repositories},
	} {
		if found := int64(len(lists[0])); r.Found[kind] != found {
			t.Errorf("found %d %s, reported %d", found, kind, r.Found[kind])
		}
		if removed := int64(len(lists[0]) - len(lists[1])); r.Removed[kind] != removed {
			t.Errorf("removed %d %s, reported %d", removed, kind, r.Removed[kind])
		}
	}
	requireHonestBytes(t, r, before, after)
}

func requireHonestBytes(t *testing.T, r report, before, after tree) {
	t.Helper()
	if found := before.dataBytes(); r.Found["disk_bytes"] != found {
		t.Errorf("%d bytes on disk, reported %d", found, r.Found["disk_bytes"])
	}
	freed := before.dataBytes() - after.dataBytes()
	if r.Removed["disk_bytes"] != freed {
		t.Errorf("%d bytes freed on disk, reported %d", freed, r.Removed["disk_bytes"])
	}
	var sum int64
	for _, repo := range r.Repositories {
		sum += repo.ReclaimedBytes
	}
	if sum != freed {
		t.Errorf("the repositories' reclaimed bytes add up to %d instead of %d", sum, freed)
	}
}

// requirePathsPrinted: with -v every path is a line of its own, with the path last.
func requirePathsPrinted(t *testing.T, r *registry, dry, swept outcome) {
	t.Helper()
	for _, a := range swept.report.actionsOf("blob") {
		for stderr, verb := range map[string]string{dry.stderr: "DRY_RUN: would have deleted ", swept.stderr: "Deleting "} {
			if path := r.v2(a.Path); !strings.Contains(stderr, verb+path) {
				t.Fatalf("no line %q in\n%s", verb+path, tail(stderr))
			}
		}
	}
}

func requireNothingLeftToSweep(t *testing.T, r *registry, args ...string) {
	t.Helper()
	tree := takeSnapshot(t, r.root)
	again := r.sweep(args...).requireExit(t, exitDone)
	for kind, n := range again.report.Removed {
		if n != 0 {
			t.Errorf("a second sweep removed %d %s", n, kind)
		}
	}
	tree.requireUnchanged(t, r.root)
}

// requireServedAsBefore pulls everything, by HTTP and with the tools.
func requireServedAsBefore(t *testing.T, w *world, alive holdings) {
	t.Helper()
	survey(w.client, w.kept...).requireSame(t, alive)
	for name, digest := range alive.tags {
		repo, tag, _ := strings.Cut(name, ":")
		pullWithTools(w.client, repo, tag, w.image(digest))
	}
	for _, repo := range w.client.catalog() {
		if slices.Contains(w.emptied, repo) {
			t.Errorf("the catalog still lists %s", repo)
		}
	}
}

// requireDeletedImagesReturn: nothing that was swept stands in the way of the
// same image being pushed again.
func requireDeletedImagesReturn(t *testing.T, w *world, alive holdings) {
	t.Helper()
	gone := w.gone(alive)
	if len(gone) == 0 {
		t.Fatal("the sweep had no image to delete")
	}
	for n, p := range gone {
		tag := fmt.Sprintf("again-%d", n)
		p.push(w.client, p.repo, tag, p.image)
		pullWithTools(w.client, p.repo, tag, p.image)
	}
	returned := survey(w.client)
	for n, p := range gone {
		if got := returned.tags[fmt.Sprintf("%s:again-%d", p.repo, n)]; got != p.image.digest() {
			t.Errorf("%s, pushed again, is %s instead of %s", p.repo, got, p.image.digest())
		}
	}
}

// TestDeletedChildOfATaggedIndex: deleting one platform's manifest through the
// API unlinks it and leaves its blobs. What a tagged index lists is no garbage:
// the manifest alone, put back, makes the image whole.
func TestDeletedChildOfATaggedIndex(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		i := oci.multiArch("multi", layer("multi"))
		r.client.push("multi", "latest", i)
		alive := survey(r.client)
		child := i.children[1]
		r.client.delete("multi", child.digest())
		r.stop()

		r.sweep().requireExit(t, exitDone)

		r.start()
		r.client.must(http.StatusCreated, http.MethodPut, "multi/manifests/"+child.digest(), child.manifest.mediaType, child.manifest.data)
		survey(r.client).requireSame(t, alive)
		pullWithTools(r.client, "multi", "latest", i)
	})
}
