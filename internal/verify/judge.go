package verify

import (
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/store"
)

// Damage is one cause why tags of a repository cannot be pulled. A repository
// that was never given tags is pulled by digest: there it names none.
type Damage struct {
	Code       Code
	Repository string
	Tags       []string      // all that it hits, by name
	Digest     digest.Digest // of what is damaged; empty where a link should have told
	Path       string        // of the file at fault, relative to the v2 directory
	Detail     string        // what is wrong there, and what a registry answers
	Hint       string        // what heals it

	witness string // a path of which all the others are as well, where Path is none that can tell
}

// Verdict is what there is to say of one repository.
type Verdict struct {
	Repository string
	Tags       int // that were judged
	Manifests  int // judged by digest, in a repository that was never given tags
	Damage     []Damage
	Gaps       []Gap
}

// Judge judges one repository after the other of an inventory, for which the scan
// has to have been for pulls.
type Judge struct {
	Proxy bool // this is a pull-through cache, whose gaps are not damage

	inv     *inventory.Inventory
	unsound map[inventory.ID]Unsound
	spoilt  map[inventory.ID]bool // the same as a set
	sound   func(inventory.ID) bool
	files   map[string][]string // names in directories of tags that no directory has, by repository
	met     []met
	round   int32
	needed  []bool                      // by ID: blobs that a pull ends with
	hidden  map[string]inventory.Oddity // below blobs, by path
	linked  map[inventory.ID]bool       // manifests that any repository links
}

// met is what the repository of a round makes of a digest.
type met struct {
	round    int32
	bytes    bool  // asked for as such
	manifest bool  // asked for as such
	size     int64 // of the blob, -1 where there is none
}

// NewJudge is for one inventory.
func NewJudge(inv *inventory.Inventory) *Judge {
	n := inv.Digests.Len()
	j := &Judge{inv: inv, met: make([]met, n), needed: make([]bool, n), hidden: map[string]inventory.Oddity{}, files: map[string][]string{}}
	for _, odd := range inv.Oddities {
		if odd.Doubt && strings.HasPrefix(odd.Path, layout.Blobs) {
			j.hidden[odd.Path] = odd
		}
		if name, is := strings.CutPrefix(odd.Path, layout.Tag(odd.Repository, "")); is && odd.Code == "stray" && layout.ValidTag(name) {
			j.files[odd.Repository] = append(j.files[odd.Repository], name)
		}
	}
	return j
}

// Needed are the blobs that a pull of anything in the repositories judged so far
// reads, but for the manifests, which the scan has hashed.
func (j *Judge) Needed() []Blob {
	var blobs []Blob
	for _, b := range j.inv.Blobs {
		if j.needed[b.Digest] && !j.hashed(b.Digest) {
			blobs = append(blobs, Blob{j.inv.Digests.Digest(b.Digest), b.Stamp.Size, b.Stamp.Inode})
		}
	}
	return blobs
}

// hashed tells what the scan has read and found to be what its digest says.
func (j *Judge) hashed(id inventory.ID) bool {
	m := j.inv.Manifest(id)
	return m != nil && (m.State == inventory.Sound || m.State == inventory.Strange)
}

// Heard takes what hashing has found: the blobs that are not sound, and which of
// the others were read and are. It counts for what is judged from then on.
func (j *Judge) Heard(unsound []Unsound, sound func(digest.Digest) bool) {
	j.unsound, j.spoilt = map[inventory.ID]Unsound{}, map[inventory.ID]bool{}
	for _, u := range unsound {
		if id, met := j.inv.Digests.Lookup(u.Blob.Digest); met {
			j.unsound[id], j.spoilt[id] = u, true
		}
	}
	j.sound = func(id inventory.ID) bool { return !j.spoilt[id] && sound(j.inv.Digests.Digest(id)) }
}

// Repository judges the one at this place in the inventory.
func (j *Judge) Repository(place int) Verdict {
	r := j.inv.Repositories[place]
	j.round++
	t := &trial{
		Judge: j, place: place, from: r, pull: graph.PullFrom(j.inv, place),
		roots: map[inventory.ID][]int{}, causes: map[causeKey]*cause{}, old: map[inventory.ID]bool{},
		verdict: Verdict{Repository: r.Name},
	}
	t.pull.Spoilt = j.spoilt
	for i := range r.Tags {
		t.tag(i)
	}
	if !r.HasTags {
		t.verdict.Manifests = len(r.Revisions)
		for _, revision := range r.Revisions {
			t.walk(graph.Step{Digest: revision.Digest, Manifest: true})
		}
	}
	t.sizes()
	t.outdated()
	t.verdict.Damage = append(t.damage(), t.notTags()...)
	return t.verdict
}

