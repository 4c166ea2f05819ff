package report

import "io"

// Paint is how text looks where it goes; the zero Paint leaves it as it is.
type Paint struct {
	Colour bool
	Width  int // of the terminal, in columns; 0 where lines may be of any length
}

func (p Paint) bold(s string) string   { return p.with("1", s) }
func (p Paint) red(s string) string    { return p.with("31", s) }
func (p Paint) yellow(s string) string { return p.with("33", s) }

// Verdict is a command's last word, good or bad.
func (p Paint) Verdict(s string, bad bool) string {
	if bad {
		return p.with("1;31", s)
	}
	return p.bold(s)
}

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
	if !p.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// table writes aligned rows, of which the first is the heading and cells end with
// tabs. Long names are shortened as far as the width wants it.
func (p Paint) table(w io.Writer, flags uint, rows func(w io.Writer)) {
	t := tableOfCells(rows)
	t.fit(p.Width)
	t.write(w, flags, p)
}
