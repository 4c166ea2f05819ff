package trash_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// Trees have a repository app in which A is tagged and B is garbage, as in the
// tests of package sweep.
const app = `
	A = image c x
	B = image d y
	push app:v1 B
	push app:v1 A
`

const varied = registrytest.Varied + "blob o\n"

// place is a tree as the janitor has it: opened, with its storage root.
type place struct {
	t       rapid.TB
	tree    *registrytest.Tree
	root    *store.Root
	storage store.Dir // with the test's hook before it, if any
	v2      store.Dir
	run     string // name of the next run
	jobs    int
}

func open(t testing.TB, tree *registrytest.Tree) *place { return watched(t, tree, nil) }

// watched is a tree with hook between it and the janitor.
func watched(t testing.TB, tree *registrytest.Tree, hook storetest.Hook) *place {
	t.Helper()
	p := openWith(t, tree, hook)
	t.Cleanup(p.close)
	return p
}

func openWith(t rapid.TB, tree *registrytest.Tree, hook storetest.Hook) *place {
	t.Helper()
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	storage, err := root.Above()
	if err != nil {
		t.Fatal(err)
	}
	if hook == nil {
		return &place{t, tree, root, storage, root, "first", 1}
	}
	storage = storetest.Wrap(storage, hook)
	v2, err := storage.Open(layout.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	return &place{t, tree, root, storage, v2, "first", 1}
}

func (p *place) close() {
	if p.v2 != store.Dir(p.root) {
		p.v2.Close()
	}
	p.storage.Close()
	p.root.Close()
}

func defaults(requests ...plan.Request) plan.Options {
	return plan.Options{Requests: requests, UploadAge: plan.DefaultUploadAge, MaxDeletePercent: 100, Now: registrytest.Now, AllowEmpty: true}
}

// survey plans, past the hook: what a scan does is not these tests' business.
func (p *place) survey(opts plan.Options) (*plan.Plan, error) {
	inv, err := inventory.Scan(context.Background(), p.root, inventory.Options{Jobs: 4})
	if err != nil {
		return nil, err
	}
	return plan.Make(inv, opts)
}

// begin writes the journal of a plan.
func (p *place) begin(planned *plan.Plan) (*trash.Run, error) {
	header := trash.Header{ID: p.run, Command: "sweep", Started: registrytest.Now}
	return trash.Begin(p.storage, header, sweep.Entries(context.Background(), p.v2, planned, 1))
}

// take carries out a plan with the trash. It is nil where there is nothing to
// plan, or the run is refused.
func (p *place) take(opts plan.Options) *sweep.Result {
	p.t.Helper()
	planned, err := p.survey(opts)
	var refused *refusal.Error
	var unknown *plan.UnknownError
	if errors.As(err, &refused) || errors.As(err, &unknown) {
		return nil
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if len(planned.Actions) == 0 {
		return nil
	}
	run, err := p.begin(planned)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.execute(planned, run)
}

func (p *place) execute(planned *plan.Plan, run *trash.Run) *sweep.Result {
	defer run.End()
	return sweep.Execute(context.Background(), p.v2, planned, sweep.Options{Jobs: p.jobs, Run: p.run, Trash: run})
}

// mustTake is take where nothing may go wrong.
func (p *place) mustTake(requests ...plan.Request) {
	p.t.Helper()
	result := p.take(defaults(requests...))
	if result == nil || result.Stopped != nil || len(result.Failures) > 0 {
		p.t.Fatalf("nothing can be moved: %+v", result)
	}
}

// restore brings a run back.
func (p *place) restore(id string) *trash.Result {
	p.t.Helper()
	kept, err := trash.Open(p.storage, id)
	if err != nil {
		p.t.Fatal(err)
	}
	defer kept.Close()
	return kept.Restore(context.Background(), p.storage, p.v2, trash.Options{Jobs: p.jobs})
}

// mustRestore is restore where nothing may go wrong.
func (p *place) mustRestore(id string) {
	p.t.Helper()
	if result := p.restore(id); result.Stopped != nil || len(result.Failures) > 0 || result.Present > 0 {
		p.t.Fatalf("the restoring: %+v", result)
	}
}

// empty removes what a run moved.
func (p *place) empty(id string) *trash.Result {
	p.t.Helper()
	kept, err := trash.Open(p.storage, id)
	if err != nil {
		p.t.Fatal(err)
	}
	defer kept.Close()
	return kept.Empty(context.Background(), p.storage, trash.Options{Jobs: p.jobs})
}

// failures are the codes and paths, in letters, of what did not come back.
func (p *place) failures(result *trash.Result) []string {
	var all []string
	for _, f := range result.Failures {
		all = append(all, f.Code+": "+p.tree.Letters([]string{f.Path})[0])
	}
	slices.Sort(all)
	return all
}

// left are the IDs in the trash.
func (p *place) left() []string {
	p.t.Helper()
	ids, err := trash.IDs(p.storage)
	if err != nil {
		p.t.Fatal(err)
	}
	return ids
}
