package plan

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
)

func (q Request) String() string {
	switch {
	case q.Tag != "":
		return q.Repository + ":" + q.Tag
	case q.Digest != "":
		return q.Repository + "@" + q.Digest.String()
	}
	return q.Repository
}

// IsGlob tells whether a request may name more than one thing.
func (q Request) IsGlob() bool { return isGlob(q.Repository) || isGlob(q.Tag) }

func isGlob(name string) bool { return strings.ContainsAny(name, `*?[{`) }

// matches tells whether a name is meant by a glob.
func matches(glob, name string) bool { return doublestar.MatchUnvalidated(glob, name) }

// UnknownError says that a name is not there; nothing is removed then. Meant is a
// name that is there, and may be what was meant; Below one that is below.
type UnknownError struct {
	Request      Request
	Meant, Below string
}

func (e *UnknownError) Error() string {
	if e.Request.IsGlob() {
		return fmt.Sprintf("nothing matches %s", e.Request)
	}
	return fmt.Sprintf("%s is not there", e.Request)
}

// ref is a place in a repository's tags or revisions.
type ref struct{ repository, at int }

// names are the requests as places in the inventory.
type names struct {
	tags, revisions map[ref]bool
	whole, touches  map[int]bool
	untagged        map[int]bool // repositories whose untagged revisions are meant
	past            map[ref]bool // revisions of histories, meant if they are untagged
}

func (b *builder) resolve(requests []Request) (names, error) {
	n := names{map[ref]bool{}, map[ref]bool{}, map[int]bool{}, map[int]bool{}, map[int]bool{}, map[ref]bool{}}
	for _, q := range requests {
		found := false
		for _, r := range b.repositories(q.Repository) {
			if n.take(b.inv, r, q) {
				found, n.touches[r] = true, true
			}
		}
		if !found {
			return n, b.unknownName(q)
		}
	}
	return n, nil
}

// unknownName looks for what a name that is not there may have been meant to be: one
// without the registry's host, or all that is below it.
func (b *builder) unknownName(q Request) *UnknownError {
	unknown := &UnknownError{Request: q}
	if _, rest, deep := strings.Cut(q.Repository, "/"); deep {
		if _, found := b.inv.Find(rest); found {
			q.Repository = rest
			unknown.Meant = q.String()
		}
	}
	if next, found := b.inv.Find(q.Repository + "/"); !found && next < len(b.inv.Repositories) && strings.HasPrefix(b.inv.Repositories[next].Name, q.Repository+"/") {
		unknown.Below = b.inv.Repositories[next].Name
	}
	return unknown
}

// repositories are the places of those that a name means: of the one that bears
// it, or else of all that match it.
func (b *builder) repositories(name string) (places []int) {
	if r, found := b.inv.Find(name); found {
		return []int{r}
	}
	if !isGlob(name) {
		return nil
	}
	for r, repo := range b.inv.Repositories {
		if matches(name, repo.Name) {
			places = append(places, r)
		}
	}
	return places
}

// take notes what a request means in one repository, and tells whether that is
// anything.
func (n names) take(inv *inventory.Inventory, r int, q Request) (found bool) {
	repo := inv.Repositories[r]
	switch {
	case q.Tag != "":
		for _, i := range tagsNamed(repo, q.Tag) {
			n.tags[ref{r, i}], found = true, true
			if q.Untagged {
				n.takePast(inv, r, repo.Tags[i])
			}
		}
	case q.Digest != "":
		id, met := inv.Digests.Lookup(q.Digest)
		if !met {
			return false
		}
		if i, linked := inv.FindRevision(r, id); linked {
			n.revisions[ref{r, i}], found = true, true
		}
	case q.Untagged:
		n.untagged[r], found = true, true
	default:
		n.whole[r], found = true, true
	}
	return found
}

// tagsNamed are the places of the tags that a name means, as for repositories.
func tagsNamed(repo *inventory.Repository, name string) (places []int) {
	if i, found := repo.FindTag(name); found {
		return []int{i}
	}
	if !isGlob(name) {
		return nil
	}
	for i, tag := range repo.Tags {
		if matches(name, tag.Name) {
			places = append(places, i)
		}
	}
	return places
}

// takePast notes the revisions that a tag has pointed to.
func (n names) takePast(inv *inventory.Inventory, r int, tag inventory.Tag) {
	for _, entry := range tag.History {
		if i, linked := inv.FindRevision(r, entry.Digest); linked {
			n.past[ref{r, i}] = true
		}
	}
}

// nameUntagged names the revisions that nothing needs, where these are meant.
// Where a repository is in doubt nobody knows which they are.
func (b *builder) nameUntagged(n names, kept map[inventory.ID]bool) {
	if len(n.untagged)+len(n.past) == 0 {
		return
	}
	g := graph.Mark(b.inv, graph.Roots{
		Tag: func(int, int) bool { return true },
		Revision: func(r, i int) bool {
			return b.staysUntagged(r, i, kept, nil) || !n.untagged[r] && !n.past[ref{r, i}]
		},
		Whole: func(r int) bool { return !n.touches[r] },
		Proxy: b.opts.Proxy,
	})
	for r := range n.touches {
		for i, via := range g.Repositories[r].Revisions {
			meant := n.untagged[r] || n.past[ref{r, i}]
			if meant && !via.Live() && !g.Repositories[r].Pinned {
				n.revisions[ref{r, i}] = true
			}
		}
	}
}

// reason is why what was named in a repository goes.
func (n names) reason(r int) Reason {
	if n.untagged[r] {
		return Untagged
	}
	return Requested
}

// list spells out what was named, in the inventory's order, tags before digests.
func (n names) list(inv *inventory.Inventory) (list []Request) {
	for r, repo := range inv.Repositories {
		if n.whole[r] {
			list = append(list, Request{Repository: repo.Name})
			continue
		}
		for i, tag := range repo.Tags {
			if n.tags[ref{r, i}] {
				list = append(list, Request{Repository: repo.Name, Tag: tag.Name})
			}
		}
		for i, revision := range repo.Revisions {
			if n.revisions[ref{r, i}] {
				list = append(list, Request{Repository: repo.Name, Digest: inv.Digests.Digest(revision.Digest)})
			}
		}
	}
	return list
}
