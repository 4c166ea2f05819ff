package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/sweep"
)

// The catalogue of damage: each test bears the number of the entry that it
// shows. Every row is one tree that is planned for, swept and swept again.
//
// Most trees have two repositories. In app one image is tagged and one garbage,
// and app is what the row damages; ok is sound and holds garbage too, so that
// each row shows whether one bad file costs more than its own repository.

const app = `
	A = image c x
	B = image d y
	push app:v1 B
	push app:v1 A
`

const appGarbage = `app revision B, app history v1 B, app layer d, app layer y, blob B, blob d, blob y`

const ok = `
	G = image g.c g.x
	H = image h.c h.x
	push ok:v1 H
	push ok:v1 G
	blob o
`

const okGarbage = `ok revision H, ok history v1 H, ok layer h.c, ok layer h.x, blob H, blob h.c, blob h.x, blob o`

// row is one tree and what is to become of it. Lists are in letters, separated
// by commas or new lines; of doubts and warnings they hold the codes, each once.
type row struct {
	name    string
	spec    string // repository ok is added to it
	alone   bool   // without ok
	options func(*plan.Options)

	sound    bool   // nothing is damaged: what is left has to be what is live
	removed  string // besides the garbage of ok
	stays    string // what a doubt keeps of the garbage of ok
	lost     string // live before the damage, and garbage by it
	doubts   string
	warnings string // not looked at where empty; "none" is none
	refused  string // the code; then nothing is removed
}

func runRows(t *testing.T, rows []row) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.run(t)
		})
	}
}

func (r row) run(t *testing.T) {
	tree := r.build(t)
	opts := defaults()
	if r.options != nil {
		r.options(&opts)
	}
	before, snapshot := tree.Contents(), tree.Snapshot()
	v2, err := store.Locate(tree.Root)
	if err != nil {
		r.checkRefusal(t, err)
		return
	}
	root := open(t, v2)
	p, err := survey(root, 16, opts)
	alone, aloneErr := survey(root, 1, opts)
	checkSame(t, "with 16 workers and with one", describe(p, err), describe(alone, aloneErr))
	checkSame(t, "before and after planning", snapshot, tree.Snapshot())
	if err != nil || r.refused != "" {
		r.checkRefusal(t, err)
		return
	}
	checkSame(t, "doubts", words(r.doubts), codes(p.Doubts))
	if r.warnings != "" {
		checkSame(t, "warnings", words(strings.TrimPrefix(r.warnings, "none")), codes(p.Warnings))
	}
	carryOut(t, root, p)
	after := tree.Contents()
	r.checkRemoved(t, tree, before, after)
	again, err := survey(root, 16, opts)
	checkSame(t, "what a second run removes", []string(nil), items(again, err))
	r.checkLife(t, tree, before, after)
}

func (r row) build(t *testing.T) *registrytest.Tree {
	spec := r.spec
	if !r.alone {
		spec = ok + spec
	}
	return registrytest.Build(t, spec)
}

func (r row) checkRefusal(t *testing.T, err error) {
	t.Helper()
	var refused *refusal.Error
	if !errors.As(err, &refused) {
		t.Fatalf("the run ends with %v, want the refusal %q", err, r.refused)
	}
	checkSame(t, "refusal", r.refused, refused.Code)
	if refused.Message == "" || refused.Hint == "" {
		t.Errorf("the refusal says %q, hint %q", refused.Message, refused.Hint)
	}
}

func (r row) checkRemoved(t *testing.T, tree *registrytest.Tree, before, after []string) {
	t.Helper()
	want := words(r.removed)
	if !r.alone {
		want = append(want, minus(words(okGarbage), words(r.stays))...)
	}
	if r.sound && r.removed == "" {
		want = tree.Dead()
	}
	slices.Sort(want)
	got := slices.DeleteFunc(minus(before, after), func(line string) bool {
		return isEmpty(line) && !r.sound && !slices.Contains(want, line)
	})
	checkSame(t, "removed", want, got)
	checkSame(t, "come into being", []string(nil), minus(after, before))
}

