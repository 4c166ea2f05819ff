package plan

import (
	"time"

	"github.com/opencontainers/go-digest"
)

// leftoverAge is how long a temporary file has to lie there before it is
// litter: far longer than a registry needs to write a link or a manifest.
const leftoverAge = 24 * time.Hour

// Options are what a user may ask of a sweep. The zero value keeps no garbage
// but uploads of any age; DefaultUploadAge is the contract's.
type Options struct {
	Now time.Time
	// Scope says which repositories a run may touch; nil is all, with the blobs
	// that are nobody's.
	Scope            func(repository string) bool
	KeepUntagged     bool
	KeepOrphans      bool
	KeepUploads      bool
	AllowEmpty       bool
	KeepDigests      []KeptDigest
	UntaggedAge      time.Duration // an untagged revision stays this long
	UploadAge        time.Duration // an upload stays this long
	MinAge           time.Duration // everything stays this long
	MaxDeletePercent float64       // of all bytes; negative is off
	Proxy            bool          // the tree is a pull-through cache
}

// DefaultUploadAge is the registry's own for purging uploads.
const DefaultUploadAge = 168 * time.Hour

// KeptDigest is a manifest that stays with its referrers wherever it is linked,
// and the line that says so.
type KeptDigest struct {
	Digest digest.Digest
	Source string // file and line, for messages
}

// young tells whether something of this time is not yet old enough to go. A
// time to come is young: the clock is wrong, and doubt keeps.
func (o Options) young(nanoseconds int64, age time.Duration) bool {
	return age > 0 && o.Now.Sub(time.Unix(0, nanoseconds)) < age
}

func (o Options) inScope(repository string) bool { return o.Scope == nil || o.Scope(repository) }