// trial is the judging of one repository.
type trial struct {
	*Judge
	place     int
	from      *inventory.Repository
	pull      *graph.Pull
	roots     map[inventory.ID][]int // places of the tags that point to a manifest
	manifests []inventory.ID         // that pulls go on from
	old       map[inventory.ID]bool  // manifests that registry 3 does not serve
	causes    map[causeKey]*cause
	verdict   Verdict
}

// tag judges a tag's own link, and what it leads to.
func (t *trial) tag(i int) {
	tag := &t.from.Tags[i]
	if !layout.ValidTag(tag.Name) {
		t.gap(TagName, layout.Tag(t.from.Name, tag.Name), "is listed as a tag, and no registry can serve one of this name")
		return
	}
	t.verdict.Tags++
	if tag.Current.State != inventory.LinkGood {
		t.badTag(i)
		return
	}
	step := graph.Step{Digest: tag.Current.Target, Manifest: true}
	if t.pull.Look(step).Fault == graph.NoLink {
		t.unlinked(i)
		return
	}
	t.roots[step.Digest] = append(t.roots[step.Digest], i)
	t.walk(step)
}

// walk takes all steps of a pull that were not taken before.
func (t *trial) walk(from graph.Step) {
	pending := []graph.Step{from}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if !t.first(next) || !t.take(next) || !t.pull.IsManifest(next) {
			continue
		}
		t.manifests = append(t.manifests, next.Digest)
		for _, ref := range t.inv.Manifest(next.Digest).References {
			if ref.Foreign {
				t.foreign(next.Digest, ref.Digest)
			} else {
				pending = append(pending, graph.Step{Digest: ref.Digest, Manifest: ref.Manifest})
			}
		}
		t.subjects(next.Digest)
	}
}

// first tells whether a step is met for the first time in this repository.
func (t *trial) first(s graph.Step) bool {
	m := &t.met[s.Digest]
	if m.round != t.round {
		*m = met{round: t.round, size: -1}
	}
	before := &m.bytes
	if s.Manifest {
		before = &m.manifest
	}
	if *before {
		return false
	}
	*before = true
	return true
}

// take tells whether a step leads to something that a pull can use.
func (t *trial) take(s graph.Step) bool {
	found := t.pull.Look(s)
	switch {
	case found.Fault == graph.NoFault:
		t.needed[found.At] = true
		t.met[s.Digest].size = t.inv.Blob(found.At).Stamp.Size
		switch m := t.inv.Manifest(s.Digest); {
		case !s.Manifest:
		case m.Kind == manifest.Artifact: // which no registry serves, though all that it needs may be there
			found.Fault = graph.Strange
			t.blame(s, found)
		case found.Layer, m.Kind == manifest.Schema1:
			t.old[s.Digest] = true
		}
		return true
	case t.rightly(s, found), found.Fault >= graph.NoBlob && t.behindSymlink(found.At):
	default:
		t.blame(s, found)
	}
	return false
}

// behindSymlink tells of a blob that a registry may find and this program does
// not look for: the scan doubts the link.
func (t *trial) behindSymlink(id inventory.ID) bool {
	odd, hidden := t.hiddenBy(id)
	return hidden && strings.HasPrefix(odd.Problem, "a "+store.Symlink.String())
}

// hiddenBy is what keeps anybody from seeing whether there is such a blob.
func (t *trial) hiddenBy(id inventory.ID) (inventory.Oddity, bool) {
	if len(t.hidden) == 0 {
		return inventory.Oddity{}, false
	}
	for path := layout.BlobData(t.inv.Digests.Digest(id)); ; path = path[:strings.LastIndexByte(path, '/')] {
		if odd, hidden := t.hidden[path]; hidden || path == layout.Blobs {
			return odd, hidden
		}
	}
}

// sizes compares what manifests say of sizes with what blobs have: a client takes
// no other number of bytes.
func (t *trial) sizes() {
	for _, id := range t.manifests {
		sizes := t.inv.Sizes(id)
		for i, ref := range t.inv.Manifest(id).References {
			said, m := sizes[i], t.met[ref.Digest]
			if said != 0 && !ref.Foreign && t.spoilt[ref.Digest] {
				t.rotten(graph.Step{Digest: ref.Digest, Manifest: ref.Manifest}, id, said)
			}
			if said == 0 || ref.Foreign || m.round != t.round || m.size < 0 || m.size == said {
				continue
			}
			step := graph.Step{Digest: ref.Digest, Manifest: ref.Manifest}
			blob := t.pull.Look(step).At
			if t.hashed(blob) || t.sound != nil && t.sound(blob) {
				t.misstated(id, blob, said, m.size)
			} else {
				t.missized(id, blob, said, m.size)
			}
		}
	}
}
