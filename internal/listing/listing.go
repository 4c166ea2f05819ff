// Package listing is what an inventory holds as users think of it: repositories
// with their sizes, tags with their images, and beneath these what is about them.
//
// Its invariant: of what is asked for nothing is left out, whatever is wrong with
// it, and each tag comes once. It is pure, and says nothing of what should go.
package listing

import (
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
)

// Repository is one repository. Bytes are the sizes of all blobs that it links
// by its tags, each once. Untagged are the revisions that no tag needs, and that
// are not about one that a tag needs.
type Repository struct {
	Name                      string
	Tags, Revisions, Untagged int
	Bytes                     int64
	Pushed                    time.Time // of the newest tag; zero where there is none
}

// Manifest is one tag and what it points to, or one manifest that has no tag, whose
// Tag is empty. Kind says too what is wrong with it.
type Manifest struct {
	Repository string
	Tag        string
	Digest     digest.Digest // empty where the tag points nowhere
	Kind       string
	Artifact   string        // the type of what is no image, where it says so
	Subject    digest.Digest // the manifest that it is about, there or not; else empty
	Purpose    string        // what it is to its subject, as a Referrer's
	Referrers  []Referrer    // what is about it, or about a manifest that it lists
	Bytes      int64         // of all blobs that it needs, each once
	Pushed     time.Time
	Named      bool // it has been asked for by its own name

	// Of its images, for who reads that; else zero.
	Created   time.Time
	Platforms []string
}

// Referrer is a manifest that is about another one.
type Referrer struct {
	Tag      string // empty where it has none
	Digest   digest.Digest
	Purpose  string // signature, attestation, sbom, referrer; index for a list of these
	Artifact string // its type, where it says so
	Subject  digest.Digest
}

// Repositories lists all repositories, in the inventory's order.
func Repositories(inv *inventory.Inventory) []Repository {
	w := newWalker(inv)
	list := make([]Repository, len(inv.Repositories))
	for i, r := range inv.Repositories {
		row := Repository{Name: r.Name, Tags: len(r.Tags), Revisions: len(r.Revisions)}
		w.enter(r)
		w.round++
		var needed []inventory.ID
		for _, tag := range r.Tags {
			if tag.Current.Points() {
				bytes, manifests := w.size(tag.Current.Target)
				row.Bytes += bytes
				needed = append(needed, manifests...)
				row.Pushed = latest(row.Pushed, tag.Current.Stamp.MTime)
			}
		}
		row.Untagged = w.untagged(i, needed)
		list[i] = row
	}
	return list
}

// untagged counts a repository's revisions that are neither needed nor about what
// is.
func (w *walker) untagged(place int, needed []inventory.ID) int {
	about := referrersOf(w.inv, place)
	for i := 0; i < len(needed); i++ {
		for _, referrer := range about[needed[i]] {
			_, manifests := w.size(referrer.id)
			needed = append(needed, manifests...)
		}
	}
	met := map[inventory.ID]bool{}
	for _, id := range needed {
		met[id] = true
	}
	n := 0
	for _, revision := range w.inv.Repositories[place].Revisions {
		if !met[revision.Digest] {
			n++
		}
	}
	return n
}

func latest(t time.Time, nanoseconds int64) time.Time {
	if other := time.Unix(0, nanoseconds); other.After(t) {
		return other
	}
	return t
}
