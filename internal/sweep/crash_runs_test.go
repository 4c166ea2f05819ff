package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// runner is all of a run, from the scan to the last change, one request at a
// time. The name is the run's own. errNoRun says that there is nothing to do.
type runner func(storage, v2 store.Dir, name string) error

// errNoRun is a run that is refused, or whose object is not there.
var errNoRun = errors.New("nothing to do")

// crashRun is a kind of run that may be stopped.
type crashRun struct {
	name    string
	prepare runner   // what goes before it; may be nil
	run     runner   // what is stopped
	after   []runner // what is done then: a rerun, say

	aside    bool // what the runs have set aside need not be the same in the end
	moves    bool // no file goes, wherever it may be
	mayLeave bool // what there was before may be there still in the end
}

// crashRuns are the kinds of run that a registry offers, or the one of them that
// is asked for.
func crashRuns(registry *storetest.Memory, choose func(n int) int, only string) []crashRun {
	sweeps := crashSweep(false)
	runs := []crashRun{
		{name: "sweep", run: sweeps, after: []runner{sweeps}},
		{name: "sweep --trash", run: crashSweep(true), after: []runner{crashSweep(true)}, aside: true, moves: true},
		{name: "sweep --trash, given up", run: crashSweep(true), after: []runner{crashRestore("first")}, moves: true, mayLeave: true},
		{name: "restore", prepare: crashSweep(true), run: crashRestore("prepared"), after: []runner{crashRestore("prepared")}, moves: true},
		{name: "empty", prepare: crashSweep(true), run: crashEmpty("prepared"), after: []runner{crashEmpty("prepared")}},
	}
	for n := range 2 {
		swept := crashReclaim(n == 1, byPolicy(randomPolicy(choose)))
		run := crashRun{name: fmt.Sprintf("sweep --policy, number %d", n), run: swept, after: []runner{swept}, aside: n == 1, moves: n == 1}
		runs = append(runs, run)
	}
	const most = 2 // of each kind
	tags, repositories, digests := namesIn(registry)
	for _, named := range []plan.Request{{Repository: "*", Tag: "v*"}, {Repository: "**", Tag: "{pr-,sha256-}*"}, {Repository: "a", Untagged: true}} {
		runs = append(runs, removing(registry, named, choose(2) == 0))
	}
	for kind, named := range [][]plan.Request{tags, repositories, digests} {
		for n := range len(named) {
			i := choose(len(named))
			if n < most || only != "" {
				runs = append(runs, removing(registry, named[i], false))
			}
			if kind+n == 0 || only != "" {
				runs = append(runs, removing(registry, named[i], true))
			}
			named = append(named[:i:i], named[i+1:]...)
		}
	}
	return slices.DeleteFunc(runs, func(r crashRun) bool { return only != "" && r.name != only })
}

// removing is a removal by name. What a run that was stopped leaves of it is
// garbage to the next, and so a sweep comes after that. But where there is no
// directory of tags each revision is a root by itself: once a named one is gone,
// nothing tells any more that those which it alone kept were to go as well.
func removing(registry *storetest.Memory, named plan.Request, toTrash bool) crashRun {
	_, tagged := registry.Lookup(path.Join(layout.Prefix, layout.Repository(named.Repository), layout.Tags))
	run := crashRun{name: "rm " + named.String(), run: crashSweep(toTrash, named), mayLeave: named.Digest != "" && !tagged}
	run.after = []runner{run.run, crashSweep(false)}
	if toTrash {
		run.name += " --trash"
		run.aside = true
	}
	return run
}

// crashSweep is a sweep or, with requests, a removal by name.
func crashSweep(toTrash bool, requests ...plan.Request) runner {
	return crashReclaim(toTrash, func(o *plan.Options) { o.Requests = requests })
}

func crashReclaim(toTrash bool, with func(*plan.Options)) runner {
	return func(storage, v2 store.Dir, name string) error {
		opts := defaults()
		opts.AllowEmpty = true
		with(&opts)
		p, err := survey(v2, 1, opts)
		var refused *refusal.Error
		var unknown *plan.UnknownError
		if errors.As(err, &unknown) || errors.As(err, &refused) && refused.Code == "still-needed" {
			return errNoRun
		}
		if err != nil {
			return err
		}
		to := sweep.Options{Jobs: 1, Run: name}
		if toTrash {
			if len(p.Actions) == 0 {
				return errNoRun
			}
			if to.Trash, err = trash.Begin(storage, trash.Header{ID: name, Command: "sweep", Started: opts.Now}, sweep.Entries(context.Background(), v2, p, 1)); err != nil {
				return err
			}
			defer to.Trash.End()
		}
		result := sweep.Execute(context.Background(), v2, p, to)
		return crashOutcome(result.Stopped, result.Failures)
	}
}

// crashRestore brings back what a run has set aside.
func crashRestore(id string) runner {
	return crashTrash(id, func(kept *trash.Kept, storage, v2 store.Dir) *trash.Result {
		return kept.Restore(context.Background(), storage, v2, trash.Options{Jobs: 1})
	})
}

// crashEmpty removes for good what a run has set aside.
func crashEmpty(id string) runner {
	return crashTrash(id, func(kept *trash.Kept, storage, _ store.Dir) *trash.Result {
		return kept.Empty(context.Background(), storage, trash.Options{Jobs: 1})
	})
}

func crashTrash(id string, f func(kept *trash.Kept, storage, v2 store.Dir) *trash.Result) runner {
	return func(storage, v2 store.Dir, _ string) error {
		ids, err := trash.IDs(storage)
		if err != nil {
			return err
		}
		if !slices.Contains(ids, id) {
			return errNoRun
		}
		kept, err := trash.Open(storage, id)
		if err != nil {
			return err
		}
		defer kept.Close()
		result := f(kept, storage, v2)
		return crashOutcome(result.Stopped, result.Failures)
	}
}

func crashOutcome[F any](stopped error, failures []F) error {
	if stopped != nil || len(failures) > 0 {
		return fmt.Errorf("stopped %v, failures %+v", stopped, failures)
	}
	return nil
}

// namesIn are all tags, repositories and digests that could be removed by name.
func namesIn(registry *storetest.Memory) (tags, repositories, digests []plan.Request) {
	for at, info := range registry.All() {
		rest, inside := strings.CutPrefix(at, layout.Prefix+"/"+layout.Repositories+"/")
		repository, below, reserved := strings.Cut(rest, "/_")
		below = "_" + below
		switch {
		case !inside || !reserved || info.Type != store.Directory:
		case path.Dir(below) == layout.Tags:
			tags = append(tags, plan.Request{Repository: repository, Tag: path.Base(below)})
		case below == layout.Manifests:
			repositories = append(repositories, plan.Request{Repository: repository})
		case path.Dir(path.Dir(below)) == layout.Revisions:
			digests = append(digests, plan.Request{Repository: repository,
				Digest: digest.Digest(path.Base(path.Dir(below)) + ":" + path.Base(below))})
		}
	}
	return tags, repositories, digests
}
