package e2e

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// damages are what a full disk, a kill or a power cut does to a repository's
// one tag; each returns the path that a report has to name.
var damages = map[string]func(r *registry, tagged image) (path string){
	"manifest truncated": func(r *registry, tagged image) string {
		return truncate(r.t, r.blobData(tagged.digest()), 100)
	},
	"manifest of no bytes": func(r *registry, tagged image) string {
		return truncate(r.t, r.blobData(tagged.digest()), 0)
	},
	"tag link of no bytes": func(r *registry, _ image) string {
		return truncate(r.t, r.repository("hurt", "_manifests/tags/latest/current/link"), 0)
	},
	"revision link of no bytes": func(r *registry, tagged image) string {
		return truncate(r.t, r.repository("hurt", "_manifests/revisions/sha256", hex(tagged.manifest), "link"), 0)
	},
}

// TestDamageCostsItsOwnRepositoryOnly: what cannot be read keeps everything that
// its repository links, garbage included; all the others are swept.
func TestDamageCostsItsOwnRepositoryOnly(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		for damage, inflict := range damages {
			t.Run(damage, func(t *testing.T) {
				r := startedRegistry(t, d)
				r.client.push("hurt", "latest", docker.image("untagged", layer("untagged")))
				tagged := docker.image("tagged", layer("tagged"))
				r.client.push("hurt", "latest", tagged)
				ofHurt := readTree(t, r)
				pushGarbage(r)
				alive := survey(r.client)
				r.stop()

				path := inflict(r, tagged)
				before := takeSnapshot(t, r.repository("hurt")).files()
				swept := r.sweep().requireExit(t, exitDoubt)

				requireEqual(t, "files of the damaged repository", takeSnapshot(t, r.repository("hurt")).files(), before)
				requireList(t, "blobs left", readTree(t, r).blobs, union(ofHurt.blobs, alive.onDisk()))
				requireDoubt(t, r, swept, path)
				r.start()
				if app := noHoldings().follow(r.client, "app", "latest"); app != alive.tags["app:latest"] {
					t.Errorf("app:latest is %s instead of %s", app, alive.tags["app:latest"])
				}
			})
		}
	})
}

// requireDoubt: the report says which file, in which repository, and what to do,
// and so does stderr, where a person looks.
func requireDoubt(t *testing.T, r *registry, swept outcome, path string) {
	t.Helper()
	relative := strings.TrimPrefix(path, r.v2()+"/")
	ours := func(d doubt) bool { return strings.HasSuffix(d.Path, relative) }
	i := slices.IndexFunc(swept.report.Doubts, ours)
	if i < 0 {
		t.Fatalf("no doubt about %s: %+v", relative, swept.report.Doubts)
	}
	d := swept.report.Doubts[i]
	if d.Repository != "hurt" || d.Code == "" || d.Problem == "" || d.Hint == "" {
		t.Errorf("a doubt without repository, code, problem or hint: %+v", d)
	}
	if !strings.Contains(swept.stderr, relative) {
		t.Errorf("stderr does not name %s:\n%s", relative, tail(swept.stderr))
	}
}

func truncate(t *testing.T, path string, size int64) string {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

func union(a, b []string) []string {
	members := map[string]bool{}
	for _, s := range append(slices.Clone(a), b...) {
		members[s] = true
	}
	return slices.Sorted(maps.Keys(members))
}
