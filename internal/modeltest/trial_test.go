package modeltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/retention"
	"regjanitor/internal/store"
	"regjanitor/internal/sweep"
)

// A trial is one registry on disk, swept by the janitor and judged by the oracle.
type trial struct {
	tree *registrytest.Tree
	wish
	sound            bool // nothing is damaged
	alone            bool // one worker is compared with many
	dropped          int  // tags that go
	refused          bool
	strict, generous Answer
	violations       []string
	removed          []string // by the janitor, in letters
	doubts           []string // of the janitor
}

func (c *trial) violated(format string, args ...any) {
	c.violations = append(c.violations, fmt.Sprintf(format, args...))
}

// opinion is what the oracle thinks.
func (c *trial) opinion() string {
	return fmt.Sprintf("the janitor doubts %q, refused is %v, removed %q; the oracle has to doubt %q, pin %q, refuse %q, and may doubt %q, pin %q, refuse %q",
		c.doubts, c.refused, c.removed,
		c.strict.Doubts, c.strict.Pinned, c.strict.Refused, c.generous.Doubts, c.generous.Pinned, c.generous.Refused)
}

func (c *trial) run() error {
	c.opts.Damaged = !c.sound
	c.opts.KeepDigests = nil
	for _, name := range c.keep {
		c.opts.KeepDigests = append(c.opts.KeepDigests, c.tree.Digest(name).String())
	}
	c.opts.Names = c.names()
	strict, generous, err := Judge(c.tree.V2, c.opts)
	if err != nil {
		return err
	}
	c.strict, c.generous = strict, generous
	if !strict.Within(generous) && !c.byNameAndDamaged() {
		c.violated("the oracle contradicts itself")
	}
	v2, err := store.Locate(c.tree.Root)
	if err != nil {
		c.checkRefusal(err)
		return nil
	}
	root, err := store.OpenRoot(v2, false)
	if err != nil {
		c.checkRefusal(err)
		return nil
	}
	defer root.Close()
	before, err := readDisk(v2)
	if err != nil {
		return err
	}
	p, err := c.survey(root, 8)
	if c.alone {
		c.checkWorkers(root, p, err)
	}
	c.checkRefusal(err)
	if planned, err := readDisk(v2); err != nil || !maps.Equal(before.entries, planned.entries) {
		c.violated("planning changes the tree (%v)", err)
	}
	if err != nil {
		return nil
	}
	c.checkDoubts(p)
	c.dropped = int(p.Planned.Tags)
	result := sweep.Execute(context.Background(), root, p, sweep.Options{Jobs: 4, Run: "model"})
	after, err := readDisk(v2)
	if err != nil {
		return err
	}
	if !c.surprises(before) {
		c.checkResult(p, result, after)
	}
	c.checkRemoved(before, after)
	if !c.surprises(before) {
		c.checkPlanned(p, before, after)
	}
	c.checkDirectories(before, after)
	c.checkAnswer()
	c.checkPruned(after)
	c.checkAgain(root, before, after)
	return nil
}

// checkAgain: a second run removes nothing, but what is litter by now.
func (c *trial) checkAgain(root store.Dir, before, after *disk) {
	for at := range after.entries {
		if isSetAside(at) {
			return
		}
	}
	if c.surprises(before) || c.byNameAndDamaged() {
		return
	}
	again, err := c.survey(root, 8)
	var unknown *plan.UnknownError
	var refused *refusal.Error
	if c.dropped > 0 && errors.As(err, &refused) || len(c.opts.Names) > 0 && (errors.As(err, &unknown) || errors.As(err, &refused)) {
		return
	}
	if lines := describe(again, err); len(lines) > 0 {
		c.violated("a second run does something: %s", lines[0])
	}
}

// survey is all of a run that comes before it changes anything.
func (c *trial) survey(root store.Dir, jobs int) (*plan.Plan, error) {
	opts := plan.Options{
		Scope: c.opts.Scope, KeepUntagged: c.opts.KeepUntagged, KeepOrphans: c.opts.KeepOrphans,
		KeepUploads: c.opts.KeepUploads, AllowEmpty: c.opts.AllowEmpty, MinAge: c.opts.MinAge,
		UploadAge: c.opts.UploadAge, Now: c.opts.Now, MaxDeletePercent: 100,
		UntaggedAge: c.opts.UntaggedAge, OrphanedReferrers: c.opts.Orphaned, MaxTagsPercent: 100,
		Proxy: c.isProxy(), Prune: c.prune,
	}
	for _, d := range c.opts.KeepDigests {
		opts.KeepDigests = append(opts.KeepDigests, plan.KeptDigest{Digest: digest.Digest(d), Source: "test"})
	}
	for _, name := range c.opts.Names {
		opts.Requests = append(opts.Requests, plan.Request{Repository: name.Repository, Tag: name.Tag, Digest: digest.Digest(name.Digest), Untagged: name.Untagged})
	}
	if c.opts.Policy != nil {
		var err error
		if opts.Policy, err = retention.Parse("policy.yaml", []byte(c.opts.Policy.String())); err != nil {
			return nil, err
		}
	}
	look := inventory.Options{Jobs: jobs, HistoryTimes: opts.UsesAges(), EveryLink: opts.UsesLinks()}
	if c.opts.Large {
		look.LookInside = -1
	}
	inv, err := inventory.Scan(context.Background(), root, look)
	if err != nil {
		return nil, err
	}
	if len(inv.Vanished) > 0 {
		return nil, fmt.Errorf("%s vanished", inv.Vanished[0])
	}
	if opts.Policy != nil && opts.Policy.UsesCreated() {
		var tagged []inventory.ID
		for _, r := range inv.Repositories {
			for _, t := range r.Tags {
				if t.Current.Points() {
					tagged = append(tagged, t.Current.Target)
				}
			}
		}
		if opts.Created, err = inv.Created(context.Background(), root, tagged, jobs); err != nil {
			return nil, err
		}
	}
	return plan.Make(inv, opts)
}

