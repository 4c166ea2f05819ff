package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTooManyCandidates: what a shell finds common to those that it gets has to be
// common to all.
func TestTooManyCandidates(t *testing.T) {
	c := &completion{answer: "names"}
	for i := range mostCandidates {
		c.offer("a", fmt.Sprintf("a%05d", i), "")
	}
	c.offer("a", "zz", "")
	c.offer("a", "az", "")
	var out bytes.Buffer
	c.write(&out)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if first, last := lines[1], lines[len(lines)-1]; len(lines) != 1+mostCandidates || first != "a00000\t" || last != "az\t" {
		t.Errorf("%d lines, from %q to %q", len(lines), first, last)
	}
	if len(c.candidates) != mostCandidates+1 || c.candidates[mostCandidates-1].word != "a09999" {
		t.Errorf("the candidates were changed: there are %d, %v among them", len(c.candidates), c.candidates[mostCandidates-1])
	}
}

func TestNobodyWaitsForADiskThatHangs(t *testing.T) {
	if inTime(time.Millisecond, func() { select {} }) {
		t.Error("it is over")
	}
	if !inTime(time.Hour, func() {}) {
		t.Error("it is not over")
	}
}
