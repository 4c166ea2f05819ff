package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
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
	args           []string
	environ        []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// defaultJobs keeps a slow disk busy and costs a fast one nothing: requests wait
// far longer than they compute, so that it does not follow the processors.
const defaultJobs = 16

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
	var c cli
	parser, err := kong.New(&c,
		kong.Name("regjanitor"),
		kong.Description("Cleans the storage of a Docker registry (the filesystem driver), offline. Exit codes: 0 done, "+
			"1 stopped by an error, 2 usage, 3 something was kept in doubt, 5 refused, 6 see --detailed-exitcode, 130 interrupted."),
		kong.Vars{"jobs": strconv.Itoa(defaultJobs)},
		kong.ExplicitGroups([]kong.Group{{Key: "look", Title: "Look:"}, {Key: "reclaim", Title: "Reclaim:"}}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(ended(code)) }),
	)
	if err != nil {
		panic(err)
	}
	if len(p.args) == 0 {
		p.args = []string{"--help"}
	}
	parsed, err := parser.Parse(p.args)
	if err == nil && c.Jobs < 1 {
		err = fmt.Errorf("--jobs: at least 1 is needed, not %d", c.Jobs)
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "error: %v\nhint: see regjanitor %s--help\n%s\n", err, commandOf(err), exitUsage)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	name, _, _ := strings.Cut(parsed.Command(), " ")
	s := &session{process: p, globals: c.globals, command: name, started: time.Now()}
	s.terminal = isTerminal(p.stderr)
	parsed.BindTo(ctx, (*context.Context)(nil))
	return s.end(parsed.Run(s))
}

// commandOf is the command whose help tells more about a parse error.
func commandOf(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return node.Name + " "
		}
	}
	return ""
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

// end reports how a command ended: errors on stderr, the document where it is
// asked for, metrics, and at last the exit code in words.
func (s *session) end(err error) exitCode {
	code := codeOf(err)
	if err == nil {
		code = s.code
	}
	if err != nil {
		report.Refusal(s.stderr, report.ProblemOf(err))
	}
	header := s.header(code, err)
	if s.document == nil {
		s.document = &report.Document{Repositories: []report.RepositoryRow{}, Actions: []report.Action{}}
	}
	s.document.Header = header
	if s.JSON && !s.written {
		if s.listing != nil {
			s.listing.Header = header
			err = report.Write(s.stdout, s.listing)
		} else {
			err = report.Write(s.stdout, s.document)
		}
		if err != nil && code == exitDone {
			code = exitError
		}
	}
	s.metrics(code)
	if code != exitDone || !s.Quiet {
		fmt.Fprintln(s.stderr, code)
	}
	return code
}

func (s *session) metrics(code exitCode) {
	if s.MetricsFile == "" || s.v2 == "" {
		return
	}
	previous, _ := host.Read(absolute(s.MetricsFile), largestConfig)
	if err := store.WriteFile(s.MetricsFile, report.Metrics(s.document, previous, time.Now())); err != nil {
		fmt.Fprintf(s.stderr, "warning: metrics are not written: %v\n", err)
	}
}

// text writes to stdout what is for people, unless a document is wanted.
func (s *session) text(write func(w io.Writer)) {
	if s.JSON {
		return
	}
	var out bytes.Buffer
	write(&out)
	s.stdout.Write(out.Bytes())
}
