package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Users that own nothing else here.
const (
	registryUser = 41701
	otherUser    = 41702
)

// TestAsTheRegistrysOwnUser: all works without a privilege, but that the
// registries of other users cannot be looked into.
func TestAsTheRegistrysOwnUser(t *testing.T) {
	janitor := publicJanitor(t)
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := userRegistry(t, d)
		alive := survey(r.client)
		if o := janitor.as(t, registryUser, "sweep", "--yes", "--root", r.root).requireExit(t, exitRefused); !strings.Contains(o.stderr, r.pid()) {
			t.Errorf("his own registry is not seen:\n%s", o.stderr)
		}
		r.stop()

		tree := takeSnapshot(t, r.root)
		janitor.as(t, registryUser, "ls", "--json", "--root", r.root).requireExit(t, exitDone)
		dry := janitor.as(t, registryUser, "sweep", "-n", "--json", "--root", r.root).requireExit(t, exitDone)
		tree.requireUnchanged(t, r.root)

		another := startedRegistry(t, d) // root's, on another tree
		unseen := janitor.as(t, registryUser, "sweep", "--yes", "--root", r.root).requireExit(t, exitRefused)
		for _, said := range []string{another.pid(), "environment cannot be read", "--registry-stopped"} {
			if !strings.Contains(unseen.stderr, said) {
				t.Errorf("nothing of %q in\n%s", said, unseen.stderr)
			}
		}
		tree.requireUnchanged(t, r.root)

		swept := janitor.as(t, registryUser, "sweep", "--yes", "--json", "--registry-stopped", "--root", r.root).requireExit(t, exitDone)
		if swept.report.Removed["blobs"] == 0 || swept.report.Removed["blobs"] != dry.report.Planned["blobs"] {
			t.Errorf("removed %v, planned %v", swept.report.Removed, dry.report.Planned)
		}
		requireList(t, "blobs left", readTree(t, r).blobs, alive.onDisk())
		r.startAs(asUser(exec.Command(r.program, "serve", r.config), registryUser))
		survey(r.client).requireSame(t, alive)
		r.stop()

		janitor.as(t, registryUser, "rm", "app:latest", "--yes", "--registry-stopped", "--root", r.root).requireExit(t, exitDone)
		if left := readTree(t, r); len(left.blobs) > 0 || len(left.tags) > 0 {
			t.Errorf("left are the blobs %v and the tags %v", left.blobs, left.tags)
		}
	})
}

// TestAsAUserWhoMayOnlyRead: looking is free, the rest is refused at once.
func TestAsAUserWhoMayOnlyRead(t *testing.T) {
	janitor := publicJanitor(t)
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := userRegistry(t, d)
		r.stop()
		tree := takeSnapshot(t, r.root)
		janitor.as(t, otherUser, "ls", "--json", "--root", r.root).requireExit(t, exitDone)
		if dry := janitor.as(t, otherUser, "sweep", "-n", "--json", "--root", r.root).requireExit(t, exitDone); dry.report.Planned["blobs"] == 0 {
			t.Errorf("he sees nothing to remove: %v", dry.report.Planned)
		}
		for _, args := range [][]string{{"sweep"}, {"rm", "app:latest"}} {
			args = append(args, "--yes", "--json", "--registry-stopped", "--root", r.root)
			refused := janitor.as(t, otherUser, args...).requireExit(t, exitRefused).report.Refused
			if refused == nil || refused.Code != "not-writable" || !strings.Contains(refused.Hint, "registry's own user") {
				t.Errorf("%v: the refusal is no help: %+v", args, refused)
			}
		}
		tree.requireUnchanged(t, r.root)
	})
}

