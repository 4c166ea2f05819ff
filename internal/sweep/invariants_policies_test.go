package sweep_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/modeltest"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// The invariants of policies, on registries and policies that rapid makes up.

// TestAnotherKeepDropsNoMore gives a rule one more keep_*, or more of one. What
// keep_min makes up in another rule is not compared: it counts what is left, and
// is wanted no more where more is.
func TestAnotherKeepDropsNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		less := modeltest.RandomPolicy(drawn(t))
		if len(less.Rules) > 1 {
			for i := range less.Rules {
				less.Rules[i].Fewest = 0
			}
		}
		more := &modeltest.Policy{Rules: slices.Clone(less.Rules)}
		rule := &more.Rules[rapid.IntRange(0, len(more.Rules)-1).Draw(t, "rule")]
		keeps := []*int{&rule.Last, &rule.Days, &rule.Daily, &rule.Weekly, &rule.Monthly}
		if len(more.Rules) == 1 {
			keeps = append(keeps, &rule.Fewest)
		}
		keep := rapid.SampledFrom(keeps).Draw(t, "keep")
		*keep = max(*keep, 0) + rapid.IntRange(0, 2).Draw(t, "more")
		if keep == &rule.Fewest && *keep == 0 {
			*keep = 1 // which is the default
		}
		registrytest.Try(t, taggedSpec(t), func(tree *registrytest.Tree) {
			checkSame(t, "removed besides", nil, minus(plannedBy(t, tree, more), plannedBy(t, tree, less)))
		})
	})
}

// TestVerdictsAreWhatIsDone: a tag is there after the sweep if, and only if, some
// reason keeps it.
func TestVerdictsAreWhatIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := modeltest.RandomPolicy(drawn(t))
		registrytest.Try(t, taggedSpec(t), func(tree *registrytest.Tree) {
			opts := defaults()
			opts.AllowEmpty, opts.Policy = true, policyOf(policy.String())
			_, p := surveyTree(t, tree, 4, opts)
			reclaimed(t, tree, opts)
			checkExplained(t, tree, p)
		})
	})
}

// TestTheOrderOfEntriesIsNothing: a directory may list its entries in any order.
func TestTheOrderOfEntriesIsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := defaults()
		opts.AllowEmpty, opts.Policy = true, policyOf(modeltest.RandomPolicy(drawn(t)).String())
		seed := rapid.Uint64().Draw(t, "seed")
		registrytest.Try(t, taggedSpec(t), func(tree *registrytest.Tree) {
			root, err := store.OpenRoot(tree.V2, false)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			inOrder, err := survey(root, 1, opts)
			shuffled, shuffledErr := survey(&shuffledDir{root, seed}, 1, opts)
			checkSame(t, "in order and shuffled", describe(inOrder, err), describe(shuffled, shuffledErr))
			checkSame(t, "verdicts in order and shuffled", inOrder.Verdicts, shuffled.Verdicts)
		})
	})
}

// TestDamageKeepsUnderAPolicy damages what a tag reaches: that removes no more,
// whatever the policy.
func TestDamageKeepsUnderAPolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := modeltest.RandomPolicy(drawn(t))
		for i := range policy.Rules { // which counts what is left, doubts and all
			policy.Rules[i].Fewest = 0
		}
		spec := sober(taggedSpec(t)) + tagEach
		registrytest.Try(t, spec, func(tree *registrytest.Tree) {
			targets := matching(tree.Live(), `^(?:\S+ (?:layer|revision) \S+|blob \S+)$`)
			target := rapid.SampledFrom(targets).Draw(t, "target")[0]
			sound := plannedBy(t, tree, policy)
			registrytest.Try(t, spec+"\ndamage "+target+" "+randomHow(t, target), func(tree *registrytest.Tree) {
				checkSame(t, "removed because of the damage", nil, minus(plannedBy(t, tree, policy), sound))
			})
		})
	})
}

// drawn makes rapid's choices.
func drawn(t *rapid.T) func(n int) int {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
}

func taggedSpec(t *rapid.T) string { return tagged(drawn(t), randomSpec(t)) }

// plannedBy is what a sweep by a policy takes, in letters and digests; directories
// and histories apart, which go in one with what is around them.
func plannedBy(t *rapid.T, tree *registrytest.Tree, policy *modeltest.Policy) (all []string) {
	opts := defaults()
	opts.AllowEmpty, opts.Policy = true, policyOf(policy.String())
	_, p := surveyTree(t, tree, 4, opts)
	if p == nil {
		return nil
	}
	for _, a := range p.Actions {
		switch a.Kind {
		case plan.Tag, plan.Revision, plan.LayerLink, plan.Blob:
			all = append(all, a.Kind.String()+" "+p.Item(a).Path)
		}
	}
	return all
}

// shuffledDir lists entries in some order, another one for each directory.
type shuffledDir struct {
	store.Dir
	seed uint64
}

func (d *shuffledDir) Open(name string) (store.Dir, error) {
	below, err := d.Dir.Open(name)
	if err != nil {
		return nil, err
	}
	return &shuffledDir{below, d.seed + 1}, nil
}

func (d *shuffledDir) List(f func(store.Entry) error) error {
	var entries []store.Entry
	err := d.Dir.List(func(e store.Entry) error {
		e.Name = slices.Clone(e.Name)
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return err
	}
	rand.New(rand.NewPCG(d.seed, uint64(len(entries)))).Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	for _, e := range entries {
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}
