package e2e

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script runs the binary by the name of one of burnettk's scripts, as a link that
// an administrator has put in its place.
func (r *registry) script(name string, args ...string) outcome {
	r.t.Helper()
	link := filepath.Join(r.t.TempDir(), name)
	if err := os.Symlink(programs.janitor, link); err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(link, args...)
	cmd.Env = append(os.Environ(), "REGISTRY_DATA_DIR="+r.v2())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	o := outcome{args: append([]string{name}, args...), code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	const vouch = "--registry-stopped"
	if o.code == exitError && strings.Contains(o.stderr, vouch) && !strings.Contains(strings.Join(args, " "), vouch) {
		r.t.Logf("the host's processes are out of sight here: running again with %s", vouch)
		return r.script(name, append(args, vouch)...)
	}
	return o
}

const (
	deleteScript = "delete_docker_registry_image"
	cleanScript  = "clean_old_versions"
)

// TestInTheScriptsPlace: by the names of the scripts tags, untagged images and
// repositories go; everything else can be pulled, and what went can be pushed again.
func TestInTheScriptsPlace(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		multi := oci.multiArch("multi", base, layer("multi"))
		first := docker.image("first", base, layer("first"))
		past := docker.image("past", base, layer("past"))
		second := oci.image("second", base, layer("second"))
		service := oci.image("service", base, layer("service"))
		r.client.push("app", "1.9", first)
		r.client.push("app", "1.10", past)
		r.client.push("app", "1.10", second)
		r.client.push("app", "multi", multi)
		r.client.push("team", "v1", service)
		r.client.push("team/svc", "v1", service)
		r.client.push("team/svc", "v2", first)
		alive := survey(r.client)

		live := r.script(deleteScript, "--image", "app:1.9").requireExit(t, exitError)
		if !strings.Contains(live.stderr, "CRITICAL") || strings.Contains(live.stderr, "Deleting") {
			t.Errorf("beside a running registry it says\n%s", live.stderr)
		}
		r.stop()

		// The loop of cron lines, over what lies below repositories.
		for _, name := range []string{"app", "team"} {
			r.script(deleteScript, "--untagged", "--image", name).requireExit(t, exitDone)
		}
		r.script(deleteScript, "--image", "team:typo").requireExit(t, exitError)
		r.script(deleteScript, "--image", "team:v1", "--force", "--prune").requireExit(t, exitDone)
		cleaned := r.script(cleanScript, "--image", "^app$", "--include", `^1\.`, "-l", "1").requireExit(t, exitDone)
		if n := strings.Count(cleaned.stderr, "Deleting "+r.repository("app", "_manifests", "tags")); n != 2 { // the tag, and its history's entry
			t.Errorf("%d lines are about app's tags:\n%s", n, cleaned.stderr)
		}

		r.start()
		delete(alive.tags, "app:1.9")
		delete(alive.tags, "team:v1")
		left := survey(r.client)
		requireEqual(t, "tags served", left.tags, alive.tags)
		requireList(t, "catalog", r.client.catalog(), []string{"app", "team/svc"})
		requireList(t, "blobs on disk", readTree(t, r).blobs, left.onDisk())
		if status := r.client.get("app/manifests/" + past.digest()).status; status != http.StatusNotFound {
			t.Errorf("the image that was untagged answers %d", status)
		}
		pullWithTools(r.client, "app", "multi", multi)
		pullWithTools(r.client, "app", "1.10", second)
		pullWithTools(r.client, "team/svc", "v1", service)

		r.client.push("app", "1.9", first)
		r.client.push("app", "past", past)
		r.client.push("team", "v1", service)
		survey(r.client)
		pullWithTools(r.client, "app", "1.9", first)
		pullWithTools(r.client, "team", "v1", service)
	})
}
