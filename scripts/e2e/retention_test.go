package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const everyRule = `version: 1
rules:
- name: branches
  repositories: ["team/*"]
  tags: ["pr-*"]
  protect: ["pr-demo*"]
  keep_last: 2
  keep_within: 7d
- name: nightly
  repositories: ["team/**"]
  tags: ["nightly-*"]
  keep_daily: 2
  keep_weekly: 2
  keep_monthly: 2
- name: releases
  repositories: [lib]
  protect: [latest]
  order: semver
  keep_last: 2
- name: built
  repositories: [built]
  age: created
  keep_last: 1
  keep_within: 30d
- name: scratch
  repositories: ["scratch/**"]
  keep_within: 1d
  keep_min: 0
- name: least
  repositories: ["least/*"]
  keep_within: 1d
- name: signed
  repositories: [signed]
  keep_last: 1
`

// TestRetention is a registry under a policy: what the policy is said to do is
// what the sweep does, and what the registry answers afterwards.
func TestRetention(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		j := newJudged(t, d, everyRule)
		j.branches()
		j.nightlies()
		j.releases()
		j.builtImages()
		j.emptiedRepositories()
		j.lastOnes()
		j.signedTags()
		alive := j.staying()

		dry := requireExplainedBesideARegistry(t, j)
		j.stop()
		before := readTree(t, j.registry)
		swept := j.sweep("-p", j.policy).requireExit(t, exitDone)
		after := readTree(t, j.registry)

		requireWarnings(t, swept, "no-version", "restart-registry")
		requireDryRunForetold(t, dry.report, swept.report)
		requireList(t, "tags swept", tagsOf(swept.report), droppedBy(j.verdicts))
		for _, a := range swept.report.actionsOf("tag") {
			if a.Reason != "policy" {
				t.Errorf("%s:%s goes as %s", a.Repository, a.Tag, a.Reason)
			}
		}
		requireOnlyLivingRemains(t, j.world, alive, before, after)
		requireHonestTotals(t, swept.report, before, after)
		requireNothingLeftToSweep(t, j.registry, "-p", j.policy)

		j.start()
		requireCatalogOf(t, j.registry, alive)
		requireServedAsBefore(t, j.world, alive)
		for _, name := range droppedBy(j.verdicts) {
			repo, tag, _ := strings.Cut(name, ":")
			j.client.must(http.StatusNotFound, http.MethodGet, repo+"/manifests/"+tag, "", nil)
		}
		for _, p := range j.gone(alive) {
			j.requireGone(p.repo, p.image.digest())
		}
		requireDeletedImagesReturn(t, j.world, alive)
	})
}

// requireExplainedBesideARegistry: neither a live registry nor another run keeps
// anybody from looking, and looking changes nothing.
func requireExplainedBesideARegistry(t *testing.T, j *judged) (dry outcome) {
	t.Helper()
	defer j.lock()()
	tree := takeSnapshot(t, j.root)
	o, explained := j.explain(j.policy)
	o.requireExit(t, exitDone)
	requireWarnings(t, o, "no-version", "registry-running")
	requireExplained(t, j, explained)
	tree.requireUnchanged(t, j.root)

	dry = requireDryRunWritesNothing(t, j.registry, "-p", j.policy)
	requireWarnings(t, dry, "no-version", "registry-running")
	requireList(t, "tags that a dry run would sweep", tagsOf(dry.report), explained.dropped())
	return dry
}

// requireCatalogOf: the registry lists the repositories that have something left,
// and no other.
func requireCatalogOf(t *testing.T, r *registry, alive holdings) {
	t.Helper()
	var repositories []string
	for name := range alive.tags {
		repo, _, _ := strings.Cut(name, ":")
		repositories = append(repositories, repo)
	}
	slices.Sort(repositories)
	requireList(t, "catalog", r.client.catalog(), slices.Compact(repositories))
}

