package modeltest

import (
	"fmt"
	"strings"
)

// The words of damage, by what they suit.
var (
	fileHows = []string{"missing", "gone", "empty", "garbage", "directory", "fifo", "socket", "symlink", "symlinked", "hardlink"}
	linkHows = []string{"newline", "spaces", "huge", "uppercase", "short", "to=", "to="}
	nameHows = []string{"dirname=upper", "dirname=short", "dirname=long", "dirname=algorithm"}
	blobHows = []string{"truncated", "corrupt", "altered", "inside", "symlinked-shard", "lists="}
	tagHows  = []string{"no-current", "no-current", "no-history"}
	repoHows = []string{"no-layers", "no-manifests", "no-revisions", "no-tags", "symlinked", "missing"}
)

// damage does something to the registry that no registry does.
func (g *generator) damage() {
	repo := g.pick(g.repos...)
	revisions, tags, layers := g.revisions[repo], g.tags[repo], g.layers[repo]
	hit := func(target string, hows ...[]string) {
		how := g.pick(hows[g.choose(len(hows))]...)
		if strings.HasSuffix(how, "=") {
			how += g.pick(g.manifests...)
		}
		g.say("damage %s %s", target, how)
	}
	switch g.choose(12) {
	case 0, 1:
		if len(tags) > 0 {
			hit(repo+":"+g.pick(tags...), fileHows, linkHows, tagHows)
		}
	case 2, 3:
		if len(revisions) > 0 {
			hit(repo+"@"+g.pick(revisions...), fileHows, linkHows, nameHows, []string{"to="})
		}
	case 4, 5:
		if len(layers) > 0 {
			hit(repo+" layer "+g.pick(layers...), fileHows, linkHows, nameHows)
		}
	case 6, 7:
		if len(revisions) > 0 {
			hit("blob "+g.pick(revisions...), fileHows, blobHows, nameHows)
		}
	case 8:
		if len(g.blobs) > 0 {
			g.hitBlob(g.pick(g.blobs...), hit)
		}
	case 9:
		if len(revisions)+len(layers) > 0 {
			hit(repo, repoHows)
		}
	default:
		g.raw(repo)
	}
}

// hitBlob damages data; seldom with five megabytes, which take their time.
func (g *generator) hitBlob(name string, hit func(string, ...[]string)) {
	if g.once(50) {
		g.say("damage blob %s huge", name)
		return
	}
	hit("blob "+name, fileHows, blobHows, nameHows)
}

// raw puts something into the tree by path.
func (g *generator) raw(repo string) {
	at := "repositories/" + repo
	within := []string{at, at + "/_layers", at + "/_layers/sha256", at + "/_manifests", at + "/_manifests/revisions",
		at + "/_manifests/tags", at + "/_uploads", "repositories", "blobs", "blobs/sha256", "blobs/sha256/ab"}
	for _, name := range g.revisions[repo] {
		within = append(within, "{"+repo+"@"+name+"}", "{blob "+name+"}")
	}
	for _, name := range g.layers[repo] {
		within = append(within, "{"+repo+" layer "+name+"}")
	}
	for _, name := range g.tags[repo] {
		within = append(within, "{"+repo+":"+name+"}", "{"+repo+":"+name+"}/current", "{"+repo+":"+name+"}/index/sha256")
	}
	for _, name := range g.uploads[repo] {
		within = append(within, "{"+repo+" upload "+name+"}")
	}
	dir := g.pick(within...)
	switch g.choose(8) {
	case 0:
		g.say("file %q", dir+"/"+g.pick(".DS_Store", "data", "stray", "link.tmp", "x\xff\n"))
	case 1:
		g.say("dir %s/%s", dir, g.pick("lost+found", ".snapshot", "_unknown", "empty"))
	case 2:
		g.say("file %s/%s/file", dir, g.pick("lost+found", ".snapshot", "_referrers", "other"))
	case 3:
		g.say("fifo %s/pipe", dir)
	case 4:
		g.say("symlink %s/sym %s", dir, g.pick("outside/nowhere", at, "blobs", "repositories", at+"/_manifests/tags"))
	case 5:
		x, y := g.pick(append(g.blobs, "x", "y")...), g.pick(append(g.blobs, "x", "y")...)
		if x != y {
			g.say("remove {blob %s}", x)
			g.say("symlink {blob %s} {blob %s}", x, y)
		}
	case 6:
		hex := strings.Repeat(g.pick("ab", "cd"), 32)
		g.say("file %s", g.pick(
			"blobs/sha256/ab/"+hex+"/data orphan", "blobs/sha512/ab/"+hex+hex+"/data orphan",
			at+"/_layers/sha256/"+hex+"/link sha256:"+hex, at+"/_manifests/revisions/sha256/"+hex+"/link sha256:"+hex,
			at+"/_manifests/tags/new/current/link sha256:"+hex, at+"/_manifests/tags/new/index/sha256/"+hex+"/link sha256:"+hex))
	case 7:
		if len(g.blobs) > 0 {
			g.say("symlink %s {blob %s}", fmt.Sprintf("blobs/sha256/ab/%s", strings.Repeat("ab", 32)), g.pick(g.blobs...))
		}
	}
}
