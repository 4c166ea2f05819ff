package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
)

// end reports how a command ended: errors on stderr, the document where it is
// asked for, metrics, and at last the exit code in words.
func (s *session) end(err error) exitCode {
	if errors.Is(err, context.DeadlineExceeded) {
		s.code, err = exitDeadline, nil
		s.warn("deadline", s.v2, "the deadline came before anything was changed")
		s.text(func(w io.Writer, _ report.Paint) {
			fmt.Fprintf(w, "%s: the deadline came before anything was changed: give it more time\n", s.command)
		})
	}
	code := codeOf(err)
	if err == nil {
		code = s.code
	} else {
		s.voice.Problem(problemOf(err))
	}
	if s.document == nil {
		s.document = report.NewDocument(false)
	}
	s.document.Header = s.header(code, err)
	if s.JSON && !s.written {
		s.lost = s.writeDocument()
	}
	if s.lost != nil {
		s.voice.Problem(problemOf(fmt.Errorf("write results: %w", s.lost)))
		if err == nil {
			code = exitError
		}
	}
	s.document.ExitCode = int(code)
	s.metrics()
	if !s.Quiet || code != exitDone && code != exitDeadline {
		s.voice.Exit(int(code), code.String())
	}
	if s.script {
		return code.ofScript()
	}
	return code
}

func (s *session) writeDocument() error {
	if s.view != nil {
		s.view.Begin(s.document.Header)
		return report.Write(s.stdout, s.view)
	}
	return report.Write(s.stdout, s.document)
}

// measured is a document with metrics of its own.
type measured interface {
	report.View
	Metrics(previous []byte, now time.Time) []byte
}

// metrics are of verify and of the commands that change something; any other look
// leaves the file as it is.
func (s *session) metrics() {
	if s.MetricsFile == "" || s.v2 == "" {
		return
	}
	previous, _ := host.Read(absolute(string(s.MetricsFile)), largestConfig)
	var metrics []byte
	switch view := s.view.(type) {
	case nil:
		metrics = report.Metrics(s.document, previous, time.Now())
	case measured:
		view.Begin(s.document.Header)
		metrics = view.Metrics(previous, time.Now())
	default:
		return
	}
	err := s.checkApart(s.MetricsFile)
	if err == nil {
		err = store.WriteFile(string(s.MetricsFile), metrics)
	}
	if err != nil {
		s.voice.Warn(fmt.Sprintf("metrics are not written: %v", err))
	}
}

// text writes to stdout what is for people, unless a document is wanted, or what
// a script says.
func (s *session) text(write func(w io.Writer, paint report.Paint)) {
	if s.JSON || s.script {
		return
	}
	var out bytes.Buffer
	write(&out, s.paint(s.Color, s.stdout))
	if _, err := s.stdout.Write(out.Bytes()); err != nil {
		s.lost = err
	}
}

// concerns says on stderr what a person should look at, where the summary does
// not.
func (s *session) concerns(h *report.Header) {
	if s.Quiet || s.JSON || s.voice.JSON || s.script {
		grave := *h
		grave.Warnings = nil
		s.voice.Concerns(&grave)
	}
}

// log is where lines for single paths go, nil where nobody wants them.
func (s *session) log() *report.Log {
	if s.Quiet || s.terminal && !s.Verbose {
		return nil
	}
	return &report.Log{Voice: s.voice, Root: s.v2, All: s.Verbose}
}

// logOf is the log of a plan's removals, nil where nobody wants it.
func (r *reclaim) logOf(p *plan.Plan) *report.Log {
	log := r.log()
	if log != nil && r.script {
		return report.ScriptLog(*log, p, r.options.Prune)
	}
	return log
}
