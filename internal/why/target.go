package why

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
)

// Kind is what a target names.
type Kind string

// The kinds of targets. A Path is what is none of the others.
const (
	OfDigest     Kind = "digest"
	OfTag        Kind = "tag"
	OfEntry      Kind = "tag_index_entry"
	OfRevision   Kind = "revision"
	OfLayer      Kind = "layer_link"
	OfRepository Kind = "repository"
	OfUpload     Kind = "upload"
	OfPath       Kind = "path"
)

// Target is one thing that somebody asks about.
type Target struct {
	Kind       Kind
	Repository string
	Tag        string
	Digest     digest.Digest
	ID         string // of an upload
	Path       string // relative to v2, where the target was named by its path
}

// UnknownError says that nothing is named so.
type UnknownError struct{ Name, Hint string }

func (e *UnknownError) Error() string { return e.Name + " is not there" }

// AmbiguousError says that several digests begin so. Candidates are the first of
// them, and More is how many others there are.
type AmbiguousError struct {
	Prefix     string
	Candidates []digest.Digest
	More       int
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d digests begin with %s", len(e.Candidates)+e.More, e.Prefix)
}

// Named finds what a user names: a repository, a tag, a revision, a digest or as
// much of one as tells it from the others, or a path relative to the v2 directory.
// What is there under its very name comes before a digest that begins so.
func Named(inv *inventory.Inventory, name string) (Target, error) {
	if d, err := layout.ParseDigest(name); err == nil {
		return known(inv, d)
	}
	if repository, text, ok := strings.Cut(name, "@"); ok {
		return revision(inv, repository, text)
	}
	if _, found := inv.Find(name); found {
		return Target{Kind: OfRepository, Repository: name}, nil
	}
	request := plan.Request{Repository: name}
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		request = plan.Request{Repository: name[:i], Tag: name[i+1:]}
		if r, found := inv.Find(request.Repository); found {
			if _, found := inv.Repositories[r].FindTag(request.Tag); found {
				return Target{Kind: OfTag, Repository: request.Repository, Tag: request.Tag}, nil
			}
		}
	}
	switch algorithm, hex, _ := strings.Cut(name, ":"); {
	case isPrefix(name):
		return prefixed(inv, name)
	case strings.HasSuffix(name, ":"):
		return Target{}, &UnknownError{name, "name something after the colon, or leave it out"}
	case digest.Algorithm(algorithm).Available() && len(hex) < shortest:
		return Target{}, &UnknownError{name, fmt.Sprintf("of a digest at least %d digits are needed", shortest)}
	}
	path := strings.TrimPrefix(name, layout.Prefix+"/")
	if top, _, _ := strings.Cut(path, "/"); top == layout.Blobs || top == layout.Repositories {
		return At(inv, path), nil
	}
	return Target{}, unknown(inv, request)
}

// unknown says that a name is not there. Many things at once have no answer.
func unknown(inv *inventory.Inventory, request plan.Request) error {
	_, err := plan.Find(inv, request)
	var nothing *plan.UnknownError
	switch {
	case err == nil:
		return &UnknownError{request.String(), "name one thing, without a glob"}
	case errors.As(err, &nothing) && nothing.Below != "" && request.Tag == "":
		return &UnknownError{request.String(), "it is no repository itself; there is " + nothing.Below + " below it"}
	}
	return err
}

// known is a digest that something of the tree has or names.
func known(inv *inventory.Inventory, d digest.Digest) (Target, error) {
	if _, met := inv.Digests.Lookup(d); !met {
		return Target{}, &UnknownError{d.String(), "no blob, link or manifest of this tree bears or names it"}
	}
	return Target{Kind: OfDigest, Digest: d}, nil
}

// revision is one of a repository, by its digest or the beginning of that.
func revision(inv *inventory.Inventory, repository, text string) (Target, error) {
	r, found := inv.Find(repository)
	d, err := layout.ParseDigest(text)
	if err != nil && isPrefix(text) && found {
		var candidates []inventory.ID
		for _, revision := range inv.Repositories[r].Revisions {
			candidates = append(candidates, revision.Digest)
		}
		d, err = only(inv, text, candidates)
	}
	var ambiguous *AmbiguousError
	switch {
	case errors.As(err, &ambiguous):
		return Target{}, err
	case err != nil:
		return Target{}, &UnknownError{repository + "@" + text, "name a digest, or its first digits"}
	}
	if id, met := inv.Digests.Lookup(d); met && found {
		if _, linked := inv.FindRevision(r, id); linked {
			return Target{Kind: OfRevision, Repository: repository, Digest: d}, nil
		}
	}
	return Target{}, unknown(inv, plan.Request{Repository: repository, Digest: d})
}

