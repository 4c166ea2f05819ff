package manifest

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

func (d *document) descriptors() {
	if d.json.peek() == '[' {
		d.json.elements(d.descriptor)
		return
	}
	d.nothing("an array")
}

func (d *document) descriptor() {
	found := d.read()
	for _, dgst := range found.digests {
		d.references = append(d.references, Reference{Digest: dgst, Manifest: found.manifest, Foreign: found.foreign})
	}
}

func (d *document) subject() { d.subjects = append(d.subjects, d.read().digests...) }

// descriptor is what the members of one descriptor say together.
type descriptor struct {
	digests           []digest.Digest // until the next is read
	manifest, foreign bool
}

// read reads one descriptor, a fsLayer of schema1 among them.
func (d *document) read() descriptor {
	found := descriptor{digests: d.digests[:0]}
	if d.json.peek() != '{' {
		d.nothing("an object")
		return found
	}
	d.json.members(func(key []byte) {
		switch {
		case sameKey(key, "digest"), sameKey(key, "blobSum"):
			dgst, err := layout.ParseReference(text(d.json.value()))
			if err != nil {
				d.fail("%w", err)
				return
			}
			found.digests = append(found.digests, dgst)
		case sameKey(key, "mediaType"):
			found.manifest = d.isManifest(d.json.value()) || found.manifest
		case sameKey(key, "urls"):
			found.foreign = d.hasElement() || found.foreign
		default:
			d.json.value()
		}
	})
	if len(found.digests) == 0 {
		d.fail("it has no digest")
	}
	d.digests = found.digests
	return found
}

func (d *document) isManifest(mediaType []byte) bool {
	if !isString(mediaType) && !isNull(mediaType) {
		d.fail("a media type is wanted, not %.40s", mediaType)
	}
	_, known := kinds[essence(text(mediaType))]
	return known
}

// hasElement reads a value and tells whether it is an array that is not empty.
func (d *document) hasElement() bool {
	if d.json.peek() != '[' {
		d.json.value()
		return false
	}
	count := 0
	d.json.elements(func() { d.json.value(); count++ })
	return count > 0
}

// nothing reads a value that can stand for nothing only: null.
func (d *document) nothing(wanted string) {
	if value := d.json.value(); !isNull(value) {
		d.fail("%s is wanted, not %.40s", wanted, value)
	}
}

func (d *document) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %w", ErrDescriptor, fmt.Errorf(format, args...))
	}
}

var digestShaped = regexp.MustCompile(`sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}`)

// Mentions is every digest that the text holds anywhere, for a manifest that
// Parse does not understand; it need not be JSON.
func Mentions(data []byte) []digest.Digest {
	var found []digest.Digest
	add := func(text []byte) {
		for _, match := range digestShaped.FindAll(text, -1) {
			found = append(found, digest.Digest(match))
		}
	}
	add(data)
	for rest := data; ; {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			return found
		}
		end := stringEnd(rest, start)
		if quoted := rest[start:end]; bytes.IndexByte(quoted, '\\') >= 0 {
			add([]byte(text(quoted)))
		}
		rest = rest[end:]
	}
}

// stringEnd is the place behind the closing quote of the string that begins at
// at, or the end of the data where there is none.
func stringEnd(data []byte, at int) int {
	for at++; at < len(data); at++ {
		switch data[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(data)
}
