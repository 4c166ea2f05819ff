package e2e

import (
	"strings"
	"testing"
)

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

func requireMentions(t *testing.T, o outcome, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(o.stdout, word) {
			t.Errorf("%s does not mention %q:\n%s", o.name(), word, o.stdout)
		}
	}
}
