package modeltest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// A run is one reading of one tree. Marks are sets of strings, by repository:
// what is needed there, and of that the manifests whose references count.
type run struct {
	*disk
	reg      *registry
	opts     Options
	generous bool

	needed, opened map[string]map[string]bool
	blobs          map[string]bool // digests whose data stays
	pinned, doubts map[string][]string
	refused        string
	anyBlob        bool // a needed layer may be any of the blobs
	waits          bool // a doubt keeps tags that a rule drops
	fell           int  // so many tags about others
	goes           names
	only           *run // of a removal by name: what the names reach
	trace          bool // only what goes is a root, and damage is nobody's business
	lost           *run // what the tags that go reach
	size           int  // of all sets together: while it grows, the marking goes on
}

func newRun(d *disk, reg *registry, opts Options, generous bool) *run {
	o := &run{
		disk: d, reg: reg, opts: opts, generous: generous,
		needed: map[string]map[string]bool{}, opened: map[string]map[string]bool{},
		blobs: map[string]bool{}, pinned: map[string][]string{}, doubts: map[string][]string{},
	}
	for name := range reg.repositories {
		o.needed[name], o.opened[name] = map[string]bool{}, map[string]bool{}
	}
	return o
}

// again is the same reading once more, of a tree from which something goes.
func (o *run) again(goes names, generous bool) *run {
	next := newRun(o.disk, o.reg, o.opts, generous)
	next.goes = goes
	return next
}

// reach is what the things that go reach, whatever else does too.
func (o *run) reach(goes names, generous bool) *run {
	next := o.again(goes, generous)
	next.trace = true
	next.markAll()
	return next
}

func (o *run) answer() Answer {
	return Answer{Refused: o.refused, Pinned: o.pinned, Doubts: o.doubts, Keep: o.keep(), Waits: o.waits, Fell: o.fell}
}

// markAll marks until nothing more is found.
func (o *run) markAll() {
	o.lookForRefusals()
	o.lookAround()
	for before := -1; before < o.size; {
		before = o.size
		for _, r := range o.reg.repositories {
			if !r.legal && !o.generous || o.goes.whole[r.name] && !o.trace {
				continue
			}
			o.markRoots(r)
			o.markManifests(r)
			o.markReferrers(r)
			o.markAliases(r)
		}
	}
}

// add puts an element into a set.
func (o *run) add(set map[string]bool, element string) {
	if !set[element] {
		set[element] = true
		o.size++
	}
}

// say puts a reason into a list, once.
func (o *run) say(lists map[string][]string, repository, why string) {
	if !slices.Contains(lists[repository], why) {
		lists[repository] = append(lists[repository], why)
		o.size++
	}
}

// pin keeps all of a repository. Whether what is strange outside the scope is
// reported is open: there everything stays anyhow.
func (o *run) pin(r *repository, why string) {
	if !o.trace && (o.inScope(r) || o.generous) {
		o.say(o.pinned, r.name, why)
	}
}

// doubt reports something, and no more.
func (o *run) doubt(r *repository, why string) {
	if !o.trace && (o.inScope(r) || o.generous) {
		o.say(o.doubts, r.name, why)
	}
}

func (o *run) refuse(why string) {
	if o.refused == "" {
		o.refused = why
	}
}

// stays tells a repository from which nothing is removed, whatever its tags say.
func (o *run) stays(r *repository) bool {
	return !o.trace && (len(o.pinned[r.name]) > 0 || !o.inScope(r) || !r.legal)
}

func (o *run) inScope(r *repository) bool {
	if o.only != nil {
		return o.goes.touches(r)
	}
	return len(o.opts.Scope) == 0 || slices.Contains(o.opts.Scope, r.name)
}

// The states of a link.
const (
	linkGood   = "good"
	linkSpaced = "spaced" // white space behind the digest
	linkBad    = "bad"    // nothing can be learnt from it
)

// readLink is what the link in a directory points to.
func (o *run) readLink(dir string) (digest, state string) {
	at := dir + "/link"
	if !o.isFile(at) || o.entries[at].size > 1024 {
		return "", linkBad
	}
	text := string(o.content(at))
	digest = strings.TrimRight(text, " \t\r\n")
	switch {
	case !digestName.MatchString(digest) || strings.HasPrefix(digest, "tarsum"):
		return "", linkBad
	case digest != text:
		return digest, linkSpaced
	}
	return digest, linkGood
}

// A reading is what became of a manifest's data.
type reading struct {
	document
	state string
}

// The states of a manifest's data.
const (
	dataGood   = "good"
	dataGone   = "gone"
	dataEmpty  = "empty"
	dataWrong  = "wrong"  // it is not what its name says, or no manifest
	dataHidden = "hidden" // something is there that is no regular file
)

const largestManifest = 4 << 20

// readData reads the manifest that a digest names, the first time from the disk.
func (o *run) readData(digest string) (document, string) {
	if r, ok := o.reg.read[digest]; ok {
		return r.document, r.state
	}
	doc, state := o.readFresh(digest)
	o.reg.read[digest] = reading{doc, state}
	return doc, state
}

func (o *run) readFresh(digest string) (doc document, state string) {
	dir, ok := o.reg.blobs[digest]
	if !ok {
		if o.hidden(digest) {
			return doc, dataHidden
		}
		return doc, dataGone
	}
	at := dir + "/data"
	switch {
	case !o.isFile(at):
		return doc, dataHidden
	case o.entries[at].size == 0:
		return doc, dataEmpty
	case o.entries[at].size > largestManifest:
		return doc, dataWrong
	}
	data := o.content(at)
	if !isOf(digest, data) {
		return doc, dataWrong
	}
	doc, ok = readDocument(data)
	if !ok {
		return doc, dataWrong
	}
	return doc, dataGood
}

func isOf(digest string, data []byte) bool {
	hash := sha256.Sum256(data)
	return digest == "sha256:"+hex.EncodeToString(hash[:])
}

// hidden tells a digest whose place lies behind a symlink.
func (o *run) hidden(digest string) bool {
	algorithm, hash, _ := strings.Cut(digest, ":")
	shard := "blobs/" + algorithm + "/" + hash[:2]
	return o.isSymlink(shard) || o.isSymlink(shard+"/"+hash)
}
