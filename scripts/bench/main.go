// Command bench measures regjanitor against what an administrator would
// otherwise run on the same tree, and against the least work that could answer
// the same question.
//
//	bench all       [-only PARTS] [-quick]     every comparison, in one table
//	bench jobs      [shape flags]              how many requests in flight are best
//	bench make-tree [shape flags] -root DIR    write a synthetic registry
//	bench walk      -root DIR                  the yardstick: a bare mark and sweep
//	bench unlink    -root DIR -list FILE       the other: bare removals, unchecked
//	bench make-data -root DIR -data MIB        write blobs with real content
//	bench read-blobs -root DIR                 read all blobs, as verify does
//
// Only ratios within one run mean anything: every command works on the same
// tree, in turn, so that whatever else the machine does hits all of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: bench all|jobs|make-tree|walk|unlink|make-data|read-blobs [flags]; -h after a command lists its flags`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	switch name, rest := args[0], args[1:]; name {
	case "all":
		return allCommand(ctx, rest)
	case "jobs":
		return jobsCommand(ctx, rest)
	case "make-tree":
		return makeTreeCommand(ctx, rest)
	case "walk":
		return walkCommand(rest)
	case "unlink":
		return unlinkCommand(rest)
	case "make-data":
		return makeDataCommand(ctx, rest)
	case "read-blobs":
		return readBlobsCommand(ctx, rest)
	default:
		return fmt.Errorf("unknown command %q\n%s", name, usage)
	}
}