// TestExplainingAPolicyNeedsNoRight: not a privilege, nor a tree that can be
// written; what it says is what root is told.
func TestExplainingAPolicyNeedsNoRight(t *testing.T) {
	janitor := publicJanitor(t)
	policy := writePolicy(t, keepLatest)
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := userRegistry(t, d)
		r.client.push("app", "old", oci.image("old", layer("old")))
		r.setPushed("app", "old", ago(day))
		want := map[string]string{"app:latest": "keep latest: last min", "app:old": "drop latest: unkept"}
		explain := func(t *testing.T, user uint32, root string) outcome {
			t.Helper()
			o := janitor.as(t, user, "retention", "explain", "--json", "-p", policy, "--root", root).requireExit(t, exitDone)
			requireEqual(t, "verdicts", explanationIn(t, o).verdicts(), want)
			return o
		}

		requireWarnings(t, explain(t, registryUser, r.root), "registry-running")
		explain(t, otherUser, r.root) // he cannot look into the registry
		r.stop()
		tree := takeSnapshot(t, r.root)
		explain(t, otherUser, r.root)
		t.Run("read-only mount", func(t *testing.T) { explain(t, otherUser, readOnly(t, r.root)) })
		tree.requireUnchanged(t, r.root)
	})
}

// readOnly mounts a directory a second time, so that nobody can write to it there.
func readOnly(t *testing.T, dir string) (mounted string) {
	t.Helper()
	mounted = t.TempDir()
	public(t, mounted)
	if err := syscall.Mount(dir, mounted, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("no permission to mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mounted, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mount("", mounted, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mounted, "probe"), nil, 0o644); !errors.Is(err, syscall.EROFS) {
		t.Fatalf("write to a read-only mount: %v", err)
	}
	return mounted
}

// TestRootGivesUpWhatItDoesNotNeed looks at the threads of a run that waits for
// the lock.
func TestRootGivesUpWhatItDoesNotNeed(t *testing.T) {
	janitor := publicJanitor(t)
	r := newRegistry(t, distribution{program: programs.registry2})
	r.start()
	pushGarbage(r)
	r.stop()
	defer r.lock()()
	var said bytes.Buffer
	cmd := exec.Command(string(janitor), "sweep", "--yes", "--registry-stopped", "--retry-lock", "1m", "--root", r.root)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	time.Sleep(500 * time.Millisecond)
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "task/*/status"))
	if err != nil || len(threads) == 0 {
		t.Fatalf("the run does not wait: %v\n%s", err, said.String())
	}
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err != nil {
			t.Fatal(err)
		}
		// CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SYS_PTRACE
		for _, line := range []string{"CapPrm:\t000000000008001f\n", "CapEff:\t000000000008001f\n", "NoNewPrivs:\t1\n"} {
			if !strings.Contains(string(status), line) {
				t.Errorf("%s has no %q:\n%s", thread, line, status)
			}
		}
	}
}

// userRegistry runs as a user of its own, and has garbage.
func userRegistry(t *testing.T, d distribution) *registry {
	t.Helper()
	r := newRegistry(t, d)
	public(t, r.root)
	public(t, filepath.Dir(r.program))
	if err := errors.Join(os.Chown(r.root, registryUser, registryUser), os.Chmod(filepath.Dir(r.config), 0o755)); err != nil {
		t.Fatal(err)
	}
	r.startAs(asUser(exec.Command(r.program, "serve", r.config), registryUser))
	pushGarbage(r)
	return r
}

// runnable is a janitor that every user may run.
type runnable string

// publicJanitor is in a directory that others may enter.
func publicJanitor(t *testing.T) runnable {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can run programs as another user")
	}
	program, err := os.ReadFile(programs.janitor)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(program, []byte("#!")) {
		t.Skip("the janitor is run by a script, and that as root")
	}
	path := filepath.Join(t.TempDir(), "regjanitor")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	public(t, filepath.Dir(path))
	return runnable(path)
}

// as runs it as another user, without capabilities and groups.
func (path runnable) as(t *testing.T, user uint32, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := asUser(exec.Command(string(path), args...), user)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{args: args, code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if slices.Contains(args, "--json") {
		o.decode(t, &o.report)
	}
	return o
}

func asUser(cmd *exec.Cmd, user uint32) *exec.Cmd {
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	return cmd
}

// public lets all users come as far as a directory of the test's; others stay
// as they are.
func public(t *testing.T, dir string) {
	t.Helper()
	for ; strings.HasPrefix(dir, filepath.Clean(os.TempDir())+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
