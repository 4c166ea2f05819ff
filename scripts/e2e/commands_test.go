package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestRemoveTag: one tag goes; a sibling of the same digest, and what it needs,
// stays; what only the removed tag kept goes with it.
func TestRemoveTag(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		siblings := oci.image("siblings", base, layer("siblings"))
		alone := docker.image("alone", base, layer("alone"))
		r.client.push("app", "1.0", siblings)
		r.client.push("app", "latest", siblings)
		r.client.push("app", "old", alone)
		alive := survey(r.client)
		r.stop()

		for _, tag := range []string{"app:1.0", "app:old"} {
			before := readTree(t, r)
			removed := r.remove(tag).requireExit(t, exitDone)
			requireHonestTotals(t, removed.report, before, readTree(t, r))
		}

		r.start()
		delete(alive.tags, "app:1.0")
		delete(alive.tags, "app:old")
		left := survey(r.client)
		requireEqual(t, "tags served", left.tags, alive.tags)
		requireList(t, "blobs on disk", readTree(t, r).blobs, left.onDisk())
		if status := r.client.get("app/manifests/" + alone.digest()).status; status != http.StatusNotFound {
			t.Errorf("the removed image answers %d", status)
		}
		pullWithTools(r.client, "app", "latest", siblings)
	})
}

// TestRemoveRepository: the repository goes, from the catalog too; one nested
// below it, with layers of its own and of its parent's, stays.
func TestRemoveRepository(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		service := oci.multiArch("service", base, layer("service"))
		r.client.push("team", "latest", oci.image("team", base, layer("team")))
		r.client.push("team", "multi", docker.multiArch("team", base))
		r.client.push("team/svc", "latest", service)
		r.stop()

		before := readTree(t, r)
		removed := r.remove("team").requireExit(t, exitDone)
		requireHonestTotals(t, removed.report, before, readTree(t, r))

		r.start()
		requireList(t, "catalog", r.client.catalog(), []string{"team/svc"})
		left := survey(r.client)
		requireEqual(t, "tags served", left.tags, map[string]string{"team/svc:latest": service.digest()})
		requireList(t, "blobs on disk", readTree(t, r).blobs, left.onDisk())
		pullWithTools(r.client, "team/svc", "latest", service)
		r.client.push("team", "latest", oci.image("team", base, layer("team")))
		survey(r.client)
	})
}

// TestRemoveWhatIsNotThere: a name with a mistake in it removes nothing.
func TestRemoveWhatIsNotThere(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		pushGarbage(r)
		r.stop()
		tree := takeSnapshot(t, r.root)
		for _, name := range []string{"app:typo", "app:", "typo", ""} {
			r.remove(name).requireExit(t, exitUsage)
			tree.requireUnchanged(t, r.root)
		}
	})
}

// TestList shows the tags that the registry lists.
func TestList(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		i := oci.multiArch("multi", layer("multi"))
		byCrane(r.client, "team/app", "v1", i)
		byCrane(r.client, "team/app", "v2", oci.image("single", layer("single")))
		byCrane(r.client, "other", "latest", oci.image("other", layer("other")))

		all := r.janitor("ls").requireExit(t, exitDone)
		requireMentions(t, all, "team/app", "other")
		one := r.janitor("ls", "team/app", "--digests").requireExit(t, exitDone)
		requireMentions(t, one, "v1", "v2", i.digest(), "index(2)")
	})
}

func (r *registry) remove(reference string) outcome {
	r.t.Helper()
	return r.janitor("rm", reference, "--yes", "--json", "-v")
}

func requireMentions(t *testing.T, o outcome, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(o.stdout, word) {
			t.Errorf("%s does not mention %q:\n%s", o.name(), word, o.stdout)
		}
	}
}
