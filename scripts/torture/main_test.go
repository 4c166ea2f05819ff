// Package torture runs the janitor's binary where it hurts: killed at random
// moments, eight at a time on one tree, on disks that are full, that turn
// read-only or lose power under it, and on a file system that answers EIO.
//
// What a test expects never comes from the janitor: it is what a reader of its
// own follows from the tags (holdings_test.go), and that no link that is left
// dangles. Nothing is simulated but the broken disk, which is a file system in
// user space.
//
// Everything happens below the test's temporary directory and, where the system
// permits, in a mount namespace of its own, so that no mount can be left behind.
package torture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// binary is the janitor under test.
var binary string

func TestMain(m *testing.M) {
	if code, inside := enterNamespace(); !inside {
		os.Exit(code)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	bin, err := os.MkdirTemp("", "regjanitor-torture-")
	if err == nil {
		defer os.RemoveAll(bin)
		err = build(bin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		return 1
	}
	return m.Run()
}

// build makes the binary, unless a release is named, and takes out of the
// environment what would configure it.
func build(bin string) error {
	binary = os.Getenv("REGJANITOR_TORTURE_BINARY")
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name != scaleVariable && (strings.HasPrefix(name, "REGISTRY_") || strings.HasPrefix(name, "REGJANITOR_")) {
			os.Unsetenv(name)
		}
	}
	if binary != "" {
		return nil
	}
	binary = filepath.Join(bin, "regjanitor")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/regjanitor")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the janitor: %w\n%s", err, out)
	}
	return nil
}

const namespaced = "TORTURE_NAMESPACE"

// enterNamespace runs these tests again in a mount namespace of their own, where
// that is permitted.
func enterNamespace() (code int, inside bool) {
	if os.Getenv(namespaced) != "" {
		return 0, true
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), namespaced+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 { // there any user may be root
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	runtime.LockOSThread() // whose death is the other's
	if cmd.Start() != nil {
		return 0, true // not permitted: the tests that mount say so themselves
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), false
}

const scaleVariable = "REGJANITOR_TEST_SCALE"

// scaled is how often something is to be tried: n times, or the environment's
// integer factor as often.
func scaled(n int) int {
	value := os.Getenv(scaleVariable)
	if value == "" {
		return n
	}
	factor, err := strconv.Atoi(value)
	if err != nil || factor < 1 {
		panic(fmt.Sprintf("%s=%q is no factor", scaleVariable, value))
	}
	return n * factor
}
