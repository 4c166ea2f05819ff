package manifest

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

func (d *document) descriptors(value []byte) {
	switch {
	case isNull(value):
	case value[0] == '[':
		eachElement(value, d.descriptor)
	default:
		d.fail("an array is wanted, not %.40s", value)
	}
}

func (d *document) descriptor(value []byte) {
	if isNull(value) {
		return
	}
	found, ok := d.read(value)
	if !ok {
		return
	}
	for _, dgst := range found.digests {
		d.references = append(d.references, Reference{Digest: dgst, Manifest: found.manifest, Foreign: found.foreign})
	}
}

func (d *document) subject(value []byte) {
	if isNull(value) {
		return
	}
	if found, ok := d.read(value); ok {
		d.subjects = append(d.subjects, found.digests...)
	}
}

// descriptor is what the members of one descriptor say together.
type descriptor struct {
	digests           []digest.Digest
	manifest, foreign bool
}

// read reads one descriptor, a fsLayer of schema1 among them.
func (d *document) read(value []byte) (descriptor, bool) {
	var found descriptor
	if !isObject(value) {
		d.fail("an object is wanted, not %.40s", value)
		return found, false
	}
	eachMember(value, func(key, value []byte) {
		switch {
		case sameKey(key, "digest"), sameKey(key, "blobSum"):
			dgst, err := layout.ParseReference(text(value))
			if err != nil {
				d.fail("%w", err)
				return
			}
			found.digests = append(found.digests, dgst)
		case sameKey(key, "mediaType"):
			if _, known := kinds[essence(text(value))]; known {
				found.manifest = true
			}
		case sameKey(key, "urls"):
			found.foreign = found.foreign || hasElement(value)
		}
	})
	if len(found.digests) == 0 && d.err == nil {
		d.fail("it has no digest")
	}
	return found, d.err == nil
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
