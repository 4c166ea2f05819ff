package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inChild names what a copy of this test's program is to do before it reports.
const inChild = "STORE_TEST_PRIVILEGES"

// keptByRoot is the mask of needed, written down as the kernel prints it:
// CHOWN 0, DAC_OVERRIDE 1, DAC_READ_SEARCH 2, FOWNER 3, FSETID 4, SYS_PTRACE 19.
const keptByRoot = "000000000008001f"

const noCapability = "0000000000000000"

func TestRootKeepsOnlyTheCapabilitiesThatItNeeds(t *testing.T) {
	requireRoot(t)
	threads := inCopy(t, &syscall.Credential{}, "threads")
	if len(threads) < 8 {
		t.Errorf("only %d threads: the program should have had more", len(threads))
	}
	for _, thread := range threads {
		requireThread(t, thread, keptByRoot, noCapability, "1")
	}
}

func TestAnOrdinaryUserStaysAsHeIs(t *testing.T) {
	requireRoot(t)
	full := bounding(t)
	for _, thread := range inCopy(t, &syscall.Credential{Uid: 4711, Gid: 4711}, "threads") {
		requireThread(t, thread, noCapability, full, "0")
	}
}

func TestWhatRootCanDoAfterwards(t *testing.T) {
	requireRoot(t)
	for _, line := range inCopy(t, &syscall.Credential{}, "deeds") {
		deed, result, _ := strings.Cut(line, ": ")
		want := "<nil>"
		if strings.HasPrefix(deed, "never ") {
			want = unix.EPERM.Error()
		}
		if result != want {
			t.Errorf("%s: %s, want %s", deed, result, want)
		}
	}
}

// A container's root mostly lacks CAP_SYS_PTRACE, and still has to see what the
// registry beside it works on.
func TestInAContainerRootGoesOnSeeing(t *testing.T) {
	requireRoot(t)
	for _, line := range inCopy(t, &syscall.Credential{}, "container") {
		if deed, result, _ := strings.Cut(line, ": "); result != "<nil>" {
			t.Errorf("%s: %s", deed, result)
		}
	}
}

// TestWithCgoNothingIsDropped: there are threads then that Go knows nothing of.
func TestWithCgoNothingIsDropped(t *testing.T) {
	requireRoot(t)
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0); errno != unix.ENOTSUP {
		t.Skip("this program has no cgo linked in")
	}
	if err := DropPrivileges(); !errors.Is(err, unix.ENOTSUP) {
		t.Errorf("DropPrivileges() = %v, want ENOTSUP", err)
	}
	for _, thread := range threadsOf(t) {
		if strings.Contains(thread, "NoNewPrivs:1") || strings.Contains(thread, "CapEff:"+keptByRoot) {
			t.Errorf("a thread has changed: %s", thread)
		}
	}
}

// TestInCopy is the part that runs in the copy of the program.
func TestInCopy(t *testing.T) {
	report := func() []string { return threadsOf(t) }
	switch os.Getenv(inChild) {
	case "threads":
		defer manyThreads()()
	case "deeds":
		report = deeds(t)
	case "container":
		report = lookBesides(t)
	default:
		t.Skip("this is for the copy of the program that the other tests start")
	}
	if err := DropPrivileges(); err != nil {
		t.Fatal(err)
	}
	defer manyThreads()() // those that come later are like those that start them
	for _, line := range report() {
		fmt.Println("copy:", line)
	}
}

// lookBesides looks into a process like this one, of which neither has
// CAP_SYS_PTRACE.
func lookBesides(t *testing.T) func() []string {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		t.Fatal(err)
	}
	for _, set := range []*uint32{&sets[0].Permitted, &sets[0].Effective, &sets[0].Inheritable} {
		*set &^= 1 << unix.CAP_SYS_PTRACE
	}
	if err := errors.Join(onAllThreads(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, unix.CAP_SYS_PTRACE),
		onAllThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])))); err != nil {
		t.Fatal(err)
	}
	registry := exec.Command("cat")
	input, err := registry.StdinPipe()
	if err == nil {
		err = registry.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { input.Close(); registry.Wait() })
	return func() []string {
		_, environ := os.ReadFile(proc(registry.Process.Pid, "environ"))
		_, root := Host{Dir: "/"}.StatFrom(proc(registry.Process.Pid, "root"), "/")
		return []string{fmt.Sprintf("read the environment of a process: %v", environ), fmt.Sprintf("look into its root: %v", root)}
	}
}

