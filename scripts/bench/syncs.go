package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// noteSyncs tells what a sweep pays for having links removed on the disk before
// the blobs behind them go: the time of its syncfs calls, as strace sees them.
func (s *suite) noteSyncs(ctx context.Context, root string) error {
	strace, err := exec.LookPath("strace")
	if err != nil {
		s.note("durability: not measured, as strace is not installed")
		return nil
	}
	subject := s.removal(root)
	trace := filepath.Join(s.scratch, "syncs")
	subject.argv = append([]string{strace, "-f", "--seccomp-bpf", "-T", "-e", "trace=syncfs", "-o", trace}, subject.argv...)
	took, err := measure(ctx, subject)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		return err
	}
	var calls int
	var spent time.Duration
	for _, match := range regexp.MustCompile(`syncfs.*<([0-9.]+)>`).FindAllSubmatch(text, -1) {
		seconds, err := strconv.ParseFloat(string(match[1]), 64)
		if err != nil {
			return fmt.Errorf("parse %s: %w", trace, err)
		}
		calls++
		spent += time.Duration(seconds * float64(time.Second))
	}
	s.note("durability: %d calls of syncfs, %s of a real sweep's %s, %.1f %%", calls, seconds(spent.Seconds()), seconds(took.wall.Seconds()),
		100*spent.Seconds()/took.wall.Seconds())
	return nil
}
