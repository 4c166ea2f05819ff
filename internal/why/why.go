// Package why says of one thing in a registry's tree why it stays or goes: which
// tags keep it, through what, or what used it last and since when nothing does.
//
// It reads a plan of a sweep and adds nothing to it: whether a thing stays is the
// plan's word, and every chain is a way that the marking goes too. What a chain
// costs is linear in its repository, not in its tags: one search, backwards from
// the thing, finds the shortest way from each of them.
//
// It is pure. It does not know for which platform an image is: only the bytes of
// the index say so.
package why

import (
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/graph"
)

// State is what becomes of a thing.
type State string

// The states.
const (
	Kept    State = "kept"
	Garbage State = "garbage" // a sweep removes it
	Doubt   State = "doubt"   // it stays only because something could not be read or understood
	Missing State = "missing" // something names it, and it is not there
)

// Answer is all that there is to say of a target. Lists are at most as long as
// asked for; the numbers beside them are of all.
type Answer struct {
	Target Target
	State  State
	// What it is: index, image, config, layer, blob, tag, upload …
	What string
	// Reason is why it stays or goes where no chain says so, in one of the words of
	// this package or of plan.Reason.
	Reason string
	// Bytes and Disk are its size and what is allocated for it.
	Bytes, Disk int64
	// Since is when it was stored, linked or last written to: zero where nobody
	// knows.
	Since time.Time
	// Pointed is what a tag points to.
	Pointed digest.Digest
	// Lawful: what is missing may rightly be.
	Lawful bool
	// Frees is what goes with garbage, itself included: allocated bytes and blobs.
	Frees      int64
	FreesBlobs int
	// KeepWith are options of a sweep that would keep garbage.
	KeepWith []string

	// Chains are the ways from what keeps it: from tags, shortest first. Of
	// garbage they begin with what used to lead there, latest first.
	Chains      []Chain
	ChainsTotal int
	// Links are where repositories link it.
	Links      []Link
	LinksTotal int

	Doubts   []graph.Doubt // about it or what keeps it
	Warnings []graph.Doubt
}

// Reasons beside those of plan.Reason.
const (
	ByChain   = "needed"     // by what its chains begin with
	ByTag     = "tag"        // it is one
	ByYouth   = "young"      // too young to go
	ByFrame   = "in-use"     // a directory or repository in which something stays
	ByNobody  = "stray"      // not the registry's: nothing removes it
	BySymlink = "led-to"     // a symbolic link leads to it, or to nobody knows which blob
	ByUnknown = "any-blob"   // something kept needs a blob of which nobody knows which it is
	ByPin     = "in-doubt"   // its repository is kept in doubt
	ByHistory = "last-named" // only a tag's history names it
)

// Root is what a chain begins with.
type Root string

// The roots: the first four keep, the others did.
const (
	RootTag      Root = "tag"
	RootHistory  Root = "history"  // of a tag that lost its current link: any of it may be what it pointed to
	RootUntagged Root = "no-tags"  // a manifest of a repository that has no directory of tags, and may have lost them
	RootPin      Root = "in-doubt" // a link of a repository that is kept in doubt
	RootPast     Root = "past"     // a tag that points elsewhere now
	RootExpired  Root = "expired"  // a tag of a pull-through cache that has dropped what it points to
	RootNone     Root = "untagged" // a manifest that no tag's history names
)

// Chain is one way from a root to the target.
type Chain struct {
	Root       Root
	Repository string
	Tag        string
	Steps      []Step
	Since      time.Time // the tag, or else the manifest's link, was written
	// Until and By are when a push moved the tag away, and to what.
	Until time.Time
	By    digest.Digest
	// About is what the tag is about, as that of a signature, and AboutGone whether
	// the repository has it no more.
	About     digest.Digest
	AboutGone bool

	far int32 // how many steps follow the first
}

// Step is one thing on the way, and how what is before it leads to it.
type Step struct {
	Digest digest.Digest
	What   string
	By     Edge
	// Number and Of count layers, the children of an index and the like; else 0.
	Number, Of int
	// Platform is for who reads the index before it.
	Platform string
}

// Edge is how one step leads to the next.
type Edge string

// The edges.
const (
	ByReference Edge = "reference" // it is in the manifest
	BySubject   Edge = "referrer"  // it is about the step before
	ByAlias     Edge = "stored-as" // the layer link points to it
	ByMismatch  Edge = "link-says" // the revision's link names it
	BySignature Edge = "signature" // it lies below the revision
	ByRoot      Edge = "root"      // it is the first
)

// Link is one of a repository's links to the target.
type Link struct {
	Repository string
	Revision   bool          // else a layer link
	Digest     digest.Digest // by which it is linked
	Target     digest.Digest // what the link points to: another for an alias
	Since      time.Time     // it was written; zero where the scan did not look
	Goes       bool          // a sweep removes it
}