// branches are tags by their age and number. A tag never costs its sibling of the
// same digest, nor that digest's signature; of equal times the names decide, as
// people read them.
func (j *judged) branches() {
	base := layer("team base")
	j.tag(bySkopeo, "team/app", "pr-1", docker.image("pr 1", base, layer("pr 1")), ago(90*day), "drop branches: unkept")
	j.tag(bySkopeo, "team/app", "pr-2", docker.multiArch("pr 2", base, layer("pr 2")), ago(30*day), "drop branches: unkept")
	j.tag(byCrane, "team/app", "pr-3", oci.multiArch("pr 3", base), ago(20*day), "drop branches: unkept")
	shared := j.tag(byCrane, "team/app", "pr-4", oci.image("released", base), ago(19*day), "drop branches: unkept")
	j.tag(byCrane, "team/app", "stable", shared, ago(200*day), "keep -: no-rule")
	j.tag(byHTTP, "team/app", cosignTag(shared), cosignSignature(shared), ago(200*day), "keep -: attached")
	j.tag(byCrane, "team/app", "pr-demo-1", oci.image("demo", base), ago(400*day), "keep branches: protected")
	j.tag(bySkopeo, "team/app", "pr-8", docker.image("pr 8", base), ago(7*day+time.Hour), "drop branches: unkept")
	j.tag(bySkopeo, "team/app", "pr-9", docker.image("pr 9", base), ago(7*day-time.Hour), "keep branches: within")
	j.tag(byCrane, "team/app", "pr-10", attested(oci.image("pr 10", base)), ago(2*day), "keep branches: last within")
	j.tag(byCrane, "team/app", "pr-11", oci.image("pr 11", base), justNow, "keep branches: last within")

	ties := ago(40 * day)
	j.tag(byHTTP, "team/ties", "pr-9", oci.image("9", base), ties, "drop branches: unkept")
	j.tag(byHTTP, "team/ties", "pr-10", oci.image("10", base), ties, "keep branches: last")
	j.tag(byHTTP, "team/ties", "pr-11", oci.image("11", base), ties, "keep branches: last min")
	j.tag(byHTTP, "team/ties/nested", "pr-1", oci.image("nested", base), ties, "keep -: no-rule")
}

// nightlies go by the calendar: the 9th of March 2025 was a Sunday. Where there
// is less than was asked for, the oldest stays.
func (j *judged) nightlies() {
	for _, night := range []struct{ pushed, verdict string }{
		{"2025-01-15 06:00", "drop nightly: unkept"},
		{"2025-02-10 06:00", "drop nightly: unkept"},
		{"2025-02-20 06:00", "keep nightly: monthly"},
		{"2025-03-05 23:59", "drop nightly: unkept"},
		{"2025-03-09 23:59", "keep nightly: daily weekly"},
		{"2025-03-10 00:00", "drop nightly: unkept"},
		{"2025-03-10 18:00", "keep nightly: daily weekly monthly min"},
	} {
		j.night("team/app/nightly", night.pushed, night.verdict)
	}
	j.night("team/app/young", "2025-06-02 06:00", "keep nightly: weekly monthly")
	j.night("team/app/young", "2025-06-03 06:00", "keep nightly: daily")
	j.night("team/app/young", "2025-06-04 06:00", "keep nightly: daily weekly monthly min")
}

func (j *judged) night(repo, pushed, verdict string) {
	j.t.Helper()
	name := "nightly-" + strings.NewReplacer(" ", "-", ":", "").Replace(pushed)
	j.tag(byHTTP, repo, name, docker.image(repo+name, layer("nightly base")), on(j.t, pushed), verdict)
}

// releases go by their numbers, whenever they were pushed, and each suffix for
// itself.
func (j *judged) releases() {
	base := layer("lib base")
	for _, release := range []struct {
		tag     string
		pushed  time.Duration
		verdict string
	}{
		{"1.9.0", 1 * day, "drop releases: unkept"},
		{"1.10.0", 20 * day, "keep releases: last"},
		{"v1.11.0", 10 * day, "keep releases: last"},
		{"1.8.0-alpine", 2 * day, "drop releases: unkept"},
		{"1.9.0-alpine", 30 * day, "keep releases: last"},
		{"1.10.0-alpine", 300 * day, "keep releases: last"},
		{"0.1.0-rc.1", 900 * day, "keep releases: last"},
		{"1.2", 900 * day, "keep releases: not-semver"},
		{"latest", 10 * day, "keep releases: protected"},
	} {
		j.tag(byHTTP, "lib", release.tag, oci.image(release.tag, base), ago(release.pushed), release.verdict)
	}
}

