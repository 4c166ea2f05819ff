package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// listen gives a context that a signal ends, and answers SIGUSR1. After the
// first signal that ends a run a second one kills it, which costs nothing but
// the report: the tree is valid at any instant.
func (s *session) listen() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1)
	go func() {
		for got := range signals {
			if got == syscall.SIGUSR1 {
				s.voice.Note(s.state())
				continue
			}
			signal.Reset(os.Interrupt, syscall.SIGTERM)
			if s.terminal {
				fmt.Fprintln(s.voice.W) // behind the terminal's own ^C
			}
			s.voice.Note("interrupted: ending as soon as what is in hand is done; once more ends it at once")
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// state says in one line what a run is doing.
func (s *session) state() string {
	return fmt.Sprintf("regjanitor %s, running for %s: %s", s.command, time.Since(s.started).Round(time.Second), s.display.State())
}
