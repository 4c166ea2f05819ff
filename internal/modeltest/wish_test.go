package modeltest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// wish is what is asked of a run; what depends on the registry is in letters.
type wish struct {
	opts  Options
	keep  []string // manifests to which deployments are pinned
	named []string // what is to be removed by name
	prune bool
}

func (w wish) String() string {
	o := w.opts
	o.Policy = nil
	return fmt.Sprintf("%+v, pinned to %q, names %q, prune %v\n%s", o, w.keep, w.named, w.prune, w.opts.Policy)
}

// pushed are the lines of a spec that name what could be removed.
var pushed = regexp.MustCompile(`(?m)^push ([^:@ ]+)(?::(\S+)|@) (\S+)`)

// randomNames are what a user may name in a registry: in letters as REPO, REPO:TAG,
// REPO@MANIFEST or "REPO untagged", globs among them.
func randomNames(choose func(int) int, spec string) (all []string) {
	lines := pushed.FindAllStringSubmatch(spec, -1)
	if len(lines) == 0 {
		return nil
	}
	for range 1 + choose(3) {
		line := lines[choose(len(lines))]
		repo, tag, manifest := line[1], line[2], line[3]
		if choose(5) == 0 {
			repo = []string{"a/*", "**", "*", "{a,team}", "te*", "a**"}[choose(6)]
		}
		switch choose(8) {
		case 0:
			all = append(all, repo)
		case 1:
			all = append(all, repo+"@"+manifest)
		case 2:
			all = append(all, repo+" untagged")
		case 3:
			all = append(all, repo+":"+[]string{"*", "v*", "pr-*", "sha256-*", "[vw]", "{latest,link}", "*.sig"}[choose(7)])
		default:
			if tag == "" || strings.Contains(tag, "[") {
				tag = "v"
			}
			all = append(all, repo+":"+tag)
		}
	}
	return all
}

var inAngles = regexp.MustCompile(`<([^>]+)>`)

// names are those of a trial as the oracle and the janitor take them.
func (c *trial) names() (all []Name) {
	for _, letters := range c.named {
		repo, manifest, byDigest := strings.Cut(letters, "@")
		repo, tag, _ := strings.Cut(repo, ":")
		repo, untagged := strings.CutSuffix(repo, " untagged")
		name := Name{Repository: repo, Untagged: untagged}
		name.Tag = inAngles.ReplaceAllStringFunc(tag, func(m string) string { return c.tree.Digest(m[1 : len(m)-1]).Encoded() })
		if byDigest {
			name.Digest = c.tree.Digest(manifest).String()
		}
		all = append(all, name)
	}
	return all
}

var manifestName = regexp.MustCompile(`\bM\d+\b`)

var errNothing = errors.New("nothing is named any more")

// within leaves out of a wish what is about manifests that the spec does not have.
func (w wish) within(spec string) (wish, error) {
	unknown := func(letters string) bool {
		return slices.ContainsFunc(manifestName.FindAllString(letters, -1), func(name string) bool {
			return !strings.Contains("\n"+spec, "\n"+name+" = ")
		})
	}
	less := w
	less.keep = slices.DeleteFunc(slices.Clone(w.keep), unknown)
	less.named = slices.DeleteFunc(slices.Clone(w.named), unknown)
	if len(w.named) > 0 && len(less.named) == 0 {
		return w, errNothing
	}
	return less, nil
}

// checkPruned: a removal that prunes leaves no empty directory, but those that a
// registry wants.
func (c *trial) checkPruned(after *disk) {
	if !c.prune || !c.sound {
		return
	}
	for at := range after.entries {
		if after.isDir(at) && len(after.children[at]) == 0 && at != "blobs" && at != "repositories" &&
			!strings.HasSuffix(at, "/_layers") && !strings.HasSuffix(at, "/_manifests/tags") {
			c.violated("empty, and left: %s", c.letters(at))
		}
	}
}
