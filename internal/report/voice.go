package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"regjanitor/internal/layout"
)

// Voice is how a run speaks on stderr: in text, in one JSON object a line, or as
// burnettk's scripts do, in log lines without sizes and nothing else.
type Voice struct {
	W      io.Writer
	JSON   bool
	Script bool
	Paint  Paint
	Now    func() time.Time
}

// The levels of log lines, in Python's words, as burnettk's script has them.
const (
	levelDebug    = "DEBUG"
	levelInfo     = "INFO"
	levelWarning  = "WARNING"
	levelError    = "ERROR"
	levelCritical = "CRITICAL"
)

// stamped writes a log line.
func (v Voice) stamped(level, text string) {
	now := v.Now()
	fmt.Fprintf(v.W, "%s [%s,%03d]  %s\n", v.Paint.level(level, fmt.Sprintf("%-8s", level)), now.Format("2006-01-02 15:04:05"),
		now.Nanosecond()/int(time.Millisecond), text)
}

// Debug says, as a script does, what helps to understand what it does.
func (v Voice) Debug(text string) { v.stamped(levelDebug, printable(text)) }

// object writes a JSON line.
func (v Voice) object(level, message string, more map[string]any) {
	line := map[string]any{"time": v.Now().UTC().Format(time.RFC3339Nano), "level": level, "message": message}
	maps.Copy(line, more)
	data, _ := json.Marshal(line) // strings and numbers always marshal
	fmt.Fprintf(v.W, "%s\n", data)
}

// Note says something in passing.
func (v Voice) Note(text string) {
	if v.JSON {
		v.object(levelInfo, text, nil)
		return
	}
	if v.Script {
		v.stamped(levelInfo, printable(text))
		return
	}
	fmt.Fprintln(v.W, printable(text))
}

// Warn says that something went wrong that changes nothing.
func (v Voice) Warn(text string) {
	if v.JSON {
		v.object(levelWarning, text, nil)
		return
	}
	if v.Script {
		v.stamped(levelWarning, printable(text))
		return
	}
	fmt.Fprintf(v.W, "%s %s\n", v.Paint.yellow("warning:"), printable(text))
}

// Exit says the exit code in words, as the last line. A script does not.
func (v Voice) Exit(code int, words string) {
	if v.Script {
		return
	}
	level := levelInfo
	if code != 0 {
		level = levelError
	}
	if v.JSON {
		v.object(level, words, map[string]any{"exit_code": code})
		return
	}
	fmt.Fprintln(v.W, words)
}

// Problem says why a run did not start or did not end, and what to do.
func (v Voice) Problem(p *Problem) {
	if v.JSON {
		v.object(levelError, p.Message, map[string]any{"code": p.Code, "hint": p.Hint})
		return
	}
	if v.Script {
		v.stamped(levelCritical, printable(hinted(p.Message, p.Hint)))
		return
	}
	fmt.Fprintf(v.W, "%s %s [%s]\n", v.Paint.red("error:"), printable(p.Message), p.Code)
	if p.Excerpt != "" {
		fmt.Fprintln(v.W, p.Excerpt)
	}
	if p.Hint != "" {
		fmt.Fprintf(v.W, "hint: %s\n", printable(p.Hint))
	}
}

func hinted(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + "; " + hint
}

// Concerns says what a person should look at. Of warnings a script says nothing.
func (v Voice) Concerns(h *Header) {
	if v.Script {
		for _, d := range h.Doubts {
			v.stamped(levelWarning, place(h, d.Path)+": "+printable(hinted(d.Problem, d.Hint)))
		}
		for _, f := range h.Failures {
			v.stamped(levelCritical, "Failed to delete directory:"+place(h, f.Path)+": "+printable(f.Error))
		}
		return
	}
	if !v.JSON {
		concerns(v.W, v.Paint, h)
		return
	}
	for _, d := range h.Doubts {
		v.object(levelWarning, d.Problem, map[string]any{"code": d.Code, "repository": d.Repository, "path": place(h, d.Path), "hint": d.Hint})
	}
	for _, f := range h.Failures {
		v.object(levelError, f.Error, map[string]any{"code": f.Code, "path": place(h, f.Path)})
	}
	for _, w := range h.Warnings {
		v.object(levelWarning, w.Message, map[string]any{"code": w.Code, "path": place(h, w.Path)})
	}
}

// place is a path that can be copied to a command line. What a document names
// relative to v2 begins with one of two words; other paths are none of the tree.
func place(h *Header, path string) string {
	if strings.HasPrefix(path, layout.Repositories+"/") || strings.HasPrefix(path, layout.Blobs+"/") {
		path = h.Root + "/" + path
	}
	return printable(path)
}

// printable escapes what a terminal could take for a command, and what is no
// UTF-8: names in a tree may be any bytes.
func printable(s string) string {
	quoted := fmt.Sprintf("%q", s)
	if inner := quoted[1 : len(quoted)-1]; inner != s && strings.ReplaceAll(strings.ReplaceAll(inner, `\"`, `"`), `\\`, `\`) != s {
		return inner
	}
	return s
}
