package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Paint colours text for a terminal; the false Paint leaves it as it is.
type Paint bool

func (p Paint) bold(s string) string   { return p.with("1", s) }
func (p Paint) red(s string) string    { return p.with("31", s) }
func (p Paint) yellow(s string) string { return p.with("33", s) }

// level colours a log line's level, or a word of its severity.
func (p Paint) level(level, s string) string {
	switch level {
	case levelError, levelCritical:
		return p.red(s)
	case levelWarning:
		return p.yellow(s)
	}
	return s
}

func (p Paint) with(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// table writes aligned rows, of which the first is the heading. It is coloured
// last, for the escapes would count as width.
func (p Paint) table(w io.Writer, flags uint, rows func(w io.Writer)) {
	var aligned bytes.Buffer
	tw := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', flags)
	rows(tw)
	tw.Flush()
	for i, line := range strings.SplitAfter(aligned.String(), "\n") {
		text := strings.TrimRight(line, " \n")
		switch {
		case line == "":
		case i == 0:
			fmt.Fprintln(w, p.bold(text))
		default:
			fmt.Fprintln(w, text)
		}
	}
}
