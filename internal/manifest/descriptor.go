package manifest

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

func (d *document) descriptors() {
	if d.json.peek() != '[' {
		d.nothing("an array")
		return
	}
	for more := d.json.enter(']'); more; more = d.json.another(']') {
		d.descriptor()
	}
}

// descriptor reads one descriptor, a fsLayer of schema1 among them, and returns
// the references that it adds: more than one if it has more than one digest.
func (d *document) descriptor() []Reference {
	before := len(d.found.References)
	if d.json.peek() != '{' {
		d.nothing("an object")
		return nil
	}
	var manifest, foreign bool
	var size int64
	for more := d.json.enter('}'); more; more = d.json.another('}') {
		switch key := d.json.key(); {
		case sameKey(key, "digest"), sameKey(key, "blobSum"):
			d.digest()
		case sameKey(key, "mediaType"):
			manifest = d.isManifest(d.json.value()) || manifest
		case sameKey(key, "urls"):
			foreign = d.hasElement() || foreign
		case sameKey(key, "size"):
			size = sizeOf(d.json.value())
		default:
			d.json.value()
		}
	}
	added := d.found.References[before:]
	if len(added) == 0 {
		d.fail("it has no digest")
	}
	for i := range added {
		added[i].Manifest, added[i].Foreign, added[i].Size = manifest, foreign, size
	}
	return added
}

// sizeOf reads a size in bytes. What is none says nothing of the target.
func sizeOf(value []byte) (size int64) {
	const most = 18 // digits, of which an int64 holds any
	if len(value) > most {
		return 0
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0
		}
		size = 10*size + int64(c-'0')
	}
	return size
}

func (d *document) digest() {
	key, err := layout.ParseReferenceKey(text(d.json.value()))
	if err != nil {
		d.fail("%w", err)
		return
	}
	d.found.References = append(d.found.References, Reference{Digest: key})
}

func (d *document) config() {
	d.last.mediaType, d.last.isManifest = nil, false
	added := d.descriptor()
	for i := range added {
		added[i].Config = true
	}
	d.configType = text(d.last.mediaType)
}

func (d *document) subject() {
	added := d.descriptor()
	for _, ref := range added {
		d.found.Subjects = append(d.found.Subjects, ref.Digest)
	}
	d.found.References = d.found.References[:len(d.found.References)-len(added)]
}

// isManifest tells whether a media type is a manifest's. It is nearly always that
// of the descriptor before.
func (d *document) isManifest(mediaType []byte) bool {
	if bytes.Equal(mediaType, d.last.mediaType) {
		return d.last.isManifest
	}
	if !isString(mediaType) && !isNull(mediaType) {
		d.fail("a media type is wanted, not %.40s", mediaType)
	}
	d.last.mediaType = mediaType
	_, d.last.isManifest = kindOf(text(mediaType))
	return d.last.isManifest
}

// hasElement reads a value and tells whether it is an array that is not empty.
func (d *document) hasElement() bool {
	if d.json.peek() != '[' {
		d.json.value()
		return false
	}
	has := false
	for more := d.json.enter(']'); more; more = d.json.another(']') {
		d.json.value()
		has = true
	}
	return has
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
// a Reader does not understand; it need not be JSON.
func Mentions(data []byte) []layout.Key {
	var found []layout.Key
	add := func(text []byte) {
		for _, match := range digestShaped.FindAll(text, -1) {
			found = append(found, layout.KeyOf(digest.Digest(match)))
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
			add(text(quoted))
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
