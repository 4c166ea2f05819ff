package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"regjanitor/internal/report"
	"regjanitor/internal/store"
)

// version is set when the program is built.
var version = "dev"

// host is the machine that this runs on.
var host = store.Host{Dir: "/"}

// process is one run of the program, with what it was started with.
type process struct {
	name           string // that it was started by
	args           []string
	environ        []string
	stdin          io.Reader
	stdout, stderr io.Writer
	script         bool // in place of a script of burnettk's, and in its manner
}

// defaultJobs keeps a slow disk busy and costs a fast one nothing: requests wait
// far longer than they compute, so that it does not follow the processors.
const defaultJobs = 32

// versionFlag prints the version as soon as it is parsed.
type versionFlag bool

// BeforeReset is kong's hook for it.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	fmt.Fprintf(app.Stdout, "regjanitor %s\n", version)
	app.Exit(0)
	return nil
}

// ended is how kong's own exits, for --help and --version, reach run.
type ended exitCode

// run runs the program, and is all that main does.
func (p *process) run() (code exitCode) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case ended:
			code = exitCode(r)
		default:
			fmt.Fprintf(p.stderr, "error: internal error: %v: please report this\n%s%s\n", r, debug.Stack(), exitError)
			code = exitError
		}
	}()
	_ = store.DropPrivileges() // a precaution: all works without it
	if !slices.ContainsFunc(p.environ, func(pair string) bool { return strings.HasPrefix(pair, "GOGC=") }) {
		// Nearly all that a scan allocates it keeps: a heap that may grow to twice
		// that would be memory for nothing.
		debug.SetGCPercent(20)
	}
	p.dropEmptyVariables()
	if name, args, called := p.calledAsScript(); called {
		return p.runScript(name, args)
	}
	var c cli
	parser := p.parser(&c)
	if len(p.args) > 0 && p.args[0] == completeCommand {
		return p.complete(parser, p.args[1:])
	}
	if len(p.args) == 0 {
		p.args = []string{"--help"}
	}
	parsed, err := parser.Parse(p.args)
	if err == nil && c.Jobs < 1 {
		err = fmt.Errorf("--jobs: at least 1 is needed, not %d", c.Jobs)
	}
	if err != nil {
		return p.misused(&c, err)
	}
	s := p.session(c.globals, nameOf(parsed.Selected()))
	ctx, stop := s.listen()
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	return s.end(parsed.Run(s))
}

// parser reads the command line.
func (p *process) parser(c *cli) *kong.Kong {
	parser, err := kong.New(c,
		kong.Name("regjanitor"),
		kong.Description("Cleans the storage of a Docker registry (the filesystem driver), offline."),
		kong.Vars{"jobs": strconv.Itoa(defaultJobs)},
		kong.ExplicitGroups([]kong.Group{{Key: "look", Title: "Look:"}, {Key: "policy", Title: "Policy:"}, {Key: "reclaim", Title: "Reclaim:"}, {Key: "repair", Title: "Repair:"}, {Key: "other", Title: "Other:"}, {Key: "global", Title: "Global flags:"}}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(ended(code)) }),
	)
	if err != nil {
		panic(err)
	}
	return parser
}

// session is set up before the command looks at anything.
func (p *process) session(g globals, command string) *session {
	s := &session{process: p, globals: g, command: command, started: time.Now(), terminal: !p.script && isTerminal(p.stderr)}
	s.runID = runName(s.started)
	v := report.Voice{W: p.stderr, JSON: g.LogFormat == "json", Script: p.script, Paint: p.paint(g.Color, p.stderr), Now: time.Now}
	bar := s.terminal && !g.Quiet && !v.JSON && p.getenv("TERM") != "dumb"
	s.display = report.NewDisplay(v, bar, s.terminal || !g.Quiet && !p.script)
	s.voice = v
	s.voice.W = s.display.Above()
	return s
}

// paint is how what goes to a stream looks.
func (p *process) paint(when string, stream any) report.Paint {
	paint := report.Paint{Colour: when == "always"}
	if !isTerminal(stream) {
		return paint
	}
	if when == "auto" {
		paint.Colour = p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
	}
	if width, _, err := term.GetSize(int(stream.(*os.File).Fd())); err == nil {
		paint.Width = width
	}
	return paint
}

// misused tells of a command line that could not be parsed. Of its flags only
// those are known that were parsed before.
func (p *process) misused(c *cli, err error) exitCode {
	command := commandOf(err)
	c.JSON = c.JSON || slices.Contains(p.args, "--json")
	s := p.session(c.globals, command)
	switch command {
	case "ls":
		s.view = report.ListingOf(nil, nil)
	case "du":
		s.view = report.UsageOf(nil, "", 0)
	case "verify":
		s.view = report.NewVerification()
	case "why":
		s.view = report.WhyOf(nil)
	case "trash list":
		s.view = report.TrashOf(nil)
	case "repair":
		s.view = report.RepairOf(nil, nil, false)
	case "retention check":
		s.view = &report.Check{Rules: report.RulesOf(nil)}
	case "retention explain":
		s.view = report.ExplanationOf("", nil, nil, s.started)
	}
	return s.end(usageError{err, strings.Join(strings.Fields("see regjanitor "+command+" --help"), " ")})
}

// commandOf is the command whose help tells more about a parse error.
func commandOf(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return nameOf(node)
		}
	}
	return ""
}

// nameOf is the command as a user writes it, without its arguments.
func nameOf(node *kong.Node) string {
	for node.Type == kong.ArgumentNode {
		node = node.Parent
	}
	if node.Parent == nil || node.Parent.Type == kong.ApplicationNode {
		return node.Name
	}
	return nameOf(node.Parent) + " " + node.Name
}

// runName is a name for a run: when it began, in UTC, and something random.
func runName(started time.Time) string {
	var b [2]byte
	rand.Read(b[:]) // never fails
	return started.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(b[:])
}

// dropEmptyVariables makes a variable that is set to nothing as good as none, as
// who writes unit files and compose files expects.
func (p *process) dropEmptyVariables() {
	for _, pair := range p.environ {
		if name, ok := strings.CutSuffix(pair, "="); ok && strings.HasPrefix(name, "REGJANITOR_") {
			os.Unsetenv(name)
		}
	}
}

func (p *process) getenv(name string) string {
	for _, pair := range p.environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
