package why

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// planOf is a sweep's plan with default options, as of the tree's own time.
func planOf(tree *registrytest.Tree, proxy bool) (*plan.Plan, error) {
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	inv, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 2, EveryLink: true, HistoryTimes: true})
	if err != nil {
		return nil, err
	}
	return plan.Sweep(inv, options(proxy))
}

func options(proxy bool) plan.Options {
	return plan.Options{Now: registrytest.Now, UploadAge: plan.DefaultUploadAge, AllowEmpty: true, MaxDeletePercent: -1, MaxTagsPercent: -1, Proxy: proxy}
}

// words is an answer in the letters of a spec, one line for each chain, link and
// doubt.
func words(tree *registrytest.Tree, a *Answer) string {
	var lines []string
	say := func(format string, args ...any) {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
	lawful := map[bool]string{true: " lawful"}[a.Lawful]
	say("%s %s%s %s", a.State, a.What, lawful, a.Reason)
	for _, c := range a.Chains {
		line := fmt.Sprintf("%s %s", c.Root, c.Repository)
		if c.Tag != "" {
			line += ":" + c.Tag
		}
		for _, s := range c.Steps {
			line += " > "
			if s.By != ByRoot && s.By != ByReference {
				line += string(s.By) + " "
			}
			line += s.What + " " + tree.Name(s.Digest)
			if s.Of > 0 {
				line += fmt.Sprintf(" %d/%d", s.Number, s.Of)
			}
		}
		if !c.Until.IsZero() {
			line += fmt.Sprintf(", until %s by %s", registrytest.Now.Sub(c.Until), tree.Name(c.By))
		}
		if c.About != "" {
			line += ", about " + tree.Name(c.About)
			if c.AboutGone {
				line += ", gone"
			}
		}
		say("%s", line)
	}
	if more := a.ChainsTotal - len(a.Chains); more > 0 {
		say("and %d more", more)
	}
	for _, l := range a.Links {
		line := "linked by " + l.Repository
		if l.Revision {
			line += " as a revision"
		}
		if l.Digest != l.Target {
			line += " as " + tree.Name(l.Digest)
		}
		if l.Goes {
			line += ", goes"
		}
		say("%s", line)
	}
	if a.State == Garbage {
		say("frees %d blobs, stays with %v", a.FreesBlobs, a.KeepWith)
	}
	for _, d := range append(a.Doubts, a.Warnings...) {
		say("%s at %s", d.Code, tree.Letters([]string{d.Path})[0])
	}
	return strings.Join(lines, "\n")
}

// named finds a target whose digests and paths are given in letters: {x}.
func named(tree *registrytest.Tree, p *plan.Plan, name string) (Target, error) {
	if name == "the leftover" {
		return At(p.Inventory, p.Inventory.Leftovers[0].Path), nil
	}
	return Named(p.Inventory, spelt(tree, name))
}

// spelt puts digests and paths in the place of letters.
func spelt(tree *registrytest.Tree, text string) string {
	return letters.ReplaceAllStringFunc(text, func(s string) string {
		thing, cut, _ := strings.Cut(s[1:len(s)-1], "/")
		if strings.Contains(thing, " ") {
			return strings.TrimPrefix(tree.Path(thing), tree.V2+"/")
		}
		d := tree.Digest(thing)
		if n, err := strconv.Atoi(cut); err == nil {
			return d.Encoded()[:n]
		}
		return string(d)
	})
}

// letters are {x}, {app layer x} and, for the first eight digits alone, {x/8}.
var letters = regexp.MustCompile(`\{.*?\}`)

// example is an answer, in letters, about a target in the tree of a spec.
type example struct{ name, spec, target, want string }

func try(t *testing.T, examples []example) {
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			tree, proxy := registrytest.Build(t, e.spec), strings.HasPrefix(e.spec, "proxy")
			p, err := planOf(tree, proxy)
			if err != nil {
				t.Fatal(err)
			}
			target, err := named(tree, p, e.target)
			if err != nil {
				t.Fatal(err)
			}
			got := words(tree, Explain(p, target, Options{Most: 3, Proxy: proxy}))
			if diff := cmp.Diff(strings.ReplaceAll(strings.TrimSpace(e.want), "\t", ""), got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}
