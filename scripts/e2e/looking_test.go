package e2e

import (
	"strings"
	"testing"
)

// TestLookingNeedsNoRight: whoever may read the tree may look at it, on a mount that
// nobody can write to, while the registry runs. All of it is told that the numbers
// may move, and nothing is changed.
func TestLookingNeedsNoRight(t *testing.T) {
	janitor := publicJanitor(t)
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := userRegistry(t, d)
		tree := takeSnapshot(t, r.root)
		mounted := readOnly(t, r.root)
		tag := r.client.must(200, "GET", "app/manifests/latest", "", nil).header.Get("Docker-Content-Digest")
		for _, args := range []string{
			"ls", "ls app", "ls app:latest --digests", "du", "du --by tag", "du --by layer",
			"why app:latest", "why " + tag, "verify", "verify app --read-data",
		} {
			words := append(strings.Fields(args), "--json", "--root", mounted)
			requireWarnings(t, janitor.as(t, registryUser, words...).requireExit(t, exitDone), "registry-running")
			janitor.as(t, otherUser, words...).requireExit(t, exitDone) // he cannot look into the registry
		}
		tree.requireUnchanged(t, r.root)
		if err := pull(r.client, "app", "latest"); err != nil {
			t.Errorf("the registry no longer serves the tag: %v", err)
		}
	})
}
