package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// trials tries mutants on the tests of one checkout.
type trials struct {
	root  string
	cache string    // of builds
	keep  bool      // it was there before
	tests [][]*test // by suite
}

// newTrials runs the tests on the code as it is: they have to pass, and tell how
// long each takes.
func newTrials(ctx context.Context, root, cache string, packages []string, slowest time.Duration, log io.Writer) (*trials, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	t := &trials{root: root, cache: cache, keep: cache != ""}
	if !t.keep {
		if t.cache, err = os.MkdirTemp("", "mutate-cache"); err != nil {
			return nil, err
		}
	}
	for _, suite := range suites(root, packages) {
		each, err := t.time(ctx, suite)
		if err != nil {
			t.close()
			return nil, fmt.Errorf("the code as it is: %w", err)
		}
		t.tests = append(t.tests, split(suite, each, slowest, log))
	}
	fmt.Fprintf(log, "%d tests\n", len(slices.Concat(t.tests...)))
	return t, nil
}

func (t *trials) close() {
	if !t.keep {
		os.RemoveAll(t.cache)
	}
}

// time runs each test of a suite.
func (t *trials) time(ctx context.Context, suite *test) ([]timed, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "tests")
	if said, err := t.compile(ctx, suite.pkg, binary, ""); err != nil {
		return nil, fmt.Errorf("compile %s: %w: %s", suite.pkg, err, said)
	}
	var watch stopwatch
	verbose := &test{pkg: suite.pkg, name: ".*", args: append([]string{"-test.v"}, suite.args...), took: 10 * time.Minute}
	fate, err := t.execute(ctx, verbose, binary, dir, &watch)
	watch.stop()
	if err == nil && fate != survived {
		err = fmt.Errorf("%s does not pass\n%s", suite, strings.Join(watch.fails, "\n"))
	}
	return watch.each, err
}

// try runs one test after the other until one fails.
func (t *trials) try(ctx context.Context, m *mutant) (fate, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return untried, err
	}
	defer os.RemoveAll(dir)
	changed, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(t.root, "internal", m.file): changed}})
	if err != nil {
		return untried, err
	}
	if err := errors.Join(os.WriteFile(changed, m.mutated(), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return untried, err
	}
	for _, suite := range t.tests {
		if len(suite) == 0 || suite[0].about != nil && !slices.Contains(suite[0].about, m.pkg) {
			continue
		}
		binary := filepath.Join(dir, "tests")
		if _, err := t.compile(ctx, suite[0].pkg, binary, overlay); ctx.Err() != nil {
			return untried, ctx.Err()
		} else if err != nil {
			return notCompiled, nil
		}
		if fate, err := t.trySuite(ctx, suite, binary, filepath.Join(dir, "tmp")); err != nil || fate != survived {
			return fate, err
		}
	}
	return survived, nil
}

// alone is how many tests of a suite are run on their own, before all others
// together.
const alone = 8

// trySuite runs the most promising tests first.
func (t *trials) trySuite(ctx context.Context, suite []*test, binary, temp string) (fate, error) {
	for _, test := range ordered(suite) {
		if err := os.Mkdir(temp, 0o700); err != nil {
			return untried, err
		}
		begun := time.Now()
		fate, err := t.execute(ctx, test, binary, temp, nil)
		os.RemoveAll(temp)
		test.spent.Add(int64(time.Since(begun)))
		if err != nil || fate != survived {
			test.kills.Add(1)
			return fate, err
		}
	}
	return survived, nil
}

func (t *trials) compile(ctx context.Context, pkg, binary, overlay string) (said []byte, err error) {
	args := []string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	command := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	command.Dir = t.root
	command.Env = append(os.Environ(), "GOCACHE="+t.cache)
	return command.CombinedOutput()
}

// enough memory, in KiB, for any test; a mutant may want all there is.
const enough = 6 << 20

// execute runs compiled tests, and leaves nothing of theirs running.
func (t *trials) execute(ctx context.Context, test *test, binary, dir string, out io.Writer) (fate, error) {
	limited, cancel := context.WithTimeout(ctx, test.limit())
	defer cancel()
	command := fmt.Sprintf(`ulimit -v %d; exec "$@"`, enough)
	tests := exec.CommandContext(limited, "sh", append([]string{"-c", command, "sh", binary, "-test.failfast", "-test.run=^(" + test.name + ")$"}, test.args...)...)
	tests.Stdout, tests.WaitDelay = out, time.Second
	tests.Dir = filepath.Join(t.root, test.pkg)
	tests.Env = append(os.Environ(), "TMPDIR="+dir, "REGJANITOR_TEST_SEED=1")
	tests.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tests.Cancel = func() error { return syscall.Kill(-tests.Process.Pid, syscall.SIGKILL) }
	if err := tests.Start(); err != nil {
		return untried, err
	}
	err := tests.Wait()
	syscall.Kill(-tests.Process.Pid, syscall.SIGKILL) // the whole group
	switch {
	case ctx.Err() != nil:
		return untried, ctx.Err()
	case limited.Err() != nil:
		return hung, nil
	case err != nil:
		return killed, nil
	}
	return survived, nil
}
