package modeltest

import (
	"fmt"
	"slices"
	"strings"
)

// A generator makes the spec of a registry, in the language of registrytest. It
// remembers what it has pushed, so that nearly every line finds what it names.
type generator struct {
	choose    func(n int) int
	lines     []string
	repos     []string
	manifests []string
	kinds     map[string]string
	operands  map[string][]string

	revisions, layers, tags, uploads map[string][]string // by repository
	blobs                            []string
}

// repositoryNames nest.
var repositoryNames = []string{"a", "a/b", "a/b/c", "team", "team/svc", "x-1/y_z", "blobs", "Example.COM/q"}

// Generate makes a registry and, with probability ½, damages it. Choose makes
// all choices: it returns a number from 0 to n-1.
func Generate(choose func(n int) int) (spec string, damaged bool) {
	g := &generator{
		choose: choose,
		kinds:  map[string]string{}, operands: map[string][]string{},
		revisions: map[string][]string{}, layers: map[string][]string{},
		tags: map[string][]string{}, uploads: map[string][]string{},
	}
	first := choose(len(repositoryNames))
	for i := range 1 + choose(6) {
		g.repos = append(g.repos, repositoryNames[(first+i)%len(repositoryNames)])
	}
	damaged = choose(2) == 1
	for range 1 + choose(8) {
		g.define(damaged && choose(3) == 0)
	}
	for range 2 + choose(10) {
		g.step()
	}
	if g.once(2) {
		g.release()
	}
	if damaged {
		for range 1 + choose(2)*choose(3) {
			g.damage()
		}
		g.putLast(" fifo")
	}
	return strings.Join(g.lines, "\n"), damaged
}

// putLast moves the lines with this ending behind all others: a later line would
// wait for ever to write to a FIFO.
func (g *generator) putLast(ending string) {
	var last []string
	g.lines = slices.DeleteFunc(g.lines, func(line string) bool {
		if strings.HasSuffix(line, ending) {
			last = append(last, line)
			return true
		}
		return false
	})
	g.lines = append(g.lines, last...)
}

func (g *generator) say(format string, args ...any) {
	g.lines = append(g.lines, fmt.Sprintf(format, args...))
}

func (g *generator) pick(words ...string) string { return words[g.choose(len(words))] }

// once is true one time in n.
func (g *generator) once(n int) bool { return g.choose(n) == 0 }

// define says what one more manifest is; odd ones are damage.
func (g *generator) define(odd bool) {
	name := fmt.Sprintf("M%d", len(g.manifests)+1)
	kind := g.pick("image", "image", "docker", "artifact", "schema1", "cacheindex", "index", "index", "list")
	options := ""
	if odd && g.once(3) {
		kind = g.pick("unknown", "text")
	}
	var operands []string
	switch kind {
	case "index", "list":
		for range min(len(g.manifests), g.choose(4)) {
			operands = append(operands, g.pick("", "", "", "~")+g.pick(g.manifests...))
		}
	case "schema1":
		operands = []string{g.pick("x", "y", "sha512:z"), "tarsum:" + g.pick("x", "t")}
	default:
		operands = []string{fmt.Sprintf("c%d", len(g.manifests)%3)}
		for range g.choose(3) {
			operands = append(operands, g.leaf())
		}
	}
	if slices.Contains([]string{"image", "docker", "schema1"}, kind) && g.once(4) {
		if kind != "schema1" {
			operands[0] = "k" + name
		}
		options += " created=" + g.pick("none", "1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-20T10:00:00Z", "2026-02-28T23:00:00Z", "2030-01-01T00:00:00Z")
	}
	if len(g.manifests) > 0 && g.once(3) && kind != "text" {
		options += " subject=" + g.pick(g.manifests...)
	}
	if g.once(8) && kind != "text" && kind != "unknown" {
		options += g.pick(" keys=twice", " keys=odd", " type=none")
	}
	if odd && g.once(2) && slices.Contains([]string{"image", "docker", "index", "list"}, kind) {
		options += g.pick(" schema=7", " type=application/vnd.example.odd+json")
	}
	g.say("%s", strings.TrimRight(name+" = "+kind+" "+strings.Join(operands, " ")+options, " "))
	g.manifests = append(g.manifests, name)
	g.kinds[name], g.operands[name] = kind, operands
}

func (g *generator) leaf() string {
	if len(g.manifests) > 0 && g.once(5) {
		return g.pick("plain:", "", "~") + g.pick(g.manifests...)
	}
	return g.pick("x", "y", "z", "w", "sha512:x", "sha512:v", "foreign:f", "urls:g", "{}", "~n")
}

