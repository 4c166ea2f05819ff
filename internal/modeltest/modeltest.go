// Package modeltest has a second opinion on every sweep: a naive oracle, written
// from the facts of the registry's tree and from what a sweep promises, not from
// the janitor. It reads a tree with package os, keeps sets of strings, and loops
// until nothing changes.
//
// Its invariant: it shares no code with the janitor, whose packages only the
// test beside it imports. Where the promises leave a question open it answers
// twice: its strict reading keeps what must stay, its generous one what may, and
// the janitor has to end between the two.
//
// It is slow, holds everything in memory and is for small trees. It knows a
// sweep only: neither removals by name, nor saved plans, nor what goes wrong
// with a disk while a run is under way.
package modeltest

import "time"

// Options are those of a sweep that the oracle understands.
type Options struct {
	Scope        []string // names of repositories; none is all
	KeepUntagged bool
	KeepOrphans  bool
	KeepUploads  bool
	AllowEmpty   bool
	MinAge       time.Duration
	UploadAge    time.Duration
	Now          time.Time
	// Large: nobody looks into every directory, and what lies beside a link or a
	// blob may stay. A layer link is taken for what its name says.
	Large bool
}

// Answer is what the oracle says of a tree under one of its two readings.
// Repositories are named; "" is the store as a whole.
type Answer struct {
	Refused string              // why; empty where the run goes on
	Pinned  map[string][]string // why everything in a repository stays
	Doubts  map[string][]string // what is reported besides, with exit code 3
	Keep    map[string]bool     // files, and whatever else is no directory, that stay
}

// Same tells whether two answers come to the same.
func (a Answer) Same(b Answer) bool {
	return a.Within(b) && b.Within(a)
}

// Within tells whether an answer keeps, doubts and refuses no more than another.
func (a Answer) Within(b Answer) bool {
	for at := range a.Keep {
		if !b.Keep[at] {
			return false
		}
	}
	for repository := range a.Pinned {
		if len(b.Pinned[repository]) == 0 {
			return false
		}
	}
	for repository := range a.Doubts {
		if len(b.Doubts[repository])+len(b.Pinned[repository]) == 0 {
			return false
		}
	}
	return a.Refused == "" || b.Refused != ""
}

// Judge answers for the tree in the directory v2. The strict answer keeps,
// doubts and refuses least, the generous one most.
func Judge(v2 string, opts Options) (strict, generous Answer, err error) {
	tree, err := readDisk(v2)
	if err != nil {
		return strict, generous, err
	}
	reg := readRegistry(tree)
	lower := newRun(tree, reg, opts, false)
	strict = lower.answer()
	generous = newRun(tree, reg, opts, true).answer()
	if generous.Refused == "" && lower.wouldEmpty() {
		generous.Refused = "46: hardly a root"
	}
	return strict, generous, nil
}
