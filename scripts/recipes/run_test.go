package recipes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// window is one run of the script, with a copy of its own: it is also the lock
// that lets one window open at a time.
type window struct {
	*registry
	cmd *exec.Cmd
	dir string // what it prints, in files: it may outlive the script
}

// outcome is how it ended.
type outcome struct {
	t              *testing.T
	code           int
	stdout, stderr string
}

// window prepares a run; arguments for the janitor come after "--".
func (r *registry) window(args ...string) *window {
	r.t.Helper()
	w := &window{registry: r, dir: r.t.TempDir()}
	data, err := os.ReadFile(windowScript)
	if err != nil {
		r.t.Fatal(err)
	}
	script := filepath.Join(w.dir, "maintenance-window")
	write(r.t, script, string(data), 0o755)
	w.command(exec.Command(script, append([]string{"--address", "http://" + r.host}, args...)...))
	return w
}

// command takes what is to be run, and gives it the environment of cron's: no
// terminal, and the programs built here.
func (w *window) command(cmd *exec.Cmd) {
	w.t.Helper()
	w.cmd = cmd
	cmd.Env = append(os.Environ(), "PATH="+programs.bin+":"+os.Getenv("PATH"), "HOME="+w.dir, "REGJANITOR_ROOT="+w.root)
	stdout, err := os.Create(filepath.Join(w.dir, "stdout"))
	if err != nil {
		w.t.Fatal(err)
	}
	stderr, err := os.Create(filepath.Join(w.dir, "stderr"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { stdout.Close(); stderr.Close() })
	cmd.Stdout, cmd.Stderr = stdout, stderr
}

func (w *window) run() outcome {
	w.t.Helper()
	w.begin()
	return w.wait()
}

func (w *window) begin() {
	w.t.Helper()
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *window) wait() outcome {
	w.t.Helper()
	w.cmd.Wait() // how it ended is the outcome
	o := outcome{t: w.t, code: w.cmd.ProcessState.ExitCode()}
	for name, into := range map[string]*string{"stdout": &o.stdout, "stderr": &o.stderr} {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			w.t.Fatal(err)
		}
		*into = string(data)
	}
	return o
}

// startAndHold begins the window while another holds the tree, and returns as
// soon as the janitor waits for it.
func (w *window) startAndHold() (release func()) {
	w.t.Helper()
	dir, err := os.Open(w.v2())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		w.t.Fatal(err)
	}
	w.cmd.Env = append(w.cmd.Env, "REGJANITOR_RETRY_LOCK=5m")
	w.begin()
	await(w.t, "the janitor waits", func() bool { return w.sweep() != 0 })
	return func() { dir.Close() }
}

// awaitKeeper waits until all that the script has begun is done: its lock is
// free then.
func (w *window) awaitKeeper() {
	w.t.Helper()
	await(w.t, "the window is closed", func() bool {
		return exec.Command("flock", "--nonblock", filepath.Join(w.dir, "maintenance-window"), "true").Run() == nil
	})
}

// sweep is the janitor that has this tree open, 0 where there is none.
func (r *registry) sweep() (pid int) {
	r.t.Helper()
	tree, err := os.Stat(r.v2())
	if err != nil {
		r.t.Fatal(err)
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, path := range commands {
		data, _ := os.ReadFile(path)
		if name, _, _ := strings.Cut(string(data), "\x00"); filepath.Base(name) != "regjanitor" {
			continue
		}
		open, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "fd/*"))
		for _, fd := range open {
			if info, err := os.Stat(fd); err == nil && os.SameFile(info, tree) {
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
				return pid
			}
		}
	}
	return 0
}

func (w *window) kill(pid int, signal syscall.Signal) {
	w.t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		w.t.Fatal(err)
	}
}

func (o outcome) requireExit(want int) {
	o.t.Helper()
	if o.code != want {
		o.t.Fatalf("it exited %d instead of %d\nstdout: %s\nstderr: %s", o.code, want, o.stdout, o.stderr)
	}
}

func (o outcome) requireSaid(want string) {
	o.t.Helper()
	if !strings.Contains(o.stderr, want) {
		o.t.Errorf("stderr lacks %q: %s", want, o.stderr)
	}
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// listing is all that a tree holds, with what a write changes.
func listing(t *testing.T, root string) string {
	t.Helper()
	return command(t, "find", root, "-printf", "%p %y %s %T@\n")
}
