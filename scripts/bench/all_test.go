package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's binary stand in for the program, which runs itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		main()
		return
	}
	os.Exit(m.Run())
}

// What is measured here means nothing, but that everything can be.
func TestEverythingRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	all := exec.Command(self, "all", "-quick", "-keep", kept)
	all.Stderr = t.Output()
	out, err := all.Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", out)
	for _, comparison := range []string{
		"registry's collector ÷ regjanitor", "du -s ÷", "find -type f ÷", "÷ bare walk",
		"1 × 80 tags × 160 pushes: collector", "real sweep", "time per entry, ", "peak memory, ",
		"read every blob, warm: sha256sum",
	} {
		if !strings.Contains(string(out), comparison) {
			t.Errorf("the table says nothing about %q", comparison)
		}
	}
	jobs := exec.Command(self, "jobs", "-dir", t.TempDir(), "-memory", "", "-repos=5", "-jobs=1,4", "-rounds=1", "-cold=false")
	jobs.Stderr = t.Output()
	if out, err = jobs.Output(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", out)
	if left, _ := filepath.Glob(kept + "/benchtree-*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestExtrapolation(t *testing.T) {
	took := func(size float64) float64 { return 3*size + 50*size*size }
	for _, c := range []struct {
		name                  string
		one, two, size, whole float64
	}{
		{"a linear and a square part", took(1), took(2), 4, took(4)},
		{"the same, further", took(1), took(2), 8, took(8)},
		{"a square", 1, 4, 4, 16},
		{"noise that looks like more than a square", 1, 5, 4, 20},
		{"noise that looks like less than linear", 1, 1.5, 4, 3},
	} {
		if got := extrapolate(c.one, c.two, c.size); math.Abs(got-c.whole) > 1e-9 {
			t.Errorf("%s: %v and %v give %v, want %v", c.name, c.one, c.two, got, c.whole)
		}
	}
}

func TestRows(t *testing.T) {
	took := func(walls ...time.Duration) (r result) {
		for _, w := range walls {
			r = append(r, sample{wall: w})
		}
		return r
	}
	var got table
	got.progress = t.Output()
	got.faster("fast enough", atLeast(8), took(time.Second), took(9*time.Second))
	got.faster("too slow", atLeast(8), took(time.Second), took(2*time.Second))
	got.slower("close enough", atMost(1.3), took(6*time.Second), took(5*time.Second))
	got.faster("killed, but long past the target", atLeast(8), took(time.Second), result{{wall: 9 * time.Second, killed: true}})
	got.faster("killed too soon", atLeast(8), took(time.Second), result{{wall: 7 * time.Second, killed: true}})
	got.faster("noise", target{}, took(time.Second, 2*time.Second, 3*time.Second), took(4*time.Second))
	var text strings.Builder
	if err := got.print(&text); err != nil {
		t.Fatal(err)
	}
	const want = `
comparison                         measured   target             medians
fast enough                        9.00×      ≥ 8×     ok        9 s ÷ 1 s
too slow                           2.00×      ≥ 8×     short     2 s ÷ 1 s
close enough                       1.20×      ≤ 1.3×   ok        6 s ÷ 5 s
killed, but long past the target   > 9.00×    ≥ 8×     ok        over 9 s ÷ 1 s
killed too soon                    > 7.00×    ≥ 8×     unknown   over 7 s ÷ 1 s
noise                              2.00×                         4 s ÷ 2 s (min 1 s)
`
	if strings.TrimSpace(text.String()) != strings.TrimSpace(want) {
		t.Errorf("the table is\n%s", text.String())
	}
}
