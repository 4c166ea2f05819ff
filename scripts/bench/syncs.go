package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// showSyncs tells what a sweep pays for having links removed on the disk before
// the blobs behind them go: the time of its syncfs calls, as strace sees them.
func (c *comparison) showSyncs(ctx context.Context) (err error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		fmt.Println("the cost of durability is not measured: strace is not installed")
		return nil
	}
	root, remove, err := c.newTree(ctx, c.dir, c.shape)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	subject, err := c.janitorRemoval(ctx, root)
	if err != nil {
		return err
	}
	unix.Sync()
	trace := filepath.Join(c.scratch, "syncs")
	subject.argv = append([]string{strace, "-f", "--seccomp-bpf", "-T", "-e", "trace=syncfs", "-o", trace}, subject.argv...)
	s, err := measure(ctx, subject)
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
	fmt.Printf("durability: %d calls of syncfs, %s of %s, %.1f %%\n", calls, spent.Round(time.Millisecond), s.wall.Round(time.Millisecond),
		100*spent.Seconds()/s.wall.Seconds())
	return nil
}
