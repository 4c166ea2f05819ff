package guard

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/store"
)

// TestMain makes of this program, when it is started under the arguments of a
// registry, a process that does nothing but wait to be stopped.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, serve) {
		os.Stdout.WriteString("ready\n")
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestALiveProcessIsSeen looks at the real /proc, where this machine has one.
func TestALiveProcessIsSeen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no Linux /proc here")
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v2 := filepath.Join(top, "data/docker/registry/v2")
	if err := os.MkdirAll(v2, 0o755); err != nil {
		t.Fatal(err)
	}
	host := store.Host{Dir: "/"}
	info, err := host.StatFrom("/", v2)
	if err != nil {
		t.Fatal(err)
	}
	tree := Tree{Path: v2, Device: info.Device, Inode: info.Inode}
	configure := func(content string) {
		if err := os.WriteFile(filepath.Join(top, "config.yml"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	configure(configOf(filepath.Join(top, "data"), readonly))
	pid := startLive(t, top, "registry", serve, "config.yml")
	p := find(t, Look(host, tree), pid)
	if !p.Here || !p.ReadOnly || p.Tree != filepath.Join(top, "data") {
		t.Errorf("a read-only registry is seen as %+v", p)
	}

	time.Sleep(100 * time.Millisecond)
	configure(configOf("data", readonly))
	p = find(t, Look(host, tree), pid)
	if !p.Here || p.ReadOnly {
		t.Errorf("after its configuration was rewritten it is seen as %+v", p)
	}
	if code := verdict(t, (Sighting{Processes: []Process{p}}).Judge(true)); code != "registry-running" {
		t.Errorf("the verdict is %s", code)
	}
}

// startLive starts this program under other arguments.
func startLive(t *testing.T, dir string, argv ...string) (pid int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Args, cmd.Dir, cmd.Env = argv, dir, []string{"PATH=/bin"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	ready := make([]byte, 6)
	if _, err := out.Read(ready); err != nil || !strings.HasPrefix(string(ready), "ready") {
		t.Fatalf("it said %q, %v", ready, err)
	}
	return cmd.Process.Pid
}

func find(t *testing.T, s Sighting, pid int) Process {
	t.Helper()
	i := slices.IndexFunc(s.Processes, func(p Process) bool { return p.PID == pid })
	if i < 0 {
		t.Fatalf("process %d is not among %+v", pid, s.Processes)
	}
	return s.Processes[i]
}

func BenchmarkLook(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("there is no Linux /proc here")
	}
	for b.Loop() {
		Look(store.Host{Dir: "/"}, Tree{})
	}
}
