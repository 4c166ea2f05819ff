package registrytest

import (
	"fmt"
	"path/filepath"

	"github.com/opencontainers/go-digest"
)

// A Tree is a registry on disk that a Spec wrote, together with what the spec
// knows about it. All paths are absolute.
type Tree struct {
	Root    string // the storage root
	V2      string // docker/registry/v2 below it
	Outside string // a sibling of Root for what lies outside; need not exist

	spec    *Spec
	world   *world
	uploads map[string]string // UUID → name
}

// Digest is the digest of a manifest or leaf, by its name in the spec, or of a
// reference such as sha512:x. It panics on a name that the spec does not know.
func (t *Tree) Digest(name string) digest.Digest {
	r, err := parseReference(name)
	if err == nil {
		if _, err = t.spec.known(r.name); err == nil {
			var d digest.Digest
			if d, err = t.spec.refDigest(r); err == nil {
				return d
			}
		}
	}
	panic(fmt.Sprintf("registrytest: digest of %q: %v", name, err))
}

// Size is the number of bytes of a manifest or leaf. It panics as Digest does.
func (t *Tree) Size(name string) int64 {
	found, err := t.spec.known(name)
	if err != nil {
		panic(fmt.Sprintf("registrytest: size of %q: %v", name, err))
	}
	return found.size
}

// Name is the name that a digest has in the spec, or the digest itself.
func (t *Tree) Name(d digest.Digest) string {
	if name, ok := t.spec.names[d]; ok {
		return name
	}
	return string(d)
}

// Path is where a thing lies that is given in letters ("blob x", "team/app
// layer x", "team/app tag v1"): its link or data file, or a repository's
// directory. The thing need not be there. It panics on what it cannot read.
func (t *Tree) Path(letters string) string {
	words, err := cutWords(letters)
	if err == nil {
		var at target
		if at, err = t.spec.parseOne(words); err == nil {
			return filepath.Join(t.V2, filepath.FromSlash(at.file()))
		}
	}
	panic(fmt.Sprintf("registrytest: path of %q: %v", letters, err))
}