// checkLife compares with the answer that the tree itself has.
func (r row) checkLife(t *testing.T, tree *registrytest.Tree, before, after []string) {
	t.Helper()
	if r.sound {
		checkSame(t, "left", tree.Live(), after)
	}
	lost := slices.DeleteFunc(minus(minus(before, after), tree.Dead()), isEmpty)
	checkSame(t, "live before the damage and removed", words(r.lost), lost)
}

// isEmpty tells the line of an empty directory, as damage leaves them in places
// that no letter has a word for.
func isEmpty(line string) bool { return strings.HasSuffix(line, " (empty)") }

// defaults are what the command line has where nothing is given.
func defaults() plan.Options {
	return plan.Options{UploadAge: plan.DefaultUploadAge, MaxDeletePercent: 100, MaxTagsPercent: 100, Now: registrytest.Now}
}

func open(t testing.TB, v2 string) *store.Root {
	t.Helper()
	root, err := store.OpenRoot(v2, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// survey is all of a run that comes before it changes anything.
func survey(root store.Dir, jobs int, opts plan.Options) (*plan.Plan, error) {
	inv, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: jobs})
	if err != nil {
		return nil, err
	}
	if len(inv.Vanished) > 0 {
		return nil, refusal.New("tree-changed", "stop the registry", "%s vanished", inv.Vanished[0])
	}
	if opts.Created, err = datesFor(root, inv, jobs, opts.Policy); err != nil {
		return nil, err
	}
	return plan.Make(inv, opts)
}

// carryOut is the rest of a run that nothing gets in the way of.
func carryOut(t testing.TB, root store.Dir, p *plan.Plan) {
	t.Helper()
	changed, err := p.Inventory.Changed(context.Background(), root, 4)
	if err != nil || changed != "" {
		t.Fatalf("%q has changed since the scan (%v)", changed, err)
	}
	result := sweep.Execute(context.Background(), root, p, sweep.Options{Jobs: 4, Run: "test"})
	if result.Stopped != nil || result.Interrupted || len(result.Failures) > 0 {
		t.Fatalf("stopped %v, interrupted %v, failures %v", result.Stopped, result.Interrupted, result.Failures)
	}
	checkSame(t, "planned and removed", p.Planned, result.Removed)
}

// watched is a tree with hook between it and the janitor.
func watched(t testing.TB, tree *registrytest.Tree, hook storetest.Hook) store.Dir {
	t.Helper()
	return storetest.Wrap(open(t, tree.V2), hook)
}

// describe is all that a plan says, for comparison.
func describe(p *plan.Plan, err error) []string {
	lines := items(p, err)
	if err != nil {
		return lines
	}
	for _, d := range slices.Concat(p.Doubts, p.Warnings) {
		lines = append(lines, fmt.Sprintf("%+v", d))
	}
	return append(lines, fmt.Sprintf("%+v of %+v", p.Planned, p.Found))
}

// items are a plan's actions in words, or why there is no plan; nothing where
// what was to be removed is not there.
func items(p *plan.Plan, err error) []string {
	var refused *refusal.Error
	var unknown *plan.UnknownError
	switch {
	case errors.As(err, &unknown):
		return nil
	case errors.As(err, &refused):
		return []string{"refused: " + refused.Code}
	case err != nil:
		return []string{err.Error()}
	}
	var lines []string
	for _, a := range p.Actions {
		lines = append(lines, fmt.Sprintf("%+v", p.Item(a)))
	}
	return lines
}

func codes(doubts []graph.Doubt) []string {
	var all []string
	for _, d := range doubts {
		all = append(all, d.Code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// words cuts a list of letters or codes; the result is sorted.
func words(list string) []string {
	var all []string
	for _, word := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == '\n' }) {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	slices.Sort(all)
	return all
}

// minus is what of a is not in b.
func minus(a, b []string) []string {
	var rest []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			rest = append(rest, line)
		}
	}
	return rest
}

// but is a list of letters without some.
func but(list, without string) string { return strings.Join(minus(words(list), words(without)), ", ") }

// also is a list of letters with some more.
func also(list, more string) string { return list + ", " + more }

func checkSame[T any](t rapid.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
