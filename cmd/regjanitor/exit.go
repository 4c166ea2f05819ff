package main

import (
	"context"
	"errors"
	"fmt"

	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
)

// exitCode is what a run tells the shell. The numbers are the contract's.
type exitCode int

const (
	exitDone        exitCode = 0
	exitError       exitCode = 1
	exitUsage       exitCode = 2
	exitInDoubt     exitCode = 3
	exitRefused     exitCode = 5
	exitFoundWork   exitCode = 6
	exitInterrupted exitCode = 130
)

func (c exitCode) String() string {
	words := map[exitCode]string{
		exitDone:        "done",
		exitError:       "stopped by an error, a rerun is safe",
		exitUsage:       "usage or configuration is wrong, nothing was changed",
		exitInDoubt:     "finished, but something was kept in doubt or could not be removed",
		exitRefused:     "refused, nothing was changed",
		exitFoundWork:   "there is work to do, nothing was changed",
		exitInterrupted: "interrupted, a rerun finishes the job",
	}
	return fmt.Sprintf("exit %d: %s", int(c), words[c])
}

// usageError is a mistake in what the user typed or configured.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// codeOf is the exit code for what ended a run.
func codeOf(err error) exitCode {
	var usage usageError
	var refused *refusal.Error
	var unknown *plan.UnknownError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &usage), errors.As(err, &unknown):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}
