package e2e

import (
	"net/http"
	"os"
	"slices"
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
		byCrane(r.client, "app", "1.0", siblings)
		r.client.retag("app", "1.0", "latest")
		bySkopeo(r.client, "app", "old", alone)

		r.requireRemoves([]string{"app:1.0"}, "app:1.0")
		r.requireRemoves([]string{"app:old"}, "app:old")
		r.requireGone("app", alone.digest(), alone.blobs[2].digest())
		pullWithTools(r.client, "app", "latest", siblings)
		r.requireReturns(bySkopeo, "app", "old", alone)
	})
}

// TestRemoveMultiArchImage: an index takes the platforms along that no other
// index lists and no tag names.
func TestRemoveMultiArchImage(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		platform := func(arch, name string) image { return oci.imageFor(arch, name, base, layer(name)) }
		listed, tagged, alone := platform("amd64", "listed"), platform("arm64", "tagged"), platform("s390x", "alone")
		multi, other := oci.index(listed, tagged, alone), oci.index(listed, platform("arm64", "other"))
		byCrane(r.client, "multi", "latest", multi)
		byCrane(r.client, "multi", "other", other)
		byCrane(r.client, "multi", "arm64", tagged)

		r.requireRemoves([]string{"multi:latest"}, "multi:latest")
		r.requireGone("multi", multi.digest(), alone.digest(), alone.blobs[2].digest())
		pullWithTools(r.client, "multi", "other", other)
		pullWithTools(r.client, "multi", "arm64", tagged)
		r.requireReturns(bySkopeo, "multi", "latest", multi)
	})
}

// TestRemoveRepository: the repository goes, from the catalog too; those nested
// below it, with layers of their own and of their parent's, stay, and so does a
// parent without its child.
func TestRemoveRepository(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		latest, multi := oci.image("team", base, layer("team")), docker.multiArch("team", base)
		service, deep := oci.multiArch("service", base, layer("service")), oci.image("deep", base, layer("team"))
		r.client.push("team", "latest", latest)
		r.client.push("team", "multi", multi)
		r.client.push("team/svc", "latest", service)
		r.client.push("team/svc/deep", "latest", deep)

		r.requireRemoves([]string{"team:latest", "team:multi"}, "team")
		requireList(t, "catalog", r.client.catalog(), []string{"team/svc", "team/svc/deep"})
		r.requireNoTags("team")
		r.requireGone("team", latest.digest(), multi.digest(), latest.blobs[2].digest())
		pullWithTools(r.client, "team/svc", "latest", service)
		pullWithTools(r.client, "team/svc/deep", "latest", deep)
		r.requireReturns(byCrane, "team", "latest", latest)
		r.requireReturns(bySkopeo, "team", "multi", multi)

		r.requireRemoves([]string{"team/svc:latest"}, "team/svc")
		requireList(t, "catalog", r.client.catalog(), []string{"team", "team/svc/deep"})
		r.requireNoTags("team/svc")
		r.requireReturns(bySkopeo, "team/svc", "latest", service)
	})
}

// TestRemoveByGlob: the tags of closed pull requests go, with the repository that
// held nothing else; a star ends at a slash.
func TestRemoveByGlob(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		push := func(repo, tag string) image {
			i := oci.image(repo+tag, base, layer(repo+tag))
			r.client.push(repo, tag, i)
			return i
		}
		closed := push("ci/api", "pr-1")
		push("ci/api", "pr-2")
		push("ci/api", "main")
		push("ci/web", "pr-1")
		r.client.retag("ci/web", "pr-1", "release")
		push("ci/web/edge", "pr-1")
		push("ci/once", "pr-7")
		push("ci", "pr-1")
		push("other", "pr-1")

		r.requireRemoves([]string{"ci/api:pr-1", "ci/api:pr-2", "ci/web:pr-1", "ci/once:pr-7"}, "ci/*:pr-*")
		requireList(t, "catalog", r.client.catalog(), []string{"ci", "ci/api", "ci/web", "ci/web/edge", "other"})
		r.requireNoTags("ci/once")
		r.requireGone("ci/api", closed.digest())
		r.requireReturns(bySkopeo, "ci/api", "pr-1", closed)
	})
}

// TestRemoveBrokenTag: a tag that a kill or a full disk has broken holds back
// what its repository could give; removing it is the remedy.
func TestRemoveBrokenTag(t *testing.T) {
	breaks := map[string]struct {
		do     func(t *testing.T, current string)
		status int
	}{
		"an empty link": {func(t *testing.T, current string) { truncate(t, current+"/link", 0) }, http.StatusInternalServerError},
		"no current":    {func(t *testing.T, current string) { must(os.RemoveAll(current)) }, http.StatusNotFound},
	}
	eachDistribution(t, func(t *testing.T, d distribution) {
		for what, broken := range breaks {
			t.Run(what, func(t *testing.T) {
				r := startedRegistry(t, d)
				base := layer("base")
				lost := docker.image("lost", base, layer("lost"))
				r.client.push("hurt", "broken", lost)
				r.client.push("hurt", "latest", docker.image("untagged", base, layer("untagged")))
				r.client.push("hurt", "latest", docker.image("latest", base, layer("latest")))
				r.stop()
				broken.do(t, r.repository("hurt", "_manifests/tags/broken/current"))

				r.sweep().requireExit(t, exitDoubt)
				r.start()
				requireList(t, "tags", r.client.tags("hurt"), []string{"broken", "latest"})
				if status := r.client.get("hurt/manifests/broken").status; status != broken.status {
					t.Errorf("the broken tag answers %d instead of %d", status, broken.status)
				}
				r.stop()

				r.remove("hurt:broken").requireExit(t, exitDone)
				r.sweep().requireExit(t, exitDone)
				r.start()
				requireList(t, "tags", r.client.tags("hurt"), []string{"latest"})
				requireList(t, "blobs on disk", readTree(t, r).blobs, survey(r.client).onDisk())
				r.requireGone("hurt", lost.digest(), lost.blobs[2].digest())
				r.requireReturns(bySkopeo, "hurt", "broken", lost)
			})
		}
	})
}

