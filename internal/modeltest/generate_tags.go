package modeltest

import (
	"fmt"
	"slices"
)

// tag is the name of a tag: most are words; some are about a manifest, as those of
// signatures and of the index of referrers, be it one or not.
func (g *generator) tag(repo string) string {
	if !g.once(4) {
		return g.pick("v", "v", "w", "latest", "link", "sha256-0")
	}
	about := g.pick(g.manifests...)
	if there := g.revisions[repo]; len(there) > 0 && !g.once(4) {
		about = g.pick(there...)
	}
	return fmt.Sprintf("sha256-<%s>%s", about, g.pick("", "", ".sig", ".sig", ".att", ".sbom"))
}

// release pushes as a pipeline does: tag after tag, with versions and numbers in
// their names, at all times or within an hour; and signs some of that.
func (g *generator) release() {
	repo := g.pick(g.repos...)
	if g.once(4) {
		g.flatten(repo)
	}
	for range 2 + g.choose(8) {
		if g.once(2) {
			g.define(false)
		}
		name, tag := g.manifests[len(g.manifests)-1-g.choose(min(3, len(g.manifests)))], g.pick(releases...)
		g.say("push %s:%s %s%s", repo, tag, name, g.pick(agesOfReleases...))
		g.push(repo, name, "revisions")
		put(g.tags, repo, tag)
		if g.once(3) {
			signature := g.pick(g.manifests...)
			tag := "sha256-<" + name + ">" + g.pick(".sig", ".att", "")
			g.say("push %s:%s %s%s", repo, tag, signature, g.pick(agesOfReleases...))
			g.push(repo, signature, "revisions")
			put(g.tags, repo, tag)
		}
	}
}

var (
	releases = []string{"v1.2.3", "1.2.3", "1.2.3-alpine", "1.10.0", "v1.9.0-alpine", "1.2", "01.2.3", "2.0.0-rc.1", "2.0.0",
		"pr-1", "pr-2", "pr-9", "pr-10", "pr-09", "main", "nightly"}
	agesOfReleases = []string{"", " age=1h", " age=1h", " age=13h", " age=2d", " age=2d", " age=8d", " age=15d", " age=40d", " age=70d", " age=400d", " age=-1h"}
)

// flatten pushes so many tags at once that no policy believes it.
func (g *generator) flatten(repo string) {
	name, last := g.pick(g.manifests...), 17+g.choose(6)
	g.say("push %s:pr-[1..%d] %s age=%s", repo, last, name, g.pick("1h", "40d"))
	g.push(repo, name, "revisions")
	for i := range last {
		put(g.tags, repo, fmt.Sprintf("pr-%d", i+1))
	}
}

// RandomPolicy makes a policy for the registries of Generate.
func RandomPolicy(choose func(n int) int) *Policy {
	g := &generator{choose: choose}
	p := &Policy{}
	for i := range 1 + choose(3) {
		p.Rules = append(p.Rules, g.rule(fmt.Sprintf("rule-%d", i+1)))
	}
	return p
}

func (g *generator) rule(name string) Rule {
	r := Rule{Name: name, Semver: g.once(4), Created: g.once(4), Trust: g.once(4)}
	globs := func(often int, from ...string) (list []string) {
		if !g.once(often) {
			return nil
		}
		for range 1 + g.choose(2) {
			if glob := g.pick(from...); !slices.Contains(list, glob) {
				list = append(list, glob)
			}
		}
		return list
	}
	r.Repositories = globs(4, "a", "a/**", "**", "*", "team/*", "{a,team}/**", "x-?/*")
	r.Tags = globs(3, "v*", "*", "pr-*", "sha256-*", "[0-9]*", "*-alpine", "{latest,w}")
	r.Protect = globs(4, "main", "v", "pr-1*", "*.0", "latest")
	for _, count := range []*int{&r.Last, &r.Days, &r.Daily, &r.Weekly, &r.Monthly, &r.Fewest} {
		*count = -1
		if g.once(3) {
			*count = g.choose(4)
		}
	}
	if r.Fewest < 0 && g.once(2) {
		r.Fewest = 0
	}
	if r.Last+r.Days+r.Daily+r.Weekly+r.Monthly == -5 {
		r.Last = g.choose(3)
	}
	if r.Days > 0 {
		r.Days = []int{1, 7, 30}[r.Days-1]
	}
	return r
}