// shortest is how much of a digest's hex is needed.
const shortest = 4

// isPrefix tells what can be the beginning of a digest.
func isPrefix(text string) bool {
	hex := text
	if algorithm, rest, ok := strings.Cut(text, ":"); ok {
		if !digest.Algorithm(algorithm).Available() {
			return false
		}
		hex = rest
	}
	return len(hex) >= shortest && strings.Trim(hex, "0123456789abcdef") == ""
}

func prefixed(inv *inventory.Inventory, text string) (Target, error) {
	ids := make([]inventory.ID, inv.Digests.Len())
	for i := range ids {
		ids[i] = inventory.ID(i)
	}
	d, err := only(inv, text, ids)
	return Target{Kind: OfDigest, Digest: d}, err
}

// only is the one digest that begins so.
func only(inv *inventory.Inventory, text string, ids []inventory.ID) (digest.Digest, error) {
	var found []digest.Digest
	for _, id := range ids {
		d := inv.Digests.Digest(id)
		if layout.IsTarsum(d) {
			continue
		}
		if strings.HasPrefix(string(d), text) || strings.HasPrefix(d.Encoded(), text) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b digest.Digest) int { return cmp.Compare(a, b) })
	const most = 10
	switch len(found) {
	case 0:
		return "", &UnknownError{text, "no digest of this tree begins so"}
	case 1:
		return found[0], nil
	}
	shown := min(most, len(found))
	return "", &AmbiguousError{text, found[:shown], len(found) - shown}
}

// At is what lies at a path relative to the v2 directory. Whether anything lies
// there at all, only a look at the disk tells.
func At(inv *inventory.Inventory, path string) Target {
	place := layout.ParsePlace(path)
	t := Target{Repository: place.Repository, Tag: place.Tag, Digest: place.Digest, ID: place.ID, Path: path}
	own := place.Rest == "" || place.Rest == layout.Link
	found := false
	id, met := inv.Digests.Lookup(place.Digest)
	r, there := inv.Find(place.Repository)
	switch place.Kind {
	case layout.OfBlob:
		t.Kind, found = OfDigest, met && (place.Rest == "" || place.Rest == layout.Data)
	case layout.OfLayer:
		if t.Kind = OfLayer; met && there && own {
			_, found = findLayer(inv, r, id)
		}
	case layout.OfRevision:
		if t.Kind = OfRevision; met && there && (own || strings.HasPrefix(place.Rest, layout.Signatures+"/")) {
			_, found = inv.FindRevision(r, id)
		}
	case layout.OfTagEntry:
		if t.Kind = OfEntry; met && there && own {
			_, _, found = findEntry(inv.Repositories[r], place.Tag, id)
		}
	case layout.OfTag:
		whole := own || place.Rest == layout.Index || place.Rest == layout.Current || place.Rest == layout.Current+"/"+layout.Link
		if t.Kind = OfTag; there && whole {
			_, found = inv.Repositories[r].FindTag(place.Tag)
		}
	case layout.OfUpload:
		if t.Kind = OfUpload; there {
			found = slices.ContainsFunc(inv.Repositories[r].Uploads, func(u inventory.Upload) bool { return u.ID == place.ID })
		}
	case layout.OfRepository:
		t.Kind, found = OfRepository, there
	}
	if !found {
		return Target{Kind: OfPath, Repository: place.Repository, Path: path}
	}
	return t
}

// findLayer is the place of a layer link in the repository at a place.
func findLayer(inv *inventory.Inventory, r int, id inventory.ID) (int, bool) {
	return slices.BinarySearchFunc(inv.Repositories[r].Layers, id, func(l inventory.Layer, id inventory.ID) int {
		return inv.Digests.Compare(l.Digest, id)
	})
}

func findEntry(repo *inventory.Repository, name string, id inventory.ID) (tag, entry int, found bool) {
	if tag, found = repo.FindTag(name); !found {
		return 0, 0, false
	}
	entry = slices.IndexFunc(repo.Tags[tag].History, func(e inventory.Entry) bool { return e.Digest == id })
	return tag, entry, entry >= 0
}
