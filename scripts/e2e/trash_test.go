package e2e

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// TestTrash is a sweep that somebody takes back: the registry serves the same
// before it, between and afterwards, and the tree is what it was.
func TestTrash(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		w := newWorld(t, d)
		alive, catalog := survey(w.client, w.kept...), w.client.catalog()
		w.stop()
		w.age()

		before, files := readTree(t, w.registry), takeSnapshot(t, w.root).files()
		swept := w.sweep("--trash").requireExit(t, exitDone)
		requireEqual(t, "totals planned and moved to the trash", swept.report.Trashed, swept.report.Planned)
		requireNothing(t, "removed by a sweep with the trash", swept.report.Removed)
		requireOnlyLivingRemains(t, w, alive, before, readTree(t, w.registry))
		w.start()
		requireServedAsBefore(t, w, alive)
		w.stop()

		restored := w.restore(trashOf(t, swept)).requireExit(t, exitDone)
		if len(restored.report.Failures)+len(restored.report.Warnings) > 0 {
			t.Errorf("the restoring: %+v %+v", restored.report.Failures, restored.report.Warnings)
		}
		requireEqual(t, "files before, and after the restoring", takeSnapshot(t, w.root).files(), files)
		w.start()
		requireWhole(t, w, alive, catalog)
		for _, p := range w.gone(alive) { // garbage as before, and whole
			noHoldings().followIfThere(w.client, p)
		}
	})
}

// followIfThere pulls an image that no tag leads to, unless the registry had
// deleted it before: then it is as gone as it was.
func (h holdings) followIfThere(c client, p placed) {
	c.t.Helper()
	if c.get(p.repo+"/manifests/"+p.image.digest()).status == http.StatusOK && len(p.image.children) == 0 {
		h.follow(c, p.repo, p.image.digest())
	}
}

// TestTrashOfTags removes tags and repositories by name, and takes that back.
func TestTrashOfTags(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		w := newWorld(t, d)
		alive, catalog := survey(w.client, w.kept...), w.client.catalog()
		w.stop()

		names := []string{"app", "app-oci:moving", "multi/docker:latest", "multi/nested", "multi/shared:amd64", "sha512:latest", "cache/image", "charts", "team/svc:latest"}
		files := takeSnapshot(t, w.root).files()
		removed := w.moveToTrash(names...).requireExit(t, exitDone)
		w.start()
		for name := range alive.tags {
			repo, tag, _ := strings.Cut(name, ":")
			want := http.StatusOK
			if isNamed(names, repo, tag) {
				want = http.StatusNotFound
			}
			w.client.must(want, http.MethodGet, repo+"/manifests/"+tag, "", nil)
		}
		survey(w.client) // all that is left can be pulled
		w.stop()

		w.restore(trashOf(t, removed)).requireExit(t, exitDone)
		requireEqual(t, "files before, and after the restoring", takeSnapshot(t, w.root).files(), files)
		w.start()
		requireWhole(t, w, alive, catalog)
	})
}

// requireWhole: the registry is what it was before anything was removed.
func requireWhole(t *testing.T, w *world, alive holdings, catalog []string) {
	t.Helper()
	requireEqual(t, "the catalog", w.client.catalog(), catalog)
	survey(w.client, w.kept...).requireSame(t, alive)
	for name, digest := range alive.tags {
		repo, tag, _ := strings.Cut(name, ":")
		pullWithTools(w.client, repo, tag, w.image(digest))
	}
}

// TestTrashUsedMeanwhile has the registry take pushes between the removal and the
// restoring: what is newer stays, the rest is back, and all of it can be pulled.
func TestTrashUsedMeanwhile(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		w := newWorld(t, d)
		alive := survey(w.client, w.kept...)
		w.stop()
		removed := w.moveToTrash("app", "app-oci:latest", "multi/oci:latest", "sha512:latest", "signed:latest").requireExit(t, exitDone)

		w.start()
		base := layer("base")
		newer := map[string]string{
			"app:latest":       w.put(bySkopeo, "app", "latest", docker.image("newest", base, layer("newest"))).digest(),
			"multi/oci:latest": w.put(byCrane, "multi/oci", "latest", oci.multiArch("newest", base, layer("newest"))).digest(),
			"app:new":          w.put(byCrane, "app", "new", oci.image("new", base, layer("new tag"))).digest(),
		}
		for _, name := range []string{"app:1.0", "sha512:latest"} { // the same again
			repo, tag, _ := strings.Cut(name, ":")
			w.put(byHTTP, repo, tag, w.image(alive.tags[name]))
		}
		w.stop()

		restored := w.restore(trashOf(t, removed)).requireExit(t, exitDoubt)
		var conflicts []string
		for _, f := range restored.report.Failures {
			if f.Code != "conflict" || !strings.HasSuffix(f.Path, "/tags/latest") {
				t.Errorf("not restored: %+v", f)
			}
			conflicts = append(conflicts, f.Path)
		}
		if len(conflicts) != 2 {
			t.Errorf("conflicts: %q", conflicts)
		}
		want := maps.Clone(alive.tags)
		maps.Copy(want, newer)
		w.start()
		both := survey(w.client, w.kept...)
		requireEqual(t, "tags served", both.tags, want)
		requireWhole(t, w, both, w.client.catalog())
		w.stop()
		w.janitor("trash", "empty", "--yes", "--json").requireExit(t, exitDone)
		w.start()
		requireEqual(t, "tags served after the trash is emptied", survey(w.client, w.kept...).tags, want)
	})
}

// moveToTrash moves to the trash what is named.
func (r *registry) moveToTrash(names ...string) outcome {
	r.t.Helper()
	return r.janitor(append([]string{"rm", "--trash", "--yes", "--json", "-v"}, names...)...)
}

func (r *registry) restore(id string) outcome {
	r.t.Helper()
	return r.janitor("trash", "restore", "--yes", "--json", "-v", id)
}

// trashOf is the ID under which a run's things lie in the trash.
func trashOf(t *testing.T, o outcome) string {
	t.Helper()
	var document struct {
		TrashID string `json:"trash_id"`
	}
	o.decode(t, &document)
	if document.TrashID == "" {
		t.Fatalf("%s does not say where in the trash", o.name())
	}
	return document.TrashID
}

func requireNothing(t *testing.T, what string, counts map[string]int64) {
	t.Helper()
	for kind, n := range counts {
		if n != 0 {
			t.Errorf("%d %s %s", n, kind, what)
		}
	}
}

func isNamed(names []string, repo, tag string) bool {
	for _, name := range names {
		if name == repo || name == repo+":"+tag {
			return true
		}
	}
	return false
}
