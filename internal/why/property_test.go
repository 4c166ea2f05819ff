package why

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/inventory"
	"regjanitor/internal/modeltest"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/registrytest"
)

// TestKeptIsWhatThePlanLeaves, in registries of all sorts: what is said of a blob,
// a revision and a layer link is what the plan does with it, and every chain is a
// way from a root to the target that references, subjects and links go.
func TestKeptIsWhatThePlanLeaves(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		spec := registrytest.Random(func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "choice") })
		registrytest.Try(r, spec, func(tree *registrytest.Tree) {
			p, err := planOf(tree, false)
			if err != nil {
				r.Fatalf("%v", err)
			}
			goes := map[string]bool{}
			for _, action := range p.Actions {
				goes[p.Item(action).Path] = true
			}
			for id := range p.Inventory.Digests.Len() {
				d := p.Inventory.Digests.Digest(inventory.ID(id))
				a := Explain(p, Target{Kind: OfDigest, Digest: d}, Options{})
				if p.Inventory.Blob(inventory.ID(id)) != nil {
					checkState(r, a, goes, "blob "+tree.Name(d), tree)
					checkOptions(r, p.Inventory, a, tree)
				}
				checkChains(r, p, a)
			}
			for _, repo := range p.Inventory.Repositories {
				for _, revision := range repo.Revisions {
					d := p.Inventory.Digests.Digest(revision.Digest)
					a := Explain(p, Target{Kind: OfRevision, Repository: repo.Name, Digest: d}, Options{})
					if p.Inventory.Blob(revision.Digest) != nil {
						checkState(r, a, goes, repo.Name+" revision "+tree.Name(d), tree)
					}
					checkChains(r, p, a)
				}
				for _, layer := range repo.Layers {
					d := p.Inventory.Digests.Digest(layer.Digest)
					a := Explain(p, Target{Kind: OfLayer, Repository: repo.Name, Digest: d}, Options{})
					checkState(r, a, goes, repo.Name+" layer "+tree.Name(d), tree)
					checkChains(r, p, a)
				}
			}
		})
	})
}

// TestDamagedRegistries: also where things are damaged, the answer is what the plan
// does, and what is kept in doubt has a doubt that says so.
func TestDamagedRegistries(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(r *rapid.T) {
		text, _ := modeltest.Generate(func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "choice") })
		spec, err := registrytest.Parse(text)
		if err != nil {
			return // not all that can be drawn can be built
		}
		n++
		tree, err := spec.Write(filepath.Join(dir, strconv.Itoa(n)), registrytest.Now)
		if err != nil {
			return // it damages what an earlier line has removed
		}
		proxy := strings.Contains(text, "proxy")
		p, err := planOf(tree, proxy)
		var refused *refusal.Error
		if errors.As(err, &refused) {
			return
		}
		if err != nil {
			r.Fatalf("%v in\n%s", err, text)
		}
		checkBlobs(r, tree, p, text, proxy)
	})
}

func checkBlobs(t *rapid.T, tree *registrytest.Tree, p *plan.Plan, text string, proxy bool) {
	goes := map[inventory.ID]bool{}
	for _, action := range p.Actions {
		if action.Kind == plan.Blob {
			goes[p.Inventory.Blobs[action.At].Digest] = true
		}
	}
	for id := range inventory.ID(p.Inventory.Digests.Len()) {
		a := Explain(p, Target{Kind: OfDigest, Digest: p.Inventory.Digests.Digest(id)}, Options{Proxy: proxy})
		there := p.Inventory.Blob(id) != nil
		switch {
		case there && goes[id] != (a.State == Garbage), there && a.State == Missing:
			t.Fatalf("%s goes %t, and the answer is %s in\n%s", tree.Name(a.Target.Digest), goes[id], words(tree, a), text)
		case a.State == Doubt && len(a.Doubts) == 0, a.State == Kept && len(a.Chains) == 0:
			t.Fatalf("nothing says why %s stays: %s in\n%s", tree.Name(a.Target.Digest), words(tree, a), text)
		}
		checkChains(t, p, a)
	}
}