// builtImages go by what their configs say, unless that cannot be.
func (j *judged) builtImages() {
	base := layer("built base")
	built := func(tag string, created time.Time, pushed time.Duration, verdict string) {
		j.tag(byCrane, "built", tag, oci.imageBuilt(&created, "amd64", tag, base, layer(tag)), ago(pushed), verdict)
	}
	built("fresh", ago(2*day), 300*day, "keep built by created: last within min")
	built("stale", ago(100*day), 1*day, "drop built by created: unkept")
	built("reproducible", on(j.t, "1980-01-01 00:00"), 5*day, "keep built: within")
	built("tomorrow", ago(-10*day), 200*day, "drop built: unkept")
	j.tag(bySkopeo, "built", "undated", docker.image("undated", base), ago(200*day), "drop built: unkept")

	old, young := ago(300*day), ago(3*day)
	multi := oci.index(oci.imageBuilt(&old, "amd64", "old", base), oci.imageBuilt(&young, "arm64", "young", base))
	j.tag(bySkopeo, "built", "multi", multi, ago(400*day), "keep built by created: within")
}

// emptiedRepositories leave the catalog, and neither a repository below nor one
// above goes with them.
func (j *judged) emptiedRepositories() {
	base := layer("scratch base")
	j.tag(byCrane, "scratch/a", "old", oci.multiArch("a", base), ago(3*day), "drop scratch: unkept")
	j.tag(byCrane, "scratch/a", "older", oci.image("a", base), ago(4*day), "drop scratch: unkept")
	j.tag(byCrane, "scratch/a/nested", "new", oci.image("nested", base), justNow, "keep scratch: within")
	j.tag(bySkopeo, "scratch/b", "new", docker.image("b", base), justNow, "keep scratch: within")
	j.tag(bySkopeo, "scratch/b/nested", "old", docker.image("nested", base), ago(3*day), "drop scratch: unkept")
	j.emptied = append(j.emptied, "scratch/a", "scratch/b/nested")
}

// lastOnes stay because a repository is not to be emptied, or because a clock
// must have been wrong.
func (j *judged) lastOnes() {
	base := layer("least base")
	j.tag(byHTTP, "least/stale", "stale", oci.image("stale", base), ago(50*day), "keep least: min")
	j.tag(byHTTP, "least/stale", "staler", oci.image("staler", base), ago(60*day), "drop least: unkept")
	j.tag(byHTTP, "least/ahead", "tomorrow", oci.image("tomorrow", base), ago(-10*day), "keep least: within future min")
	j.tag(byHTTP, "least/ahead", "stale", oci.image("stale", base), ago(50*day), "drop least: unkept")
}

// signedTags go with all that is about them, or stay with it.
func (j *judged) signedTags() {
	base := layer("signed base")
	multi := j.tag(byCrane, "signed", "v0", oci.multiArch("v0", base), ago(100*day), "drop signed: unkept")
	j.about("signed", multi, "drop -: attached")
	j.about("signed", multi.children[0], "drop -: attached")
	dropped := j.tag(byCrane, "signed", "v1", oci.image("v1", base, layer("v1")), ago(90*day), "drop signed: unkept")
	j.about("signed", dropped, "drop -: attached")

	kept := j.tag(byCrane, "signed", "v2", oci.image("v2", base, layer("v2")), ago(80*day), "keep signed: last min")
	j.about("signed", kept, "keep -: attached")
	unlisted := referrer("vnd.example.note", kept) // no tag leads to it, its subject keeps it
	j.put(byHTTP, "signed", unlisted.digest(), unlisted)
	j.kept = append(j.kept, "signed@"+unlisted.digest())
}
