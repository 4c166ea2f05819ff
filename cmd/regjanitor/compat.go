package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
)

// script is the command line of one of burnettk's scripts, in whose place this
// program may stand.
type script interface {
	shared() scriptFlags
	Run(context.Context, *session) error
}

// scripts are they, by name.
var scripts = map[string]func() script{
	"delete_docker_registry_image": func() script { return &deleteImage{} },
	"clean_old_versions":           func() script { return &cleanVersions{} },
}

// scriptFlags are those that both scripts have, and the one that neither had.
type scriptFlags struct {
	Verbose         bool `short:"v" help:"Say more of what it does."`
	RegistryStopped bool `help:"Your word that no registry out of sight, as on another machine, uses this tree."`
}

func (f scriptFlags) shared() scriptFlags { return f }

// scriptExits end the help of both.
const scriptExits = `

Run it while the registry is stopped or read-only; it waits for other runs to end.
REGISTRY_DATA_DIR is the registry's v2 directory (else ` + scriptDataDir + `).

Exit codes: 0 done, 1 not there or refused, nothing was removed (or stopped by an
error: a rerun is safe), 2 usage, 3 something was kept in doubt or could not be removed.`

// calledAsScript tells whether the program was started by the name of a script, or
// with the hidden command compat and that name.
func (p *process) calledAsScript() (name string, args []string, called bool) {
	name, args = filepath.Base(p.name), p.args
	if len(args) > 1 && args[0] == "compat" {
		name, args = args[1], args[2:]
	}
	name = strings.TrimSuffix(name, ".py")
	return name, args, scripts[name] != nil
}

// runScript runs in a script's place.
func (p *process) runScript(name string, args []string) exitCode {
	p.script = true
	c := scripts[name]()
	parser, err := kong.New(c,
		kong.Name(name),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(ended(code)) }),
	)
	if err != nil {
		panic(err)
	}
	args, err = argparse{parser.Model.Flags}.rewrite(args)
	if err == nil {
		_, err = parser.Parse(args)
	}
	s := p.session(globals{Root: filename(p.scriptRoot()), Verbose: c.shared().Verbose, Jobs: defaultJobs, RetryLock: forever}, name)
	if err != nil {
		return s.end(usageError{err, "see " + name + " --help"})
	}
	ctx, stop := s.listen()
	defer stop()
	return s.end(c.Run(ctx, s))
}

const scriptDataDir = "/opt/registry_data/docker/registry/v2"

// scriptRoot is where the scripts look. A variable that is set to nothing is no
// reason to work on the default: whoever set it meant something else.
func (p *process) scriptRoot() string {
	const name = "REGISTRY_DATA_DIR="
	if i := slices.IndexFunc(p.environ, func(pair string) bool { return strings.HasPrefix(pair, name) }); i >= 0 {
		return strings.TrimPrefix(p.environ[i], name)
	}
	return scriptDataDir
}

// noData is the script's word for a tree that is not there.
type noData struct{ dir string }

func (e noData) Error() string {
	return fmt.Sprintf("No repositories directory found inside REGISTRY_DATA_DIR '%s'.", e.dir)
}

// release removes what a script chooses and what only that kept.
func (f scriptFlags) release(ctx context.Context, s *session, dryRun, prune bool, choose func(context.Context, *inventory.Inventory) ([]plan.Request, error)) error {
	if _, err := locate(string(s.Root)); err != nil {
		return noData{string(s.Root)}
	}
	r := reclaim{session: s, choose: choose, options: plan.Options{Prune: prune, UploadAge: plan.DefaultUploadAge}}
	r.changing = changing{DryRun: dryRun, Yes: true, MaxDelete: 100, RegistryStopped: f.RegistryStopped}
	r.adjust = func(p *plan.Plan) (*plan.Plan, error) {
		p.Doubts = slices.DeleteFunc(p.Doubts, func(d graph.Doubt) bool { return !concerns(r.options.Requests, d) })
		return p, nil
	}
	return r.run(ctx)
}

// concerns tells whether a doubt is about what was chosen, or may be: one in
// another repository holds nothing back.
func concerns(requests []plan.Request, d graph.Doubt) bool {
	return d.Repository == "" || slices.ContainsFunc(requests, func(q plan.Request) bool { return q.Repository == d.Repository })
}

// debug is for who wants to know more.
func (s *session) debug(format string, args ...any) {
	if s.Verbose {
		s.voice.Debug(fmt.Sprintf(format, args...))
	}
}
