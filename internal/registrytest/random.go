package registrytest

import (
	"fmt"
	"strings"
)

// Random makes the spec of a registry without damage: manifests of every kind,
// each built of those before it, then pushes, retags, deletes and litter, in the
// repositories a, a/b and c. Choose makes all choices: it returns a number from
// 0 to n-1.
func Random(choose func(n int) int) string {
	r := random{choose: choose}
	for range 1 + choose(8) {
		r.define()
	}
	for range 1 + choose(10) {
		r.step()
	}
	return strings.Join(r.lines, "\n")
}

type random struct {
	choose    func(n int) int
	lines     []string
	manifests []string
}

func (r *random) say(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *random) pick(words ...string) string { return words[r.choose(len(words))] }

func (r *random) leaf() string {
	return r.pick("x", "y", "z", "w", "sha512:x", "sha512:v", "foreign:f", "urls:g", "{}", "~n")
}

// define says what one more manifest is.
func (r *random) define() {
	n := len(r.manifests)
	name, subject := fmt.Sprintf("M%d", n+1), ""
	if n > 0 && r.choose(2) == 1 {
		subject = " subject=" + r.pick(r.manifests...)
	}
	switch kind := r.pick("image", "docker", "artifact", "schema1", "cacheindex", "index", "list"); kind {
	case "index", "list":
		children := ""
		for range min(n, r.choose(4)) {
			children += " " + r.pick("", "", "~") + r.pick(r.manifests...)
		}
		r.say("%s = %s%s%s", name, kind, children, subject)
	case "schema1":
		r.say("%s = schema1 %s tarsum:%s", name, r.pick("x", "y", "sha512:z"), r.pick("x", "t"))
	default:
		r.say("%s = %s c%d %s %s%s", name, kind, (n+1)%3, r.leaf(), r.leaf(), subject)
	}
	r.manifests = append(r.manifests, name)
}

// step does something to the registry.
func (r *random) step() {
	repo, name := r.pick("a", "a/b", "c"), r.pick(r.manifests...)
	switch r.pick("tag", "tag", "digest", "history", "mount", "blob", "litter") {
	case "tag":
		r.say("push %s:%s %s", repo, r.pick("v", "w"), name)
	case "digest":
		r.say("push %s@ %s", repo, name)
	case "history":
		r.say("history %s:%s %s", repo, r.pick("v", "ghost"), name)
	case "mount":
		r.say("mount %s %s", repo, r.pick("x", "q", "sha512:w"))
	case "blob":
		r.say("blob %s", r.pick("x", "o"))
	case "litter":
		r.say("upload %s u age=%s", repo, r.pick("1h", "200h"))
		r.say("push %s:t %s", repo, name)
		r.say("temp %s@%s age=%s", repo, name, r.pick("1h", "200h"))
		if r.choose(2) == 1 {
			r.say("%s %s@%s", r.pick("delete", "expire"), repo, name)
		}
	}
}
