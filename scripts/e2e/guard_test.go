package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// waysToStart are those in which a registry is told of its tree.
var waysToStart = map[string]func(*registry) *exec.Cmd{
	"absolute path": func(r *registry) *exec.Cmd {
		return exec.Command(r.program, "serve", r.config)
	},
	"relative path": func(r *registry) *exec.Cmd {
		cmd := exec.Command(r.program, "serve", filepath.Base(r.config))
		cmd.Dir = filepath.Dir(r.config)
		return cmd
	},
	"configuration path in the environment": func(r *registry) *exec.Cmd {
		return withEnv(exec.Command(r.program, "serve"), "REGISTRY_CONFIGURATION_PATH="+r.config)
	},
	"root in the environment": func(r *registry) *exec.Cmd {
		r.writeConfig("/nowhere", false)
		return withEnv(exec.Command(r.program, "serve", r.config), "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY="+r.root)
	},
	"root through a symlink": func(r *registry) *exec.Cmd {
		r.writeConfig(alias(r.t, r.root), false)
		return exec.Command(r.program, "serve", r.config)
	},
	"binary by another name": func(r *registry) *exec.Cmd {
		return exec.Command(alias(r.t, r.program), "serve", r.config)
	},
}

// TestWritableRegistryRefusesASweep: however a registry was started, as long as
// it runs on the tree and can write, nothing is touched, whatever is vouched for.
func TestWritableRegistryRefusesASweep(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		for way, command := range waysToStart {
			t.Run(way, func(t *testing.T) {
				r := newRegistry(t, d)
				r.startAs(command(r))
				pushGarbage(r)

				requireRefused(t, r, r.pid())
				requireRefused(t, r, r.pid(), "--registry-stopped")
				if o := r.janitor("sweep", "-n", "--json"); o.code != exitDone || o.report.Planned["blobs"] == 0 {
					t.Errorf("a dry run beside a live registry exited %d, planned %v\n%s", o.code, o.report.Planned, tail(o.stderr))
				}
			})
		}
	})
}

// TestReadOnlyRegistryAllowsASweep, but not of uploads: what is asked of one by
// GET is written to even so.
func TestReadOnlyRegistryAllowsASweep(t *testing.T) {
	byFile := func(r *registry) *exec.Cmd {
		r.writeConfig(r.root, true)
		return exec.Command(r.program, "serve", r.config)
	}
	byEnvironment := func(r *registry) *exec.Cmd {
		return withEnv(exec.Command(r.program, "serve", r.config), `REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}`)
	}
	eachDistribution(t, func(t *testing.T, d distribution) {
		for way, command := range map[string]func(*registry) *exec.Cmd{"file": byFile, "environment": byEnvironment} {
			t.Run(way, func(t *testing.T) {
				r := startedRegistry(t, d)
				pushGarbage(r)
				alive := survey(r.client)
				r.client.interruptUpload("app", []byte("part of a blob"))
				r.stop()
				ageUploads(t, r.repository("app", "_uploads"), time.Now().AddDate(-1, 0, 0))
				r.startAs(command(r))
				uploads := takeSnapshot(t, r.repository("app", "_uploads"))

				swept := r.sweep().requireExit(t, exitDone)
				requireList(t, "blobs left", readTree(t, r).blobs, alive.onDisk())
				if swept.report.Removed["uploads"] != 0 {
					t.Error("an upload was removed under a running registry")
				}
				uploads.requireUnchanged(t, r.repository("app", "_uploads"))
				if said := fmt.Sprint(swept.report.Warnings); !strings.Contains(said, "read-only") {
					t.Errorf("no word of the read-only registry that was seen: %s", said)
				}
				if !strings.Contains(swept.stdout+swept.stderr, "restart") {
					t.Errorf("no word of the restart that the registry's cache needs\n%s", swept.stderr)
				}

				r.stop()
				r.writeConfig(r.root, false)
				r.start()
				survey(r.client).requireSame(t, alive)
			})
		}
	})
}

// TestConfigurationEditedAfterTheStart: what the file says now is not what the
// process runs with.
func TestConfigurationEditedAfterTheStart(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		pushGarbage(r)
		time.Sleep(1100 * time.Millisecond) // a process's start is known to 10 ms, a file's change may be to 1 s
		r.writeConfig(r.root, true)

		requireRefused(t, r, r.pid())
	})
}

// TestRegistryOnAnotherTreeIsNoObstacle: hosts run several registries.
func TestRegistryOnAnotherTreeIsNoObstacle(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		swept := startedRegistry(t, d)
		pushGarbage(swept)
		other := startedRegistry(t, d)
		pushGarbage(other)
		swept.stop()

		if o := swept.sweep().requireExit(t, exitDone); o.report.Removed["blobs"] == 0 {
			t.Errorf("nothing removed: %s", tail(o.stderr))
		}
	})
}

// TestSweepWithoutConsentIsRefused: with neither a terminal to ask on nor --yes,
// the plan is printed and nothing touched.
func TestSweepWithoutConsentIsRefused(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		pushGarbage(r)
		r.stop()

		tree := takeSnapshot(t, r.root)
		r.janitor("sweep", "--json").requireExit(t, exitRefused)
		tree.requireUnchanged(t, r.root)
	})
}

// requireRefused: a sweep exits 5, names the process, and has changed nothing.
func requireRefused(t *testing.T, r *registry, pid string, flags ...string) {
	t.Helper()
	tree := takeSnapshot(t, r.root)
	refused := r.sweep(flags...).requireExit(t, exitRefused)
	tree.requireUnchanged(t, r.root)
	if refused.report.Refused == nil {
		t.Errorf("%s: the document has no refusal", refused.name())
	}
	if !strings.Contains(refused.stderr, pid) {
		t.Errorf("%s: stderr does not name process %s:\n%s", refused.name(), pid, refused.stderr)
	}
}

// pushGarbage overwrites a tag.
func pushGarbage(r *registry) {
	r.t.Helper()
	for _, name := range []string{"old", "new"} {
		r.client.push("app", "latest", oci.image(name, layer(name)))
	}
}

func withEnv(cmd *exec.Cmd, variables ...string) *exec.Cmd {
	cmd.Env = append(os.Environ(), variables...)
	return cmd
}

// alias is another path to the same thing.
func alias(t *testing.T, target string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alias")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	return path
}
