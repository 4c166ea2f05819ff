package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/retention"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

// references completes REPO, REPO:TAG or REPO@DIGEST.
func (c *completion) references(word string) {
	repository, _, byDigest := strings.Cut(word, "@")
	colon := strings.LastIndexByte(word, ':')
	switch {
	case byDigest:
		c.within(repository+"@", word, func(root store.Dir) (names []string) {
			digests, _ := inventory.RevisionNames(c, root, repository)
			for _, d := range digests {
				names = append(names, string(d))
			}
			slices.Sort(names)
			return names
		})
	case colon > strings.LastIndexByte(word, '/'):
		c.within(word[:colon+1], word, func(root store.Dir) []string {
			names, _ := inventory.TagNames(c, root, word[:colon])
			slices.SortFunc(names, retention.Natural)
			return slices.DeleteFunc(names, func(tag string) bool {
				_, _, attached := layout.TagSubject(tag)
				return attached && !strings.HasPrefix(word[colon+1:], attachedTags)
			})
		})
	default:
		c.repositories("", word, true)
	}
}

// attachedTags is what tags of signatures and the like begin with. There may be as
// many as there are images, and nobody types one who does not begin so.
const attachedTags = "sha256-"

// within offers names behind what stands before them in the word.
func (c *completion) within(before, word string, names func(store.Dir) []string) {
	root := c.open()
	if root == nil {
		return
	}
	defer root.Close()
	for _, name := range names(root) {
		c.offer(word, before+name, "")
	}
}

// repositories completes the name of a repository up to the next slash, and where
// it is one the colon behind which tags may follow.
func (c *completion) repositories(before, word string, tagged bool) {
	root := c.open()
	if root == nil {
		return
	}
	defer root.Close()
	names, err := inventory.Names(c, root, word)
	if err != nil {
		return
	}
	slices.SortFunc(names, func(a, b inventory.Name) int { return retention.Natural(a.Name, b.Name) })
	for _, n := range names {
		if n.Repository {
			c.offer(before+word, before+n.Name, "repository")
		}
		if n.Repository && tagged && (len(names) == 1 || n.Name == word) {
			c.offer(word, n.Name+":", "its tags")
		}
		if n.Parent {
			c.offer(before+word, before+n.Name+"/", "repositories below it")
		}
	}
}

// runs completes the name of a run that has left something in the trash, the
// latest first.
func (c *completion) runs(word string) {
	root := c.open()
	if root == nil {
		return
	}
	defer root.Close()
	storage, err := root.Above()
	if err != nil {
		return
	}
	defer storage.Close()
	ids, _ := trash.IDs(storage)
	for _, id := range slices.Backward(ids) {
		if layout.ValidTag(id) { // a shell takes it as it is
			c.offer(word, id, "")
		}
	}
}

// open opens the tree that the words before name, as every command would.
func (c *completion) open() *store.Root {
	found, err := c.findRoot(&globals{Root: c.named("root"), RegistryConfig: c.named("registry-config")})
	if err != nil {
		return nil
	}
	root, err := store.OpenRoot(found.v2, true)
	if err != nil {
		return nil
	}
	return root
}

// named is the file or directory that a flag names, or the flag's variable. It has
// not gone through the shell yet.
func (c *completion) named(flag string) filename {
	i := slices.IndexFunc(c.flags, func(f *kong.Flag) bool { return f.Name == flag })
	if i < 0 {
		return ""
	}
	name, _ := c.trace.FlagValue(c.flags[i]).(filename)
	for _, variable := range c.flags[i].Envs {
		if name == "" {
			name = filename(c.getenv(variable))
		}
	}
	if below, home := strings.CutPrefix(string(name), "~/"); home {
		name = filename(c.getenv("HOME") + "/" + below)
	}
	return name
}