func checkState(t *rapid.T, a *Answer, goes map[string]bool, letters string, tree *registrytest.Tree) {
	gone := false
	for path := range goes {
		gone = gone || tree.Letters([]string{path})[0] == letters
	}
	switch {
	case gone != (a.State == Garbage), !gone && a.State != Kept:
		t.Fatalf("%s: goes %t, and the answer is %s", letters, gone, words(tree, a))
	case a.State == Kept && len(a.Chains) == 0:
		t.Fatalf("%s is kept by nothing: %s", letters, words(tree, a))
	}
}

// checkOptions makes the plans that are said to keep garbage.
func checkOptions(t *rapid.T, inv *inventory.Inventory, a *Answer, tree *registrytest.Tree) {
	for _, option := range a.KeepWith {
		opts := options(false)
		switch option {
		case "--keep-untagged":
			opts.KeepUntagged = true
		case "--keep-digests":
			for _, c := range a.Chains {
				opts.KeepDigests = append(opts.KeepDigests, plan.KeptDigest{Digest: c.Steps[0].Digest})
			}
		case "--keep-orphans":
			opts.KeepOrphans = true
		}
		p, err := plan.Sweep(inv, opts)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if again := Explain(p, a.Target, Options{}); again.State == Garbage {
			t.Fatalf("%s does not keep %s: %s", option, tree.Name(a.Target.Digest), words(tree, again))
		}
	}
}

func checkChains(t *rapid.T, p *plan.Plan, a *Answer) {
	if len(a.Chains) != a.ChainsTotal {
		t.Fatalf("%d chains of %d are told", len(a.Chains), a.ChainsTotal)
	}
	seen := map[string]bool{}
	for i, c := range a.Chains {
		r, found := p.Inventory.Find(c.Repository)
		if !found || len(c.Steps) == 0 || c.Steps[len(c.Steps)-1].Digest != a.Target.Digest {
			t.Fatalf("%+v does not lead to %s", c, a.Target.Digest)
		}
		if i > 0 && a.State == Kept && len(a.Chains[i-1].Steps) > len(c.Steps) {
			t.Fatal("a longer chain comes first")
		}
		if key := fmt.Sprint(c.Tag, "@", c.Repository); c.Tag != "" && seen[key] {
			t.Fatalf("%s counts twice", key)
		} else {
			seen[key] = true
		}
		if !begins(p, r, c) {
			t.Fatalf("%+v does not begin so", c)
		}
		for i, step := range c.Steps[1:] {
			if !leads(p, r, c.Steps[i], step) {
				t.Fatalf("%+v: %s does not lead to %s", c, c.Steps[i].Digest, step.Digest)
			}
		}
	}
}

// begins tells whether a chain's root is there and points to its first step.
func begins(p *plan.Plan, r int, c Chain) bool {
	repo := p.Inventory.Repositories[r]
	first, _ := p.Inventory.Digests.Lookup(c.Steps[0].Digest)
	_, linked := p.Inventory.FindRevision(r, first)
	at, tagged := repo.FindTag(c.Tag)
	switch c.Root {
	case RootTag:
		return tagged && repo.Tags[at].Current.Target == first
	case RootHistory, RootPast:
		_, _, named := findEntry(repo, c.Tag, first)
		return named
	case RootUntagged:
		return linked && !repo.HasTags
	case RootNone, RootPin:
		_, layered := findLayer(p.Inventory, r, first)
		return linked || c.Root == RootPin && layered
	case RootExpired:
		return tagged && !linked && repo.Tags[at].Current.Target == first
	}
	return false
}

// leads tells whether the tree knows a way from a step to the next of the kind
// that is said.
func leads(p *plan.Plan, r int, from, to Step) bool {
	inv := p.Inventory
	a, _ := inv.Digests.Lookup(from.Digest)
	b, _ := inv.Digests.Lookup(to.Digest)
	switch to.By {
	case ByReference:
		for i, ref := range inv.Manifest(a).References {
			if ref.Digest == b && (to.Of == 0 || i <= to.Number) {
				return true
			}
		}
	case BySubject:
		for _, subject := range inv.Subjects[b] {
			if _, linked := inv.FindRevision(r, b); subject == a && linked {
				return true
			}
		}
	case ByAlias:
		at, linked := findLayer(inv, r, a)
		return linked && inv.Repositories[r].Layers[at].Target == b
	case ByMismatch:
		at, linked := inv.FindRevision(r, a)
		return linked && inv.Repositories[r].Revisions[at].Link.Target == b
	case BySignature:
		return slices.Contains(inv.Repositories[r].Signatures[a], b)
	}
	return false
}
