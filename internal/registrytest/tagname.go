package registrytest

import (
	"regexp"

	"github.com/opencontainers/go-digest"
)

// A tag that names a digest has the thing's name in angle brackets in a spec, and
// its hexadecimal digits on the disk.
var (
	namedInTag = regexp.MustCompile(`<([A-Za-z0-9._-]+)>`)
	hexInTag   = regexp.MustCompile(`[0-9a-f]{64}`)
)

// tagName is the tag on the disk.
func (s *Spec) tagName(word string) (tag string, err error) {
	tag = namedInTag.ReplaceAllStringFunc(word, func(name string) string {
		t, unknown := s.known(name[1 : len(name)-1])
		if unknown != nil {
			err = unknown
			return name
		}
		return t.digest.Encoded()
	})
	return tag, err
}

// tagWords is the tag in the words of the spec.
func (t *Tree) tagWords(tag string) string {
	return hexInTag.ReplaceAllStringFunc(tag, func(hex string) string {
		d := digest.NewDigestFromEncoded(digest.SHA256, hex)
		if name := t.Name(d); name != d.String() {
			return "<" + name + ">"
		}
		return hex
	})
}
