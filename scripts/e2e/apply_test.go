package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSavedPlan: what was planned is what is removed, later and without a further
// question, whatever was pushed since: unless a thing that the plan names is in
// use again.
func TestSavedPlan(t *testing.T) {
	old := oci.image("old", layer("old")) // what pushGarbage leaves without a tag
	meanwhile := map[string]struct {
		do   func(client)
		want int
	}{
		"nothing":                        {func(client) {}, exitDone},
		"a push of something new":        {func(c client) { byCrane(c, "app", "newer", oci.image("newer", layer("newer"))) }, exitDone},
		"a tag on a planned revision":    {func(c client) { c.retag("app", old.digest(), "back") }, exitRefused},
		"a push that needs a dead layer": {func(c client) { byCrane(c, "other", "latest", oci.image("heir", layer("old"))) }, exitRefused},
	}
	eachDistribution(t, func(t *testing.T, d distribution) {
		for what, m := range meanwhile {
			t.Run(what, func(t *testing.T) {
				r := startedRegistry(t, d)
				pushGarbage(r)
				r.stop()
				plan := savePlan(t, r)

				r.start()
				m.do(r.client)
				alive := survey(r.client)
				r.stop()
				tree := takeSnapshot(t, r.root)
				applied := r.janitor("apply", plan, "--json", "-v").requireExit(t, m.want)
				if m.want == exitRefused {
					tree.requireUnchanged(t, r.root)
				} else {
					requireEqual(t, "totals removed", applied.report.Removed, applied.report.Planned)
					requireList(t, "blobs left", readTree(t, r).blobs, alive.onDisk())
				}
				r.start()
				survey(r.client).requireSame(t, alive)
			})
		}
	})
}

// savePlan writes what a sweep would do to a file, and does none of it.
func savePlan(t *testing.T, r *registry) string {
	t.Helper()
	plan := filepath.Join(t.TempDir(), "plan.json")
	tree := takeSnapshot(t, r.root)
	r.janitor("sweep", "-o", plan).requireExit(t, exitDone)
	tree.requireUnchanged(t, r.root)

	saved, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	var document report
	outcome{args: []string{"sweep", "-o", plan}, stdout: string(saved)}.decode(t, &document)
	if document.Planned["blobs"] == 0 || len(document.actionsOf("blob")) != int(document.Planned["blobs"]) {
		t.Fatalf("the saved plan lists %d of %d blobs", len(document.actionsOf("blob")), document.Planned["blobs"])
	}
	return plan
}
