package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/retention"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

const (
	timeToLook   = time.Second     // at the tree; then what is known has to do
	timeToAnswer = 2 * time.Second // after which nobody waits for a disk that hangs
)

// look offers the names that list finds in the tree.
func (c *completion) look(list func(context.Context, *store.Root) []candidateWord) {
	ctx, cancel := context.WithTimeout(context.Background(), timeToLook)
	defer cancel()
	var found []candidateWord
	if inTime(timeToAnswer, func() {
		if root := c.open(); root != nil {
			defer root.Close()
			found = list(ctx, root)
		}
	}) {
		c.candidates = append(c.candidates, found...)
	}
}

// inTime tells whether work ended before the time was up. It is left to itself
// where it did not.
func inTime(limit time.Duration, work func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

// references completes REPO, REPO:TAG or REPO@DIGEST.
func (c *completion) references(word string) {
	repository, begun, byDigest := strings.Cut(word, "@")
	colon := strings.LastIndexByte(word, ':')
	switch {
	case byDigest:
		c.digests(repository, begun)
	case colon > strings.LastIndexByte(word, '/'):
		c.tags(word[:colon], word[colon+1:])
	default:
		c.repositories("", word, true)
	}
}

func (c *completion) digests(repository, begun string) {
	c.look(func(ctx context.Context, root *store.Root) (found []candidateWord) {
		digests, _ := inventory.RevisionNames(ctx, root, repository)
		slices.Sort(digests)
		for _, d := range digests {
			found = offer(found, repository+"@", begun, string(d), "")
		}
		return found
	})
}

// attachedTags is what tags of signatures and the like begin with. There may be as
// many as there are images, and nobody types one who does not begin so.
const attachedTags = "sha256-"

func (c *completion) tags(repository, begun string) {
	c.look(func(ctx context.Context, root *store.Root) (found []candidateWord) {
		tags, _ := inventory.TagNames(ctx, root, repository)
		slices.SortFunc(tags, retention.Natural)
		for _, tag := range tags {
			_, _, attached := layout.TagSubject(tag)
			if !attached || strings.HasPrefix(begun, attachedTags) {
				found = offer(found, repository+":", begun, tag, "")
			}
		}
		return found
	})
}

// repositories completes the name of a repository up to the next slash, and where
// it is one the colon behind which tags may follow.
func (c *completion) repositories(before, begun string, tagged bool) {
	c.look(func(ctx context.Context, root *store.Root) (found []candidateWord) {
		names, _ := inventory.Names(ctx, root, begun)
		slices.SortFunc(names, func(a, b inventory.Name) int { return retention.Natural(a.Name, b.Name) })
		for _, n := range names {
			if n.Repository {
				found = offer(found, before, begun, n.Name, "repository")
			}
			if n.Repository && tagged && (len(names) == 1 || n.Name == begun) {
				found = offer(found, before, begun, n.Name+":", "its tags")
			}
			if n.Parent {
				found = offer(found, before, begun, n.Name+"/", "repositories below it")
			}
		}
		return found
	})
}

// runs completes the name of a run that has left something in the trash, the
// latest first.
func (c *completion) runs(begun string) {
	c.look(func(_ context.Context, root *store.Root) (found []candidateWord) {
		storage, err := root.Above()
		if err != nil {
			return nil
		}
		defer storage.Close()
		ids, _ := trash.IDs(storage)
		for _, id := range slices.Backward(ids) {
			if layout.ValidTag(id) { // a shell takes it as it is
				found = offer(found, "", begun, id, "")
			}
		}
		return found
	})
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
