package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"regjanitor/internal/report"
	"regjanitor/internal/store"
)

// end reports how a command ended: errors on stderr, the document where it is
// asked for, metrics, and at last the exit code in words.
func (s *session) end(err error) exitCode {
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
	if code != exitDone || !s.Quiet {
		s.voice.Exit(int(code), code.String())
	}
	return code
}

func (s *session) writeDocument() error {
	if s.listing != nil {
		s.listing.Header = s.document.Header
		return report.Write(s.stdout, s.listing)
	}
	return report.Write(s.stdout, s.document)
}

// metrics are of the commands that remove; a look leaves the file as it is.
func (s *session) metrics() {
	if s.MetricsFile == "" || s.v2 == "" || s.command == "ls" {
		return
	}
	previous, _ := host.Read(absolute(string(s.MetricsFile)), largestConfig)
	if err := store.WriteFile(string(s.MetricsFile), report.Metrics(s.document, previous, time.Now())); err != nil {
		s.voice.Warn(fmt.Sprintf("metrics are not written: %v", err))
	}
}

// text writes to stdout what is for people, unless a document is wanted.
func (s *session) text(write func(w io.Writer, paint report.Paint)) {
	if s.JSON {
		return
	}
	var out bytes.Buffer
	write(&out, s.paint(s.Color, s.stdout))
	if _, err := s.stdout.Write(out.Bytes()); err != nil {
		s.lost = err
	}
}