func put(set map[string][]string, repo, name string) {
	if !slices.Contains(set[repo], name) {
		set[repo] = append(set[repo], name)
	}
}

func drop(set map[string][]string, repo, name string) {
	set[repo] = slices.DeleteFunc(set[repo], func(n string) bool { return n == name })
}

// push follows what a push brings along.
func (g *generator) push(repo, name, to string) {
	for _, operand := range g.operands[name] {
		via, leaf, _ := strings.Cut(operand, ":")
		switch {
		case operand[0] == '~' || via == "foreign" || via == "urls":
		case g.kinds[operand] != "":
			g.push(repo, operand, to)
		case via == "sha512" || via == "tarsum":
			put(g.layers, repo, operand)
			g.link(repo, leaf)
		case via == "plain":
			g.link(repo, leaf)
		default:
			g.link(repo, operand)
		}
	}
	g.blobs = append(g.blobs, name)
	if to == "layers" {
		put(g.layers, repo, name)
	} else {
		put(g.revisions, repo, name)
	}
}

func (g *generator) link(repo, name string) {
	put(g.layers, repo, name)
	g.blobs = append(g.blobs, name)
}

// age is how old what a step writes is.
func (g *generator) age() string { return g.pick("", "", "", " age=1h", " age=30h", " age=200h") }

// step does something to the registry.
func (g *generator) step() {
	repo, name := g.pick(g.repos...), g.pick(g.manifests...)
	switch g.choose(12) {
	default:
		links, to := "", "revisions"
		if g.once(10) {
			links, to = " links=layers", "layers"
		}
		tag := g.tag(repo)
		g.say("push %s:%s %s%s%s", repo, tag, name, links, g.age())
		g.push(repo, name, to)
		put(g.tags, repo, tag)
	case 0, 1:
		g.say("push %s@ %s%s", repo, name, g.age())
		g.push(repo, name, "revisions")
	case 2:
		tag := g.pick("v", "v", "ghost")
		g.say("history %s:%s %s%s", repo, tag, name, g.age())
	case 3:
		leaf := g.pick("x", "q", "sha512:w")
		g.say("mount %s %s%s", repo, leaf, g.age())
		put(g.layers, repo, leaf)
	case 4:
		g.say("blob %s%s", g.pick("x", "o", "p"), g.age())
	case 5:
		g.unmake(repo)
	case 6:
		g.litter(repo)
	}
}

// unmake deletes something.
func (g *generator) unmake(repo string) {
	revisions, tags, layers := g.revisions[repo], g.tags[repo], g.layers[repo]
	switch {
	case len(tags) > 0 && g.once(3):
		tag := g.pick(tags...)
		g.say("untag %s:%s", repo, tag)
		drop(g.tags, repo, tag)
	case len(revisions) > 0 && g.once(2):
		name := g.pick(revisions...)
		g.say("expire %s@%s", repo, name)
		drop(g.revisions, repo, name)
	case len(revisions) > 0:
		name := g.pick(revisions...)
		g.say("delete %s@%s", repo, name)
		drop(g.revisions, repo, name)
		g.tags[repo] = nil // some of them
	case len(layers) > 0:
		name := g.pick(layers...)
		g.say("delete %s layer %s", repo, name)
		drop(g.layers, repo, name)
	}
}

// litter leaves what a registry leaves behind.
func (g *generator) litter(repo string) {
	age := g.pick("1h", "30h", "200h")
	switch revisions := g.revisions[repo]; g.choose(5) {
	case 0:
		name := fmt.Sprintf("u%d", len(g.lines))
		g.say("upload %s %s%s age=%s", repo, name, g.pick("", "", " startedat=none", " startedat=soon"), age)
		put(g.uploads, repo, name)
	case 1:
		g.say("cancel %s k%d age=%s", repo, len(g.lines), age)
	case 2:
		if len(g.blobs) > 0 {
			g.say("temp blob %s age=%s", g.pick(g.blobs...), age)
		}
	case 3:
		if len(revisions) > 0 {
			g.say("temp %s@%s age=%s", repo, g.pick(revisions...), age)
		}
	case 4:
		signed := slices.DeleteFunc(slices.Clone(revisions), func(m string) bool { return g.kinds[m] != "schema1" })
		if len(signed) > 0 {
			g.say("signatures %s@%s", repo, g.pick(signed...))
		} else if g.once(3) {
			g.say("proxy")
		}
	}
}
