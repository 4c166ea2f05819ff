package recipes

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadOnlyWindow: during the sweep pulls go on and pushes are refused.
func TestReadOnlyWindow(t *testing.T) {
	eachDistribution(t, func(t *testing.T, program string) {
		p := startProcess(t, program)
		w := p.window("--read-only", "--close", p.stop+"; "+p.startReadOnly, "--open", p.stop+"; "+p.start)
		release := w.startAndHold()
		if err := p.pull("latest"); err != nil {
			t.Errorf("pull during the window: %v", err)
		}
		if err := p.push(randomImage(t), "new"); err == nil || !strings.Contains(err.Error(), "405") {
			t.Errorf("a push during the window ends with %v", err)
		}
		release()
		w.wait().requireExit(0)
		p.requireSwept(true)
		p.requireServing()
	})
}

// TestNoProofNoSweep: where a push is possible still, nothing is touched, and a
// push that is possible leaves nothing behind.
func TestNoProofNoSweep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args func(p process) []string
		said string
	}{
		"a variable that the registry ignores": {func(p process) []string {
			return []string{"--read-only", "--close", p.stop + "; " + p.startAlmostReadOnly, "--open", p.stop + "; " + p.start}
		}, "answers a push by 400, not by 405: nothing was swept"},
		"read-only in name alone": {func(p process) []string {
			return []string{"--read-only", "--close", "true", "--open", "true"}
		}, "answers a push by 400, not by 405: nothing was swept"},
		"stopped in name alone": {func(p process) []string {
			return []string{"--close", "true", "--open", "true"}
		}, "does not refuse connections: nothing was swept"},
		"it cannot be stopped": {func(p process) []string {
			return []string{"--close", "false", "--open", "true"}
		}, "cannot be closed: nothing was swept"},
	} {
		t.Run(name, func(t *testing.T) {
			eachDistribution(t, func(t *testing.T, program string) {
				p := startProcess(t, program)
				tree := listing(t, p.root)
				// What the guard would say is left out on purpose: the proof is the window's.
				o := p.window(append([]string{"--janitor", "touch " + p.root + "/swept", "--patience", "4"}, c.args(p)...)...).run()
				o.requireExit(5)
				o.requireSaid(c.said)
				if now := listing(t, p.root); now != tree {
					t.Errorf("the storage has changed from\n%s\nto\n%s", tree, now)
				}
				p.requireServing()
			})
		})
	}
}

// TestPasswords: a registry that asks for one is up, but what it answers to a
// push is a proof only where the window knows it.
func TestPasswords(t *testing.T) {
	eachDistribution(t, func(t *testing.T, program string) {
		p := startProcess(t, program)
		passwords := filepath.Join(t.TempDir(), "htpasswd")
		write(t, passwords, "user:$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n", 0o644) // "secret"
		asking := `REGISTRY_AUTH='{"htpasswd":{"realm":"recipes","path":"` + passwords + `"}}' `
		readOnly := []string{"--read-only", "--close", p.stop + "; " + asking + p.startReadOnly, "--open", p.stop + "; " + asking + p.start}
		command(t, "sh", "-c", p.stop+"; "+asking+p.start)
		await(t, "it asks for a password", func() bool { return p.status() == http.StatusUnauthorized })

		o := p.window(append(readOnly, "--patience", "4")...).run()
		o.requireExit(5)
		o.requireSaid("answers a push by 401, not by 405: nothing was swept")
		p.requireSwept(false)

		w := p.window(readOnly...)
		write(t, filepath.Join(w.dir, ".curlrc"), "user = \"user:secret\"\n", 0o600)
		w.run().requireExit(0)
		p.requireSwept(true)
		p.window("--close", p.stop, "--open", asking+p.start).run().requireExit(0)
		if got := p.status(); got != http.StatusUnauthorized {
			t.Errorf("the registry answers with %d", got)
		}
	})
}
