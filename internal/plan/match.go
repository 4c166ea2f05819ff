package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/opencontainers/go-digest"

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

// Match is what a request means in one repository, by places in the inventory:
// some of its tags, some of its revisions, or, where both are nil, the whole of it.
type Match struct {
	Repository      int
	Tags, Revisions []int
}

// Find finds what a request means, in the inventory's order. Where that is nothing
// the error is an UnknownError.
func Find(inv *inventory.Inventory, q Request) ([]Match, error) {
	var found []Match
	for _, r := range repositoriesNamed(inv, q.Repository) {
		m := Match{Repository: r}
		switch {
		case q.Tag != "":
			if m.Tags = tagsNamed(inv.Repositories[r], q.Tag); m.Tags == nil {
				continue
			}
		case q.Digest != "":
			if m.Revisions = revisionNamed(inv, r, q.Digest); m.Revisions == nil {
				continue
			}
		}
		found = append(found, m)
	}
	if found == nil {
		return nil, unknown(inv, q)
	}
	return found, nil
}

// Repositories are the places of those that requests for whole repositories name,
// in order; of all where there is no request.
func Repositories(inv *inventory.Inventory, requests []Request) ([]int, error) {
	var places []int
	for _, q := range requests {
		found, err := Find(inv, q)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			places = append(places, m.Repository)
		}
	}
	if len(requests) == 0 {
		for place := range inv.Repositories {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return slices.Compact(places), nil
}

// unknown looks for what a name that is not there may have been meant to be: one
// without the registry's host, or all that is below it.
func unknown(inv *inventory.Inventory, q Request) *UnknownError {
	unknown := &UnknownError{Request: q}
	if _, rest, deep := strings.Cut(q.Repository, "/"); deep {
		if _, found := inv.Find(rest); found {
			q.Repository = rest
			unknown.Meant = q.String()
		}
	}
	if next, found := inv.Find(q.Repository + "/"); !found && next < len(inv.Repositories) && strings.HasPrefix(inv.Repositories[next].Name, q.Repository+"/") {
		unknown.Below = inv.Repositories[next].Name
	}
	return unknown
}

// repositoriesNamed are the places of those that a name means: of the one that
// bears it, or else of all that match it.
func repositoriesNamed(inv *inventory.Inventory, name string) (places []int) {
	if r, found := inv.Find(name); found {
		return []int{r}
	}
	if !isGlob(name) {
		return nil
	}
	for r, repo := range inv.Repositories {
		if matches(name, repo.Name) {
			places = append(places, r)
		}
	}
	return places
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

// revisionNamed is the place of the revision of a digest, if it is there.
func revisionNamed(inv *inventory.Inventory, r int, d digest.Digest) (places []int) {
	if id, met := inv.Digests.Lookup(d); met {
		if i, linked := inv.FindRevision(r, id); linked {
			places = append(places, i)
		}
	}
	return places
}

// matches tells whether a name is meant by a glob.
func matches(glob, name string) bool { return doublestar.MatchUnvalidated(glob, name) }
