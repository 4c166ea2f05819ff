package sweep_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// violation is a state that may not be.
type violation struct {
	seed      uint64
	spec, run string
	state     string
	unsynced  bool
	wrong     []string
}

// class tells violations apart that have little to do with each other.
func (v *violation) class() string {
	words := []string{strings.SplitN(v.run, " ", 2)[0], fmt.Sprint(v.unsynced, strings.Contains(v.run, "--trash"))}
	for _, line := range v.wrong {
		what, _, _ := strings.Cut(line, ":")
		if !slices.Contains(words, what) {
			words = append(words, what)
		}
	}
	return strings.Join(words, ", ")
}

// shrunk says what is wrong, with the smallest registry that shows it: one from
// which no line can go, or what a few seconds have come to.
func (v *violation) shrunk(dir string) string {
	smallest, begun := v, time.Now()
	for less := v; less != nil && time.Since(begun) < 5*time.Second; {
		smallest, less = less, nil
		lines := strings.Split(smallest.spec, "\n")
		for i := range lines {
			c := crashing{dir: dir, seed: v.seed, samples: 10, tally: newTally()}
			text := strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n")
			if err := c.registry(text, v.run); err == nil && c.first[v.class()] != nil {
				less = c.first[v.class()]
				break
			}
		}
	}
	return fmt.Sprintf("%s: %s\n  %s\nin the registry\n%s\nwhich is what is left of that of %s=%d go test ./internal/sweep -run TestCrashAnywhere",
		smallest.run, smallest.state, strings.Join(smallest.wrong, "\n  "), smallest.spec, seedVariable, v.seed)
}
