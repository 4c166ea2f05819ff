package e2e

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const keepLatest = `version: 1
rules:
- name: latest
  keep_last: 1
`

// TestWhatIsAboutAnImageGoesWithIt: its signatures, its referrers and the list of
// them; those of an image that stays still resolve. What is about one that
// somebody deleted before, or gave the tag of to another, is mentioned, and stays
// until its going is asked for: no policy has judged that image.
func TestWhatIsAboutAnImageGoesWithIt(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		j := newJudged(t, d, keepLatest)
		deleted := j.put(bySkopeo, "app", "v0", oci.image("deleted", layer("deleted")))
		j.about("app", deleted, "keep -: orphaned")
		j.client.delete("app", deleted.digest())
		overwritten := j.put(byCrane, "app", "v1", oci.image("overwritten", layer("overwritten")))
		j.about("app", overwritten, "keep -: orphaned")
		orphans := slices.Sorted(maps.Keys(j.verdicts))
		dropped := j.tag(byCrane, "app", "v1", oci.image("dropped", layer("dropped")), ago(2*day), "drop latest: unkept")
		j.about("app", dropped, "drop -: attached")
		kept := j.tag(byCrane, "app", "v2", oci.image("kept", layer("kept")), ago(1*day), "keep latest: last min")
		j.about("app", kept, "keep -: attached")
		alive := j.staying()
		o, explained := j.explain(j.policy)
		requireExplained(t, j, explained)
		requireWarnings(t, o.requireExit(t, exitDone), "orphaned-referrers", "registry-running")

		j.stop()
		swept := j.sweep("-p", j.policy).requireExit(t, exitDone)
		requireList(t, "tags swept", tagsOf(swept.report), droppedBy(j.verdicts))
		requireWarnings(t, swept, "orphaned-referrers", "restart-registry")
		requireNothingLeftToSweep(t, j.registry, "-p", j.policy)

		j.start()
		requireServedAsBefore(t, j.world, alive)
		j.requireGone("app", overwritten.digest(), dropped.digest(), referrer("vnd.example.sbom", dropped).digest())
		for _, subject := range []image{kept, deleted, overwritten} {
			requireReferrersListed(t, j.client, "app", subject)
		}

		j.stop()
		swept = j.sweep("-p", j.policy, "--orphaned-referrers").requireExit(t, exitDone)
		requireList(t, "tags swept as orphaned", tagsOf(swept.report), orphans)
		requireWarnings(t, swept, "restart-registry")

		j.start()
		for _, subject := range []image{deleted, overwritten} {
			j.requireGone("app", referrer("vnd.example.sbom", subject).digest(), cosignSignature(subject).digest())
		}
		requireList(t, "tags left", j.client.tags("app"), sorted("v2", cosignTag(kept), fallbackTag(kept), cosignTag(referrer("vnd.example.sbom", kept))))
		requireReferrersListed(t, j.client, "app", kept)
		requireList(t, "blobs on disk", readTree(t, j.registry).blobs, survey(j.client).onDisk())
	})
}

// requireReferrersListed finds an image's SBOM as clients do, and pulls it.
func requireReferrersListed(t *testing.T, c client, repo string, subject image) {
	t.Helper()
	sbom := referrer("vnd.example.sbom", subject)
	list := c.must(http.StatusOK, http.MethodGet, repo+"/manifests/"+fallbackTag(subject), "", nil)
	if !strings.Contains(string(list.body), sbom.digest()) {
		t.Errorf("the referrers of %s are %s", subject.digest(), list.body)
	}
	noHoldings().follow(c, repo, sbom.digest())
}

func sorted(list ...string) []string {
	slices.Sort(list)
	return list
}
