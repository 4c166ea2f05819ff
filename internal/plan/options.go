package plan

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/retention"
)

// leftoverAge is how long a temporary file has to lie there before it is
// litter: far longer than a registry needs to write a link or a manifest.
const leftoverAge = 24 * time.Hour

// DefaultUploadAge is the registry's own for purging uploads.
const DefaultUploadAge = 168 * time.Hour

// Options are what a user asks of a plan. A saved plan holds them, so that it
// can be made again; what belongs to the moment is not saved.
type Options struct {
	// Requests are what is to be removed by name; none is a sweep.
	Requests []Request `json:"requests"`
	// Prune: a removal by name takes all empty directories of the tree along.
	Prune bool `json:"prune"`
	// Scope are globs of the repositories that a sweep may touch; none is all,
	// with the blobs that are nobody's.
	Scope        []string      `json:"scope"`
	KeepUntagged bool          `json:"keep_untagged"`
	KeepOrphans  bool          `json:"keep_orphans"`
	KeepUploads  bool          `json:"keep_uploads"`
	AllowEmpty   bool          `json:"allow_empty"`
	KeepDigests  []KeptDigest  `json:"keep_digests"`
	UntaggedAge  time.Duration `json:"untagged_age_nanoseconds"` // an untagged revision stays this long
	UploadAge    time.Duration `json:"upload_age_nanoseconds"`   // an upload stays this long
	MinAge       time.Duration `json:"min_age_nanoseconds"`      // everything stays this long
	// Policy drops tags; nil drops none.
	Policy *retention.Policy `json:"policy"`
	// OrphanedReferrers: tags about manifests that are gone go too.
	OrphanedReferrers bool `json:"orphaned_referrers"`

	Now              time.Time                          `json:"-"`
	Created          map[inventory.ID]inventory.Created `json:"-"` // of images, where the policy wants it
	MaxDeletePercent float64                            `json:"-"` // of all bytes
	MaxTagsPercent   float64                            `json:"-"` // of all tags
	Proxy            bool                               `json:"-"` // the tree is a pull-through cache
}

// MarshalJSON writes every key, and lists as lists.
func (o Options) MarshalJSON() ([]byte, error) {
	type plain Options
	o.Requests = append([]Request{}, o.Requests...)
	o.Scope = append([]string{}, o.Scope...)
	o.KeepDigests = append([]KeptDigest{}, o.KeepDigests...)
	return json.Marshal(plain(o))
}

// Request names what a user wants removed: a repository, one of its tags, one of
// its manifests, or all of these that nothing needs; with a tag, all in its history
// that nothing needs, besides the tag. Repository and tag may be globs, where
// nothing bears that very name.
type Request struct {
	Repository string        `json:"repository"`
	Tag        string        `json:"tag"`
	Digest     digest.Digest `json:"digest"`
	Untagged   bool          `json:"untagged"`
}

// KeptDigest is a manifest that stays with its referrers wherever it is linked,
// and the line that says so.
type KeptDigest struct {
	Digest digest.Digest `json:"digest"`
	Source string        `json:"source"` // file and line, for messages
}

// Make plans what the options ask for.
func Make(inv *inventory.Inventory, opts Options) (*Plan, error) {
	for _, glob := range opts.Scope {
		if glob == "" || !doublestar.ValidatePattern(glob) {
			return nil, fmt.Errorf("%q is not a glob", glob)
		}
	}
	if len(opts.Requests) > 0 {
		return Remove(inv, opts)
	}
	return Sweep(inv, opts)
}

// UsesAges tells whether the inventory has to know the times of tags' histories.
func (o Options) UsesAges() bool { return o.MinAge > 0 || o.UntaggedAge > 0 }

// UsesLinks tells whether every link has to be looked at: where what no tag leads
// to may stay, and with it what its link says, and where only what links let go
// may go.
func (o Options) UsesLinks() bool {
	return o.UsesAges() || o.KeepUntagged || o.KeepOrphans || len(o.KeepDigests) > 0 || len(o.Requests) > 0 || len(o.Scope) > 0
}

// young tells whether something of this time is not yet old enough to go. A
// time to come is young: the clock is wrong, and doubt keeps.
func (o Options) young(nanoseconds int64, age time.Duration) bool {
	return age > 0 && o.Now.Sub(time.Unix(0, nanoseconds)) < age
}

func (o Options) inScope(repository string) bool {
	for _, glob := range o.Scope {
		if doublestar.MatchUnvalidated(glob, repository) {
			return true
		}
	}
	return len(o.Scope) == 0
}
