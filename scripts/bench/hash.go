package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// hashCommand compares how fast all blobs are read and hashed with what an
// administrator would write in one line of shell.
func hashCommand(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("hash", flag.ContinueOnError)
	root := flags.String("root", "", "existing tree to work on; without it, one is made and removed again")
	dir := flags.String("dir", "", "`directory` to make the tree in (default: the temporary one)")
	data := flags.Int("data", defaultData, "size of the tree that is made, in `MiB`")
	rounds := flags.Int("runs", 3, "runs of each command")
	cold := flags.Bool("cold", false, "then do the same with cold caches (needs root)")
	jobs := flags.Int("jobs", defaultJobs, "blobs that regjanitor reads at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 {
		return errors.New("-runs is at least 1")
	}
	if *root == "" {
		if *root, err = os.MkdirTemp(*dir, "benchdata-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(*root)) }()
		if err := makeDataApart(ctx, *root, *data); err != nil {
			return fmt.Errorf("make data: %w", err)
		}
	}
	contestants, err := hashers(*root, *jobs)
	if err != nil {
		return err
	}
	return compareHashers(ctx, contestants, *rounds, *cold)
}

// hashers are the commands to compare, sha256sum first and regjanitor second.
// Many a sha256sum does without the processor's instructions for it, so openssl,
// where it is installed, shows what they give.
func hashers(root string, jobs int) ([]contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	line := func(name, command string) contestant {
		script := fmt.Sprintf(`cd "$0" && find blobs -name data -print0 | xargs -0 -n 64 -P %d %s`, runtime.NumCPU(), command)
		return contestant{name, []string{"sh", "-c", script, filepath.Join(root, prefix)}}
	}
	all := []contestant{
		line("sha256sum", "sha256sum"),
		{"regjanitor", []string{self, "read-blobs", "-root", root, "-jobs", strconv.Itoa(jobs)}},
	}
	if _, err := exec.LookPath("openssl"); err == nil {
		all = append(all, line("openssl", "openssl dgst -sha256"))
	}
	return all, nil
}

// compareHashers begins with a run of sha256sum that does not count: it leaves
// in the cache what it has read.
func compareHashers(ctx context.Context, contestants []contestant, rounds int, cold bool) error {
	nothing := func() error { return nil }
	if _, err := measureAll(ctx, contestants[:1], 1, nothing); err != nil {
		return err
	}
	results, err := measureAll(ctx, contestants, rounds, nothing)
	if err != nil {
		return err
	}
	if err := printHashers(os.Stdout, "warm", results); err != nil || !cold {
		return err
	}
	if results, err = measureAll(ctx, contestants, rounds, dropCaches); err != nil {
		return err
	}
	return printHashers(os.Stdout, "cold", results)
}

func printHashers(w io.Writer, title string, results []result) error {
	if err := printTable(w, title, results); err != nil {
		return err
	}
	ours := results[1]
	for i, r := range results {
		if i != 1 {
			fmt.Fprintf(w, "%s: regjanitor is %.2f times as fast as %s\n", title, speed(r.wall(), ours.wall()), r.name)
		}
	}
	return nil
}

func speed(theirs, ours time.Duration) float64 { return theirs.Seconds() / ours.Seconds() }