// deeds prepares what is to be tried without privileges.
func deeds(t *testing.T) func() []string {
	const other = 4711
	private, sticky, given := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{private, sticky} {
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "link"), nil, 0o600), os.Chown(dir, other, other),
			os.Chown(filepath.Join(dir, "link"), other, other)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chmod(private, 0o700), os.Chmod(sticky, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	root, err := OpenRoot(given, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	registry := exec.Command("cat") // with all of root's capabilities
	stranger := exec.Command("cat")
	stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other}}
	for _, cmd := range []*exec.Cmd{registry, stranger} {
		input, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { input.Close(); cmd.Wait() }) // it could no longer be killed
	}
	return func() []string {
		var lines []string
		try := func(deed string, err error) {
			var errno syscall.Errno
			if errors.As(err, &errno) {
				err = errno
			}
			lines = append(lines, fmt.Sprintf("%s: %v", deed, err))
		}
		for _, p := range []int{registry.Process.Pid, stranger.Process.Pid} {
			_, err := Host{Dir: "/"}.StatFrom(proc(p, "root"), "/")
			try("look into the root of a process", err)
			_, err = os.ReadFile(proc(p, "environ"))
			try("read the environment of a process", err)
			_, err = os.Readlink(proc(p, "cwd"))
			try("read the working directory of a process", err)
		}
		try("remove from another's directory", os.Remove(filepath.Join(private, "link")))
		try("remove from a sticky directory", os.Remove(filepath.Join(sticky, "link")))
		try("make a directory for another user", root.Mkdir("made", Owner{UID: other, GID: other, Mode: 0o2750}))
		info, err := os.Stat(filepath.Join(given, "made"))
		if err == nil && info.Mode()&os.ModeSetgid == 0 {
			err = errors.New("its setgid bit is gone")
		}
		try("and with its setgid bit", err)
		try("never signal another's process", stranger.Process.Signal(unix.SIGUSR1))
		try("never become another user", syscall.Setuid(other))
		try("never change the root directory", unix.Chroot("/"))
		try("never mount", unix.Mount("none", given, "tmpfs", 0, ""))
		try("never make a device", unix.Mknod(filepath.Join(given, "null"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
		return lines
	}
}

func proc(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root has privileges to drop")
	}
}

// inCopy has a copy of this program, built without cgo, report lines.
func inCopy(t *testing.T, as *syscall.Credential, what string) []string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "store.test")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "-test.run=^TestInCopy$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), inChild+"="+what)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s as user %d: %v\n%s", what, as.Uid, err, out)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "copy: "); ok {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("the copy reported nothing:\n%s", out)
	}
	return lines
}

// manyThreads keeps threads beyond those that the runtime has anyway.
func manyThreads() (end func()) {
	done := make(chan struct{})
	for range 4 {
		up := make(chan struct{})
		go func() { runtime.LockOSThread(); close(up); <-done }()
		<-up
	}
	return func() { close(done) }
}

// threadsOf are the lines about privileges in the status of each thread of this
// process, put on one line.
func threadsOf(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		t.Fatal(err)
	}
	var threads []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "Cap") || strings.HasPrefix(line, "NoNewPrivs") {
				fields = append(fields, strings.ReplaceAll(strings.TrimSpace(line), "\t", ""))
			}
		}
		threads = append(threads, strings.Join(fields, " "))
	}
	return threads
}

// bounding is the set of capabilities that programs started here may have.
func bounding(t *testing.T) string {
	t.Helper()
	for _, field := range strings.Fields(threadsOf(t)[0]) {
		if set, ok := strings.CutPrefix(field, "CapBnd:"); ok {
			return set
		}
	}
	t.Fatal("no CapBnd in /proc/self/status")
	return ""
}

func requireThread(t *testing.T, thread, capabilities, bounding, noNewPrivileges string) {
	t.Helper()
	want := []string{"CapInh:" + noCapability, "CapPrm:" + capabilities, "CapEff:" + capabilities,
		"CapBnd:" + bounding, "CapAmb:" + noCapability, "NoNewPrivs:" + noNewPrivileges}
	if got := strings.Fields(thread); !slices.Equal(got, want) {
		t.Errorf("a thread has %v, want %v", got, want)
	}
}
