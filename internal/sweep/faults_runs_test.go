package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// faultRun is a kind of run that may meet a fault. A further kind is a further row.
type faultRun struct {
	kind string
	// stage brings a registry to where the run starts; may be nil.
	stage runFunc
	// run is all of it, and returns what it said: nothing where it ends with 0.
	run runFunc
	// finish is what sets right whatever a fault has left undone.
	finish runFunc
	bin    bool // the trash takes part: no file is ever gone from tree and trash
	brings bool // back from the trash: what was broken may be so again
	undo   bool // what is in the trash afterwards can be brought back, with nothing broken
}

// faultRuns are the kinds of run on a registry.
func faultRuns(registry *storetest.Memory, choose func(n int) int) []faultRun {
	swept, toTrash := reclaiming(false), reclaiming(true)
	runs := []faultRun{
		{kind: "sweep", run: swept, finish: swept},
		{kind: "sweep --trash", run: toTrash, finish: swept, bin: true, undo: true},
		{kind: "trash restore", stage: toTrash, run: restoring, finish: restoring, bin: true, brings: true},
		{kind: "trash empty", stage: toTrash, run: emptying, finish: emptying, undo: true},
	}
	for i, text := range faultPolicies {
		kind := fmt.Sprintf("sweep --policy, number %d", i)
		swept, toTrash := reclaimingWith(false, byPolicy(policyOf(text))), reclaimingWith(true, byPolicy(policyOf(text)))
		runs = append(runs,
			faultRun{kind: kind, run: swept, finish: swept},
			faultRun{kind: kind + " --trash", run: toTrash, finish: swept, bin: true, undo: true})
	}
	globs := plan.Request{Repository: "**", Tag: "{v,pr-,sha256-}*"}
	tags, repositories, _ := namesIn(registry)
	for _, named := range [][]plan.Request{tags, repositories, {globs}} {
		if len(named) == 0 {
			continue
		}
		request := named[choose(len(named))]
		kind, rm := "rm repository", reclaiming(false, request)
		switch {
		case request == globs:
			kind = "rm glob"
		case request.Tag != "":
			kind = "rm tag"
		}
		toTrash := reclaiming(true, request)
		runs = append(runs,
			faultRun{kind: kind, run: rm, finish: then(rm, swept)},
			faultRun{kind: kind + " --trash", run: toTrash, finish: then(rm, swept), bin: true, undo: true},
			faultRun{kind: "trash restore", stage: toTrash, run: restoring, finish: restoring, bin: true, brings: true},
			faultRun{kind: "trash empty", stage: toTrash, run: emptying, finish: emptying, undo: true},
		)
	}
	return runs
}

// runFunc returns what the run said: nothing where it ends with 0.
type runFunc func(d *disk, name string) (said []string)

// then is one run after the other.
func then(runs ...runFunc) runFunc {
	return func(d *disk, name string) (said []string) {
		for i, run := range runs {
			said = run(d, fmt.Sprint(name, i))
		}
		return said
	}
}

// faultPolicies are read by tests of every registry: one that goes by the times of
// pushes, and one for which configurations have to be read.
var faultPolicies = []string{`
version: 1
rules:
- name: merge requests
  tags: ["pr-*"]
  keep_last: 1
  keep_min: 0
- name: the rest
  protect: ["i", "keep"]
  keep_within: 1d
  keep_min: 2
`, `
version: 1
rules:
- name: by their images
  age: created
  keep_last: 1
  keep_monthly: 1
  keep_min: 0
`}

// reclaiming is a sweep or, with requests, a removal by name, as the command
// line has it.
func reclaiming(toTrash bool, requests ...plan.Request) runFunc {
	return reclaimingWith(toTrash, func(o *plan.Options) { o.Requests = requests })
}

func reclaimingWith(toTrash bool, with func(*plan.Options)) runFunc {
	return func(d *disk, name string) []string {
		opts := defaults()
		opts.AllowEmpty = true
		with(&opts)
		p, err := survey(d.v2, 1, opts)
		if err != nil {
			return []string{ending(err)}
		}
		var said []string
		for _, d := range p.Doubts {
			said = append(said, "doubt "+d.Code+" "+d.Path)
		}
		if len(p.Actions) == 0 {
			return said
		}
		var bin *trash.Run
		if toTrash {
			header := trash.Header{ID: name, Command: "sweep", Started: registrytest.Now.UTC().Truncate(time.Second)}
			if bin, err = trash.Begin(d.storage, header, sweep.Entries(context.Background(), d.v2, p, 1)); err != nil {
				return append(said, "trash: "+err.Error())
			}
			defer bin.End()
		}
		changed, err := p.Inventory.Changed(context.Background(), d.v2, 1)
		if err != nil || changed != "" {
			return append(said, fmt.Sprintf("changed: %s %v", changed, err))
		}
		d.begin()
		result := sweep.Execute(context.Background(), d.v2, p, sweep.Options{Jobs: 1, Run: name, Trash: bin})
		for _, f := range result.Failures {
			said = append(said, "failure "+f.Code+" "+f.Path)
		}
		return append(said, stopped(result.Stopped)...)
	}
}

func ending(err error) string {
	var refused *refusal.Error
	if errors.As(err, &refused) {
		return "refused: " + refused.Code
	}
	return "error: " + err.Error()
}

func stopped(err error) []string {
	if err == nil {
		return nil
	}
	return []string{"stopped: " + err.Error()}
}

func restoring(d *disk, _ string) []string {
	ids, err := trash.IDs(d.storage)
	if err != nil {
		return []string{ending(err)}
	}
	id, err := trash.Find(ids, "test")
	if err != nil {
		return []string{ending(err)}
	}
	return outOfTrash(d, []string{id}, func(kept *trash.Kept) *trash.Result {
		return kept.Restore(context.Background(), d.storage, d.v2, trash.Options{Jobs: 1})
	})
}

func emptying(d *disk, _ string) []string {
	ids, err := trash.IDs(d.storage)
	if err != nil {
		return []string{ending(err)}
	}
	return outOfTrash(d, ids, func(kept *trash.Kept) *trash.Result {
		return kept.Empty(context.Background(), d.storage, trash.Options{Jobs: 1})
	})
}

func outOfTrash(d *disk, ids []string, do func(*trash.Kept) *trash.Result) (said []string) {
	for _, id := range ids {
		kept, err := trash.Open(d.storage, id)
		if err != nil {
			said = append(said, "failure trash-unreadable "+id)
			continue
		}
		d.begin()
		result := do(kept)
		kept.Close()
		for _, f := range result.Failures {
			said = append(said, "failure "+f.Code+" "+f.Path)
		}
		said = append(said, stopped(result.Stopped)...)
	}
	return said
}
