package registrytest

import (
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

// A world is the spec's own model of what it has written, from which the known
// answer is computed. Damage, raw statements and links of hand never touch it.
type world struct {
	blobs map[digest.Digest]bool
	repos map[string]*repository
	temps map[string]time.Duration // "temp blob x" → age
	proxy bool
}

type repository struct {
	tagsDir    bool // once a tag was pushed, whatever became of it
	tags       map[string]*tag
	revisions  map[digest.Digest]bool
	layers     map[digest.Digest]digest.Digest // link → its content
	signatures map[digest.Digest]digest.Digest // revision → signature blob
	uploads    map[string]time.Duration
	emptied    map[string]digest.Digest // directories whose link is gone, in letters
}

type tag struct {
	current digest.Digest // "" for a tag that has but a history
	history map[digest.Digest]bool
}

func newWorld() *world {
	return &world{
		blobs: map[digest.Digest]bool{},
		repos: map[string]*repository{},
		temps: map[string]time.Duration{},
	}
}

// repo finds a repository, or founds it.
func (w *world) repo(name string) *repository {
	r := w.repos[name]
	if r == nil {
		r = &repository{
			tags:       map[string]*tag{},
			revisions:  map[digest.Digest]bool{},
			layers:     map[digest.Digest]digest.Digest{},
			signatures: map[digest.Digest]digest.Digest{},
			uploads:    map[string]time.Duration{},
			emptied:    map[string]digest.Digest{},
		}
		w.repos[name] = r
	}
	return r
}

func (r *repository) tag(name string) *tag {
	t := r.tags[name]
	if t == nil {
		t = &tag{history: map[digest.Digest]bool{}}
		r.tags[name] = t
	}
	r.tagsDir = true
	return t
}

// bare tells a repository that holds no file at all.
func (r *repository) bare() bool {
	return len(r.tags)+len(r.revisions)+len(r.layers)+len(r.signatures)+len(r.uploads) == 0
}

// hasTemp tells whether a temporary file lies in a repository.
func (w *world) hasTemp(repo string) bool {
	for temp := range w.temps {
		if strings.HasPrefix(temp, "temp "+repo+" ") {
			return true
		}
	}
	return false
}
