package e2e

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPushingAgainRenewsATag: the same image under the same tag, and the tag is
// as young as its latest push. crane, though, pushes nothing where the tag has
// that very image already, and so the tag stays as old as it is.
func TestPushingAgainRenewsATag(t *testing.T) {
	policy := writePolicy(t, `version: 1
rules:
- name: month
  keep_within: 30d
  keep_min: 0
`)
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		i := docker.image("monthly", layer("monthly"))
		for _, tag := range []string{"by-skopeo", "by-http", "by-crane", "left-alone"} {
			byHTTP(r.client, "app", tag, i)
			r.setPushed("app", tag, ago(90*day))
		}
		_, explained := r.explain(policy)
		requireList(t, "tags that would go", explained.dropped(), []string{"app:by-crane", "app:by-http", "app:by-skopeo", "app:left-alone"})

		bySkopeo(r.client, "app", "by-skopeo", i)
		byCrane(r.client, "app", "by-crane", i)
		r.client.retag("app", i.digest(), "by-http")
		r.stop()
		swept := r.sweep("-p", policy).requireExit(t, exitDone)
		requireList(t, "tags swept", tagsOf(swept.report), []string{"app:by-crane", "app:left-alone"})

		r.start()
		requireEqual(t, "tags served", survey(r.client).tags, map[string]string{"app:by-skopeo": i.digest(), "app:by-http": i.digest()})
		pullWithTools(r.client, "app", "by-skopeo", i)
	})
}

// ofBuilds drops what is not of the latest builds, and of the greatest releases.
func ofBuilds(trust bool) string {
	return fmt.Sprintf(`version: 1
rules:
- name: builds
  repositories: ["ci/**"]
  keep_last: 3
  trust_mtime: %t
- name: releases
  repositories: [lib]
  order: semver
  keep_last: 3
`, trust)
}

// TestCopyThatLostTheTimes: where all tags were pushed at once, as it seems, none
// goes for its age, until somebody vouches for it. Versions do not depend on it.
func TestCopyThatLostTheTimes(t *testing.T) {
	const n = 24
	doubting, trusting := writePolicy(t, ofBuilds(false)), writePolicy(t, ofBuilds(true))
	eachDistribution(t, func(t *testing.T, d distribution) {
		original := startedRegistry(t, d)
		builds, releases := pushAged(original, n)
		original.stop()
		o, explained := original.explain(doubting)
		requireEqual(t, "tags dropped where the times are known", len(explained.dropped()), 2*(n-3))
		requireWarnings(t, o.requireExit(t, exitDone))

		r := original.copiedBy("cp", "-r")
		o, explained = r.explain(doubting)
		requireFlattened(t, o.requireExit(t, exitDoubt))
		verdicts := explained.verdicts()
		for _, tag := range builds {
			if v := verdicts[tag]; !stays(v) {
				t.Errorf("%s: %s", tag, v)
			}
		}
		requireList(t, "tags dropped in doubt", explained.dropped(), releases[:n-3])

		swept := r.sweep("-p", doubting).requireExit(t, exitDoubt)
		requireFlattened(t, swept)
		requireList(t, "tags swept in doubt", tagsOf(swept.report), releases[:n-3])
		again := r.sweep("-p", doubting).requireExit(t, exitDoubt)
		requireFlattened(t, again)
		requireList(t, "tags swept by a second run in doubt", tagsOf(again.report), nil)
		requireTagsServed(t, r, append(sorted(builds...), releases[n-3:]...))

		latest := r.latest(builds, 3)
		o, explained = r.explain(trusting)
		requireList(t, "tags dropped in trust", explained.dropped(), without(builds, latest))
		o.requireExit(t, exitDone)
		swept = r.sweep("-p", trusting).requireExit(t, exitDone)
		requireList(t, "tags swept in trust", tagsOf(swept.report), without(builds, latest))
		requireTagsServed(t, r, append(latest, releases[n-3:]...))
	})
}

// pushAged pushes n builds and as many releases, one a day, and names them, the
// oldest first.
func pushAged(r *registry, n int) (builds, releases []string) {
	r.t.Helper()
	i := oci.image("build", layer("build"))
	for age := n; age > 0; age-- {
		build, release := fmt.Sprintf("build-%02d", n-age), fmt.Sprintf("1.%02d.0", n-age+10)
		byHTTP(r.client, "ci/app", build, i)
		byHTTP(r.client, "lib", release, i)
		r.setPushed("ci/app", build, ago(time.Duration(age)*day))
		r.setPushed("lib", release, ago(time.Duration(age)*day))
		builds, releases = append(builds, "ci/app:"+build), append(releases, "lib:"+release)
	}
	return builds, releases
}

// latest are the n tags whose links are the youngest; of equally young ones those
// with the greater names. They are sorted by name.
func (r *registry) latest(tags []string, n int) []string {
	r.t.Helper()
	written := map[string]time.Time{}
	for _, name := range tags {
		repo, tag, _ := strings.Cut(name, ":")
		info, err := os.Stat(r.tagLink(repo, tag))
		if err != nil {
			r.t.Fatal(err)
		}
		written[name] = info.ModTime()
	}
	byTime := slices.SortedFunc(slices.Values(tags), func(a, b string) int {
		return cmp.Or(written[b].Compare(written[a]), strings.Compare(b, a))
	})
	return sorted(byTime[:n]...)
}

// requireFlattened: the one doubt is that of the repository with the equal times,
// and it says what to do.
func requireFlattened(t *testing.T, o outcome) {
	t.Helper()
	doubts := o.report.Doubts
	if len(doubts) != 1 || doubts[0].Code != "times-flattened" || doubts[0].Repository != "ci/app" || !strings.Contains(doubts[0].Hint, "trust_mtime") {
		t.Errorf("%s: doubts: %+v", o.name(), doubts)
	}
}

// requireTagsServed starts the registry, has every tag of it pulled and stops it.
func requireTagsServed(t *testing.T, r *registry, want []string) {
	t.Helper()
	r.start()
	defer r.stop()
	var got []string
	for name := range survey(r.client).tags {
		got = append(got, name)
	}
	requireList(t, "tags served", sorted(got...), want)
}