// TestRemoveDigest: an untagged revision goes by its digest; one that a tag or an
// index needs is refused, and both are named.
func TestRemoveDigest(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		untagged, multi := oci.image("untagged", base, layer("untagged")), oci.multiArch("multi", base, layer("multi"))
		r.client.push("app", untagged.digest(), untagged)
		r.client.push("app", "latest", multi)
		r.stop()
		tree := takeSnapshot(t, r.root)
		for _, needed := range []string{multi.digest(), multi.children[0].digest()} {
			refused := r.remove("app@"+untagged.digest(), "app@"+needed).requireExit(t, exitRefused)
			if said := refused.report.Refused; said == nil || !strings.Contains(said.Message, "app") || !strings.Contains(said.Message, needed) {
				t.Errorf("the refusal does not name what is needed: %+v", said)
			}
			tree.requireUnchanged(t, r.root)
		}
		r.start()
		r.requireRemoves(nil, "app@"+untagged.digest())
		r.requireGone("app", untagged.digest(), untagged.blobs[2].digest())
		r.requireReturns(byCrane, "app", "back", untagged)
	})
}

// TestRemoveWhatIsNotThere: a name with a mistake in it removes nothing.
func TestRemoveWhatIsNotThere(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		pushGarbage(r)
		r.stop()
		tree := takeSnapshot(t, r.root)
		for _, name := range []string{"app:typo", "app:", "typo", "", "ap*:typo-*", "typo/*"} {
			r.remove("app:latest", name).requireExit(t, exitUsage)
			tree.requireUnchanged(t, r.root)
		}
	})
}

func (r *registry) remove(references ...string) outcome {
	r.t.Helper()
	return r.janitor(append(append([]string{"rm"}, references...), "--yes", "--json", "-v")...)
}

// requireRemoves takes a running registry that holds no garbage out of service,
// removes what the references name, and serves the rest. Fails unless those tags
// are gone, and they alone; unless all others pull; and unless the disk holds
// what these need and nothing else.
func (r *registry) requireRemoves(tags []string, references ...string) {
	r.t.Helper()
	stays := noHoldings()
	for _, repo := range r.client.catalog() {
		for _, tag := range r.client.tags(repo) {
			if name := repo + ":" + tag; !slices.Contains(tags, name) {
				stays.tags[name] = stays.follow(r.client, repo, tag)
			}
		}
	}
	r.stop()
	before := readTree(r.t, r)
	removed := r.remove(references...).requireExit(r.t, exitDone)
	after := readTree(r.t, r)
	requireHonestTotals(r.t, removed.report, before, after)
	requireList(r.t, "tags on disk", after.tags, without(before.tags, tags))
	requireList(r.t, "revisions on disk", after.revisions, stays.revisions())
	requireList(r.t, "layer links on disk", after.layerLinks, stays.layerLinks())
	requireList(r.t, "blobs on disk", after.blobs, stays.onDisk())

	r.start()
	survey(r.client).requireSame(r.t, stays)
}

// requireGone: a registry knows nothing of these manifests, configs and layers.
func (r *registry) requireGone(repo string, digests ...string) {
	r.t.Helper()
	for _, digest := range digests {
		for _, kind := range []string{"manifests", "blobs"} {
			if status := r.client.get(repo + "/" + kind + "/" + digest).status; status != http.StatusNotFound {
				r.t.Errorf("%s/%s/%s answers %d after its removal", repo, kind, digest, status)
			}
		}
	}
}

// requireNoTags: a registry does not know the repository.
func (r *registry) requireNoTags(repo string) {
	r.t.Helper()
	if status := r.client.get(repo + "/tags/list").status; status != http.StatusNotFound {
		r.t.Errorf("the tags of %s answer %d after its removal", repo, status)
	}
}

// requireReturns: what was removed can be pushed again, and pulled.
func (r *registry) requireReturns(push pusher, repo, tag string, i image) {
	r.t.Helper()
	push(r.client, repo, tag, i)
	if got := noHoldings().follow(r.client, repo, tag); got != i.digest() {
		r.t.Errorf("%s:%s, pushed again, is %s instead of %s", repo, tag, got, i.digest())
	}
	pullWithTools(r.client, repo, tag, i)
}
