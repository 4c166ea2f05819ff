package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
)

var errNobodyAgreed = refusal.New("not-confirmed", "give --yes to do it without being asked", "nobody agreed to the plan")

// consent asks where somebody can answer, and else wants --yes.
func (r *reclaim) consent(ctx context.Context, p *plan.Plan) error {
	if r.Yes {
		return nil
	}
	dry := *r.document
	dry.Header, dry.DryRun = r.header(r.code, nil), true
	r.preview(p)
	if !r.canAsk() {
		r.lines(p)
		r.tell(&dry)
		return errNobodyAgreed
	}
	report.Summary(r.voice.W, r.voice.Paint, &dry)
	if r.Trash {
		return r.ask(ctx, "Move this to the trash?")
	}
	return r.ask(ctx, "Remove this for good?")
}

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