func (c *trial) isProxy() bool {
	_, err := os.Lstat(filepath.Join(c.tree.Root, "scheduler-state.json"))
	return err == nil
}

func (c *trial) checkRefusal(err error) {
	var refused *refusal.Error
	var unknown *plan.UnknownError
	c.refused = errors.As(err, &refused)
	switch {
	case errors.As(err, &unknown) != c.strict.Unknown && !c.refused:
		c.violated("the run ends with %v, and a name is unknown is %v", err, c.strict.Unknown)
	case c.strict.Unknown:
	case err != nil && !c.refused:
		c.violated("the run ends with %v", err)
	case c.refused && c.generous.Refused == "":
		c.violated("refused (%s), and the oracle would not", refused.Message)
	case !c.refused && c.strict.Refused != "":
		c.violated("not refused, though %s", c.strict.Refused)
	}
}

func (c *trial) checkWorkers(root store.Dir, many *plan.Plan, manyErr error) {
	one, err := c.survey(root, 1)
	if a, b := describe(one, err), describe(many, manyErr); !slices.Equal(a, b) {
		c.violated("one worker plans %s\nmany plan %s", a, b)
	}
}

// describe is a plan in words, empty where nothing is to be done. Of several
// reasons to refuse, any may be named.
func describe(p *plan.Plan, err error) (lines []string) {
	var refused *refusal.Error
	if errors.As(err, &refused) {
		return []string{"refused"}
	}
	if err != nil {
		return []string{err.Error()}
	}
	for _, a := range p.Actions {
		lines = append(lines, fmt.Sprintf("%+v", p.Item(a)))
	}
	return lines
}

// checkDoubts compares which repositories are in doubt, and which are pinned.
func (c *trial) checkDoubts(p *plan.Plan) {
	if c.byNameAndDamaged() {
		return
	}
	doubted, pinned := map[string]string{}, map[string]string{}
	for _, d := range p.Doubts {
		c.doubts = append(c.doubts, d.Code+" "+d.Path)
		doubted[d.Repository] += fmt.Sprintf("%s %s: %s; ", d.Code, d.Path, d.Problem)
		if d.Pins {
			pinned[d.Repository] += fmt.Sprintf("%s %s: %s; ", d.Code, d.Path, d.Problem)
		}
	}
	for repository, what := range doubted {
		if len(c.generous.Doubts[repository])+len(c.generous.Pinned[repository]) == 0 {
			c.violated("%q is in doubt, and the oracle has none: %s", repository, what)
		}
	}
	for repository, what := range pinned {
		if len(c.generous.Pinned[repository]) == 0 {
			c.violated("%q is pinned, and the oracle would not: %s", repository, what)
		}
	}
	for repository, what := range c.strict.Doubts {
		if doubted[repository] == "" {
			c.violated("%q is not in doubt, though %s", repository, what)
		}
	}
	for repository, what := range c.strict.Pinned {
		if pinned[repository] == "" {
			c.violated("%q is not pinned, though %s", repository, what)
		}
	}
}

func (c *trial) letters(at string) string { return c.tree.Letters([]string{at})[0] }

// checkAnswer compares with what registrytest knows of a sound tree. The API itself
// can make one that is not: it deletes the link of a layer that is needed.
func (c *trial) checkAnswer() {
	plain := c.opts
	plain.AllowEmpty = false
	if !c.sound || len(c.strict.Pinned) > 0 || !samePlain(plain) || !maps.Equal(c.strict.Keep, c.generous.Keep) {
		return
	}
	want, got := c.tree.Live(), c.tree.Contents()
	got = slices.DeleteFunc(got, func(line string) bool { return strings.HasSuffix(line, " tag link (directory)") })
	sort.Strings(want)
	if !slices.Equal(want, got) {
		c.violated("of a sound tree is left\n  %s\nand lives\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func samePlain(o Options) bool {
	o.Damaged = false
	return fmt.Sprint(o) == fmt.Sprint(defaults())
}

func defaults() Options {
	return Options{UploadAge: plan.DefaultUploadAge, Now: registrytest.Now}
}
