package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"regjanitor/internal/refusal"
)

var errNobodyAgreed = refusal.New("not-confirmed", "give --yes to do it without being asked", "nobody agreed to the plan")

// canAsk tells whether somebody can answer a question.
func (s *session) canAsk() bool { return isTerminal(s.stdin) && s.terminal }

// ask asks on the terminal. No answer is a no.
func (s *session) ask(ctx context.Context, question string) error {
	fmt.Fprintf(s.stderr, "\n%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(s.stdin).ReadString('\n')
		if err != nil {
			fmt.Fprintln(s.stderr) // what follows begins a line
		}
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
	}
	return refusal.New("not-confirmed", "", "the plan was declined")
}
