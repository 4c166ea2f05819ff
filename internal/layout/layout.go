// Package layout is the one home of every path fact of a registry's tree, as
// CNCF Distribution's filesystem driver writes it:
//
//	<storage root>/
//	├── scheduler-state.json                    a pull-through cache keeps its expiry table here
//	└── docker/registry/
//	    ├── lockfiles/database-in-use           GitLab: the links on disk are not the truth
//	    └── v2/                                 every path of this package is relative to here
//	        ├── blobs/<alg>/<hh>/<hex>/data     layers, configs and manifests alike
//	        └── repositories/<name>/            names nest: a, a/b, a/b/c
//	            ├── _layers/<alg>/<hex>/link
//	            ├── _layers/tarsum/<ver>/<alg>/<hex>/link          registry 2.0 to 2.2
//	            ├── _manifests/
//	            │   ├── revisions/<alg>/<hex>/link
//	            │   ├── revisions/<alg>/<hex>/signatures/<alg>/<hex>/link   2.0 to 2.4
//	            │   └── tags/<tag>/
//	            │       ├── current/link        what a pull by tag follows
//	            │       └── index/<alg>/<hex>/link   the tag's history, never read by a pull
//	            └── _uploads/<uuid>/
//	                ├── data
//	                ├── startedat               RFC 3339
//	                └── hashstates/<alg>/<offset>
//
// It is pure: it builds and parses names and never looks at a disk. A name
// that it cannot parse is reported as such and never guessed at.
package layout

import (
	"strings"

	"github.com/opencontainers/go-digest"
)

// Names in the tree, fixed by the registry's own paths.go.
const (
	Prefix       = "docker/registry/v2" // below the storage root
	Blobs        = "blobs"
	Repositories = "repositories"
	Layers       = "_layers"
	Manifests    = "_manifests"
	Revisions    = "_manifests/revisions"
	Tags         = "_manifests/tags"
	Uploads      = "_uploads"
	Current      = "current"
	Index        = "index"
	Link         = "link"
	Data         = "data"
	StartedAt    = "startedat"
	HashStates   = "hashstates"
	Signatures   = "signatures"
	Tarsum       = "tarsum"
	LostFound    = "lost+found"
)

// Names beside the tree that say whose it is, relative to the storage root.
const (
	SchedulerState = "scheduler-state.json"
	GitLabDatabase = "docker/registry/lockfiles/database-in-use"
)

// Repository is the directory of a repository.
func Repository(name string) string { return Repositories + "/" + name }

// Blob is the directory that holds a blob's data file.
func Blob(d digest.Digest) string {
	alg, hex, _ := strings.Cut(string(d), ":")
	return Blobs + "/" + alg + "/" + hex[:2] + "/" + hex
}

// BlobData is the file that holds a blob's bytes.
func BlobData(d digest.Digest) string { return Blob(d) + "/" + Data }

// Revision is the directory of a manifest's link.
func Revision(repository string, d digest.Digest) string {
	return Repository(repository) + "/" + Revisions + "/" + leaf(d)
}

// Layer is the directory of a layer link; a tarsum has its own shape.
func Layer(repository string, d digest.Digest) string {
	return Repository(repository) + "/" + Layers + "/" + leaf(d)
}

// Tag is the directory of a tag.
func Tag(repository, tag string) string {
	return Repository(repository) + "/" + Tags + "/" + tag
}

// TagCurrent is the link that a pull by tag follows.
func TagCurrent(repository, tag string) string {
	return Tag(repository, tag) + "/" + Current + "/" + Link
}

// TagIndexEntry is the directory of one entry of a tag's history.
func TagIndexEntry(repository, tag string, d digest.Digest) string {
	return Tag(repository, tag) + "/" + Index + "/" + leaf(d)
}

// Upload is the directory of an unfinished upload.
func Upload(repository, id string) string {
	return Repository(repository) + "/" + Uploads + "/" + id
}

// Discarded is the directory, beside tags and outside it, to which a doomed
// tag is renamed before it is taken apart: inside tags the registry would list
// it, half removed it would look like a tag that lost its current link.
//
// A tag too long for a registry would be too long a name with what goes before
// it: its digest stands for it.
func Discarded(repository, run, tag string) string {
	if !ValidTag(tag) {
		tag = digest.FromString(tag).Encoded()
	}
	return Repository(repository) + "/" + Manifests + "/" + discardedPrefix + run + "-" + tag
}

const discardedPrefix = ".regjanitor-"

// IsDiscarded tells a directory of _manifests that Discarded named.
func IsDiscarded(name string) bool { return strings.HasPrefix(name, discardedPrefix) }

// leaf is <alg>/<hex>, or tarsum/<ver>/<alg>/<hex> for a tarsum.
func leaf(d digest.Digest) string {
	alg, hex, _ := strings.Cut(string(d), ":")
	if version, inner, ok := cutTarsum(alg); ok {
		return Tarsum + "/" + version + "/" + inner + "/" + hex
	}
	return alg + "/" + hex
}
