package main

import (
	"context"
	"errors"
	"fmt"

	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
	"regjanitor/internal/retention"
	"regjanitor/internal/trash"
	"regjanitor/internal/why"
)

// exitCode is what a run tells the shell. The numbers are the contract's.
type exitCode int

const (
	exitDone        exitCode = 0
	exitError       exitCode = 1
	exitUsage       exitCode = 2
	exitInDoubt     exitCode = 3
	exitDamage      exitCode = 4
	exitRefused     exitCode = 5
	exitFoundWork   exitCode = 6
	exitDeadline    exitCode = 7
	exitInterrupted exitCode = 130
)

func (c exitCode) String() string {
	words := map[exitCode]string{
		exitDone:        "done",
		exitError:       "stopped by an error, a rerun is safe",
		exitUsage:       "usage or configuration is wrong, nothing was changed",
		exitInDoubt:     "finished, but something was kept in doubt, or could not be removed or mended",
		exitDamage:      "damage was found, nothing was changed",
		exitRefused:     "refused, nothing was changed",
		exitFoundWork:   "there is work to do, nothing was changed",
		exitDeadline:    "the deadline came first, the rest is for the next run",
		exitInterrupted: "interrupted, a rerun finishes the job",
	}
	return fmt.Sprintf("exit %d: %s", int(c), words[c])
}

// ofScript is what the users of burnettk's scripts know: they have no refusals.
func (c exitCode) ofScript() exitCode {
	if c == exitRefused {
		return exitError
	}
	return c
}

// usageError is a mistake in what the user typed or configured.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{err: fmt.Errorf(format, args...)} }

// interruptedError is a run that a signal ended after some changes.
type interruptedError struct {
	done int64
	what string // one of them
}

func (e interruptedError) Error() string {
	return fmt.Sprintf("interrupted after %s", report.Some(e.done, e.what))
}
func (e interruptedError) Unwrap() error { return context.Canceled }

// stoppedError is what ended a sweep halfway. Even where a refusal did, something
// has been changed by then, so that it is an error.
type stoppedError struct{ err error }

func (e stoppedError) Error() string { return e.err.Error() }

// codeOf is the exit code for what ended a run.
func codeOf(err error) exitCode {
	var usage usageError
	var refused *refusal.Error
	var unknown *plan.UnknownError
	var unknownTrash *trash.UnknownError
	var unknownThing *why.UnknownError
	var ambiguous *why.AmbiguousError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &usage), errors.As(err, &unknown), errors.As(err, &unknownTrash), errors.As(err, &unknownThing), errors.As(err, &ambiguous):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}

// problemOf is what ended a run in the contract's form.
func problemOf(err error) *report.Problem {
	var usage usageError
	var refused *refusal.Error
	var unknown *plan.UnknownError
	var unknownTrash *trash.UnknownError
	var unknownThing *why.UnknownError
	var ambiguous *why.AmbiguousError
	var policy *retention.Error
	var interrupted interruptedError
	var stopped stoppedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &report.Problem{Code: refused.Code, Message: refused.Message, Hint: refused.Hint}
	case errors.As(err, &policy):
		return &report.Problem{Code: "policy", Message: err.Error(), Hint: policy.Hint, Excerpt: policy.Excerpt}
	case errors.As(err, &usage):
		return &report.Problem{Code: "usage", Message: err.Error(), Hint: usage.hint}
	case errors.As(err, &unknown):
		return &report.Problem{Code: "not-found", Message: err.Error(), Hint: hintOf(unknown)}
	case errors.As(err, &unknownTrash):
		return &report.Problem{Code: "not-found", Message: err.Error(), Hint: "see what is there with regjanitor trash list"}
	case errors.As(err, &unknownThing):
		return &report.Problem{Code: "not-found", Message: err.Error(), Hint: unknownThing.Hint}
	case errors.As(err, &ambiguous):
		return &report.Problem{Code: "ambiguous", Message: err.Error(), Hint: "give more digits of the one that you mean", Excerpt: report.Ambiguous(ambiguous.Candidates, ambiguous.More)}
	case errors.As(err, &interrupted):
		return &report.Problem{Code: "interrupted", Message: err.Error()}
	case errors.Is(err, context.Canceled):
		return &report.Problem{Code: "interrupted", Message: "interrupted before anything was changed"}
	case errors.As(err, &stopped):
		p := &report.Problem{Code: "stopped", Message: err.Error()}
		if errors.As(stopped.err, &refused) {
			p.Hint = refused.Hint
		}
		return p
	}
	return &report.Problem{Code: "error", Message: err.Error()}
}

// hintOf helps who has named what is not there.
func hintOf(unknown *plan.UnknownError) string {
	switch {
	case unknown.Meant != "":
		return "names are without the registry's host: did you mean " + unknown.Meant + "?"
	case unknown.Below != "" && unknown.Request.Tag == "" && unknown.Request.Digest == "":
		return "there is " + unknown.Below + " below it: " + quoted(unknown.Request.Repository+"/**") + " names all that is"
	}
	return "see what is there with regjanitor ls; names are without the registry's host"
}
