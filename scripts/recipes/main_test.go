// Package recipes tests what the README tells administrators to run: the
// maintenance window, the cron line, the container image and the compose file,
// as they are in the folders beside this one, with real registries 2.8 and 3.1,
// as processes and, where an engine is found, in containers.
//
// The systemd service has a package of its own, in which the window is also
// tried on a real systemd unit.
package recipes

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// programs are the binaries under test and those that they are tested with.
var programs struct {
	bin       string // the folder of those built here
	registry2 string // Debian's docker-registry, 2.8
	registry3 string // 3.1, built statically: a container holds nothing else
}

const windowScript = "../maintenance-window/maintenance-window"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	bin, err := os.MkdirTemp("", "regjanitor-recipes-bin-")
	if err == nil {
		defer os.RemoveAll(bin)
		defer removeImages()
		err = prepare(bin)
	}
	if err == nil {
		flag.Parse()
		err = flag.Set("test.parallel", "8") // they wait more than they work
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "recipes:", err)
		return 1
	}
	return m.Run()
}

// prepare finds or builds every program, and takes out of the environment what
// would configure them behind the tests' back. One that is missing is a failure
// and not a reason to skip.
func prepare(bin string) error {
	for _, program := range []string{"docker-registry", "curl"} {
		path, err := exec.LookPath(program)
		if err != nil {
			return fmt.Errorf("%s is not installed; scripts/e2e/install installs it: %w", program, err)
		}
		if program == "docker-registry" {
			programs.registry2 = path
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"REGISTRY_", "REGJANITOR_", "COMPOSE_", "OTEL_"} {
			if strings.HasPrefix(name, prefix) {
				os.Unsetenv(name)
			}
		}
	}
	os.Setenv("NO_PROXY", "127.0.0.1")
	programs.bin, programs.registry3 = bin, filepath.Join(bin, "registry")
	if err := build("..", bin, "github.com/distribution/distribution/v3/cmd/registry"); err != nil {
		return err
	}
	if err := build("../..", bin, "./cmd/regjanitor"); err != nil {
		return err
	}
	return vouch(filepath.Join(bin, "regjanitor"))
}

// vouch puts an administrator's word in the janitor's mouth where it cannot see
// the host's processes, and rightly asks for it: in a container.
func vouch(janitor string) error {
	const hosts = "pid:[4026531836]"
	if namespace, err := os.Readlink("/proc/self/ns/pid"); err != nil || namespace == hosts {
		return err
	}
	fmt.Println("the host's processes are out of sight here: each sweep gets --registry-stopped")
	real := filepath.Join(filepath.Dir(janitor), "real")
	if err := os.Mkdir(real, 0o755); err != nil {
		return err
	}
	real = filepath.Join(real, "regjanitor")
	if err := os.Rename(janitor, real); err != nil {
		return err
	}
	return os.WriteFile(janitor, fmt.Appendf(nil, "#!/bin/sh\nexec %s \"$@\" --registry-stopped\n", real), 0o755)
}

func build(module, bin, program string) error {
	cmd := exec.Command("go", "build", "-o", bin+"/", program)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return nil
}

// TestScriptsAreClean: the scripts that administrators are to read, and to run
// as root, in the eyes of shellcheck.
func TestScriptsAreClean(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("shellcheck is not installed:", err)
	}
	command(t, "shellcheck", windowScript, "../e2e/install", "../systemd/image", "../systemd/sandboxed")
}

// command runs a program to its end and returns what it printed; failing is fatal.
func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return string(out)
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
