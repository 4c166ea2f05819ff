package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// test is some tests of one package.
type test struct {
	pkg   string // relative to the module
	args  []string
	name  string
	about []string      // the packages whose mutants it may notice; nil is all
	took  time.Duration // on the code as it is

	kills, spent atomic.Int64 // so far; nanoseconds
}

func (t *test) String() string { return t.pkg + " " + strings.Join(t.args, " ") }

// limit is how long it may take on a mutant, on a machine that has other work.
func (t *test) limit() time.Duration { return 10*time.Second + 4*t.took }

// suites are the packages whose tests ought to notice a change of the named ones.
// Random tests repeat what they try, do not look for the smallest failure, and
// leave no file about it in the checkout; of the model's
// registries a few will do. Left out are times and races, which say nothing of a
// mutant, and what takes a minute or more by design.
func suites(root string, packages []string) (all []*test) {
	random := []string{"-rapid.seed=1", "-rapid.checks=20", "-rapid.shrinktime=1ms", "-rapid.nofailfile"}
	add := func(pkg string, about []string, args ...string) {
		if has(root, pkg, "*_test.go", "") {
			all = append(all, &test{pkg: pkg, about: about, args: args})
		}
	}
	for _, name := range packages {
		if name != "sweep" && name != "trash" {
			add("internal/"+name, []string{name})
		}
	}
	add("internal/sweep", nil, "-test.skip=^(TestManyEntries|TestSymlinkRace|TestCrashAnywhere|TestFaults)$")
	add("cmd/regjanitor", nil)
	add("internal/trash", []string{"sweep", "trash"})
	add("internal/modeltest", nil, "-registries=200")
	for _, suite := range all {
		if has(root, suite.pkg, "*_test.go", `"pgregory.net/rapid"`) {
			suite.args = append(suite.args, random...)
		}
	}
	return all
}

// has tells whether a file of this name holds some text.
func has(root, pkg, name, text string) bool {
	found, _ := filepath.Glob(filepath.Join(root, pkg, name))
	return slices.ContainsFunc(found, func(path string) bool {
		content, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(content), text)
	})
}

// split makes one test of each test of a suite; what takes longer than most is
// left out.
func split(suite *test, each []timed, most time.Duration, log io.Writer) (tests []*test) {
	for _, one := range each {
		if one.took > most {
			fmt.Fprintf(log, "%s %s takes %s and is left out\n", suite.pkg, one.name, one.took.Round(time.Second))
			continue
		}
		tests = append(tests, &test{pkg: suite.pkg, name: one.name, args: suite.args, about: suite.about, took: one.took})
	}
	return tests
}

// promise is how many mutants a test has killed in the time that it has had.
func (t *test) promise() float64 {
	return (float64(t.kills.Load()) + 0.1) / (time.Duration(t.spent.Load()) + t.took + time.Millisecond).Seconds()
}

// ordered puts the most promising tests of a suite first, and makes one of those
// that promise least.
func ordered(suite []*test) []*test {
	promises := map[*test]float64{}
	for _, test := range suite {
		promises[test] = test.promise()
	}
	sorted := slices.SortedFunc(slices.Values(suite), func(a, b *test) int { return cmp.Compare(promises[b], promises[a]) })
	if len(sorted) <= alone {
		return sorted
	}
	rest := &test{pkg: suite[0].pkg, args: suite[0].args}
	for i, test := range sorted[alone:] {
		rest.took += test.took
		if i > 0 {
			rest.name += "|"
		}
		rest.name += test.name
	}
	return append(sorted[:alone], rest)
}

// timed is a test by its name.
type timed struct {
	name string
	took time.Duration
}

// stopwatch reads what verbose tests say, as they say it: a test lasts until the
// next one begins, whatever it says of itself when its parts run in parallel.
type stopwatch struct {
	begun time.Time
	each  []timed
	rest  string
	fails []string
}

func (s *stopwatch) Write(p []byte) (int, error) {
	lines := strings.Split(s.rest+string(p), "\n")
	s.rest = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		if strings.Contains(line, "--- FAIL: ") {
			s.fails = append(s.fails, line)
		}
		if name, ok := strings.CutPrefix(line, "=== RUN   "); ok && !strings.Contains(name, "/") {
			s.stop()
			s.each, s.begun = append(s.each, timed{name: name}), time.Now()
		}
	}
	return len(p), nil
}

func (s *stopwatch) stop() {
	if n := len(s.each); n > 0 {
		s.each[n-1].took = time.Since(s.begun)
	}
}
