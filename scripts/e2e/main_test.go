// Package e2e proves regjanitor against the real thing: registries 2.8 and 3.1,
// pushed to and pulled from by skopeo, crane, docker and a plain HTTP client.
//
// What a test expects never comes from the janitor and hardly from the tree: it
// is what the registry itself handed out before the sweep, followed from every
// tag to the last layer (see holdings). The janitor is only ever run as a
// binary, as its users run it.
//
// Registries listen on free ports of 127.0.0.1 and store below the test's
// temporary directory. Nothing is pulled from anywhere else.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// programs are the binaries under test and those that they are tested with.
var programs struct {
	janitor   string
	registry2 string // Debian's docker-registry, 2.8
	registry3 string // 3.1, built statically: a container holds nothing else
	crane     string
	skopeo    string
	ncdu, gdu string // which open what du exports
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	bin, err := os.MkdirTemp("", "regjanitor-e2e-bin-")
	if err == nil {
		defer os.RemoveAll(bin)
		err = prepare(bin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return m.Run()
}

// prepare finds or builds every program. One that is missing is a failure and
// not a reason to skip: a skipped proof looks like a passed one.
func prepare(bin string) error {
	var err error
	if programs.registry2, err = installed("docker-registry"); err != nil {
		return err
	}
	if programs.skopeo, err = installed("skopeo"); err != nil {
		return err
	}
	if programs.ncdu, err = installed("ncdu"); err != nil {
		return err
	}
	if programs.gdu, err = installed("gdu"); err != nil {
		return err
	}

	const (
		registry = "github.com/distribution/distribution/v3/cmd/registry"
		crane    = "github.com/google/go-containerregistry/cmd/crane"
	)
	if err := build("..", bin, registry, crane); err != nil {
		return err
	}
	programs.registry3 = filepath.Join(bin, "registry")
	programs.crane = filepath.Join(bin, "crane")

	// A release is tested by naming its binary.
	programs.janitor = os.Getenv("REGJANITOR_E2E_BINARY")
	if programs.janitor == "" {
		if err := build("../..", bin, "./cmd/regjanitor"); err != nil {
			return err
		}
		programs.janitor = filepath.Join(bin, "regjanitor")
	}
	return isolate()
}

func installed(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s is not installed; scripts/e2e/install installs it: %w", program, err)
	}
	return path, nil
}

func build(module, bin string, packages ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-o", bin + "/"}, packages...)...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", strings.Join(packages, " "), err, out)
	}
	return nil
}

// isolate takes out of the environment whatever would configure a registry, the
// janitor or a client behind the tests' back.
func isolate() error {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"REGISTRY_", "REGJANITOR_", "OTEL_"} {
			if strings.HasPrefix(name, prefix) {
				if err := os.Unsetenv(name); err != nil {
					return err
				}
			}
		}
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if err := os.Setenv(name, "127.0.0.1"); err != nil {
			return err
		}
	}
	return nil
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
