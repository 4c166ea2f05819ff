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
// It is slow, holds everything in memory and is for small trees. It knows sweeps,
// with a policy and without, and removals by name: neither saved plans, nor what
// goes wrong with a disk while a run is under way. Of a removal by name from a
// damaged tree it knows what must stay, and not what has to go.
package modeltest

import "time"

// Options are those of a run that the oracle understands.
type Options struct {
	Scope        []string // names of repositories; none is all
	KeepUntagged bool
	KeepOrphans  bool
	KeepUploads  bool
	AllowEmpty   bool
	KeepDigests  []string
	MinAge       time.Duration
	UntaggedAge  time.Duration
	UploadAge    time.Duration
	Now          time.Time
	// Policy drops tags; nil drops none. Orphaned: so does the want of a subject.
	Policy   *Policy
	Orphaned bool
	// Names are what is to be removed by name; none is a sweep.
	Names []Name
	// Damaged: what a removal by name has to take is open.
	Damaged bool
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
	Unknown bool                // a name is not there
	Keep    map[string]bool     // files, and whatever else is no directory, that stay

	// Fell are the tags about other manifests that go; Waits: a doubt keeps tags
	// that a rule drops.
	Fell  int
	Waits bool
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
	lower, upper := newRun(tree, reg, opts, false), newRun(tree, reg, opts, true)
	if len(opts.Names) > 0 {
		strict, generous = judgeNames(lower, upper)
		return strict, generous, nil
	}
	lower.markAll()
	upper.markAll()
	lower.lookForRoots()
	upper.lookForRoots()
	strict, generous = lower.untag(upper).answer(), upper.untag(lower).answer()
	if generous.Refused == "" && lower.wouldEmpty() {
		generous.Refused = "46: hardly a root"
	}
	return strict, generous, nil
}
