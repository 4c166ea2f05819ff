// Package manifest is the one home of every media-type fact: it turns the bytes
// of a manifest into the digests that it refers to.
//
// Its invariant: no reference that any reader of the manifest could follow is
// left out. So every position that holds descriptors is read whatever the media
// type says, keys count in any case, and of duplicate keys all count. What it
// does not understand is an error, never an empty answer; Mentions then yields
// every digest that the text holds.
//
// It is pure, and it knows nothing of what is linked or present.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"regjanitor/internal/layout"
)

// Limit is the largest manifest that a registry accepts, in bytes: the
// maxManifestBodySize of distribution's registry/handlers.
const Limit = 4 << 20

// Kind is what a manifest describes.
type Kind uint8

// The kinds of manifest that registries have accepted since 2.0.
const (
	Unknown  Kind = iota
	Schema1       // Docker image manifest, version 2, schema 1, signed or not
	Schema2       // Docker image manifest, version 2, schema 2
	List          // Docker manifest list
	Image         // OCI image manifest
	Index         // OCI image index
	Artifact      // OCI artifact manifest, of image-spec 1.1's release candidates
)

func (k Kind) String() string {
	return [...]string{"unknown", "schema1", "schema2", "list", "image", "index", "artifact"}[k]
}

// Media types that image-spec does not name.
const (
	mediaTypeSchema1       = "application/vnd.docker.distribution.manifest.v1+json"
	mediaTypeSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	mediaTypeSchema2       = "application/vnd.docker.distribution.manifest.v2+json"
	mediaTypeList          = "application/vnd.docker.distribution.manifest.list.v2+json"
	mediaTypeArtifact      = "application/vnd.oci.artifact.manifest.v1+json"
)

var kinds = map[string]Kind{
	mediaTypeSchema1:          Schema1,
	mediaTypeSchema1Signed:    Schema1,
	mediaTypeSchema2:          Schema2,
	mediaTypeList:             List,
	v1.MediaTypeImageManifest: Image,
	v1.MediaTypeImageIndex:    Index,
	mediaTypeArtifact:         Artifact,
}

// Reference is one descriptor of a manifest.
type Reference struct {
	Digest layout.Key
	// Manifest: the media type is a manifest's, so the target has references of
	// its own. In an index a child of another media type may be one as well: its
	// repository's revision links tell.
	Manifest bool
	// Config: it stands in the place of an image's configuration.
	Config bool
	// Foreign: the descriptor names other places to fetch it from, and a
	// registry may rightly lack it.
	Foreign bool
	// Size is how many bytes the target has, as the descriptor says; 0 where it
	// does not say.
	Size int64
}

// Manifest is what a manifest refers to.
type Manifest struct {
	Kind       Kind
	References []Reference
	// Subjects are the manifests that this one is about. The edge is weak and
	// points backwards: who keeps a subject keeps this, not the reverse.
	Subjects []layout.Key
	// Artifact is what the manifest holds where that is no image: its artifact
	// type or, without one, the media type of its configuration.
	Artifact string
}

// What a Reader can be at a loss with.
var (
	ErrNotJSON       = errors.New("is not a JSON object")
	ErrMediaType     = errors.New("has a media type that is not known")
	ErrSchemaVersion = errors.New("has a schema version that is not known")
	ErrDescriptor    = errors.New("holds a descriptor that cannot be read")
)

// Reader reads one manifest after another into the same memory: in the long run
// one whose digests are sha256 costs no allocation. It is not for concurrent use.
type Reader struct{ document document }

// Read reads a manifest. What it returns holds until the next Read.
func (r *Reader) Read(data []byte) (*Manifest, error) {
	d := &r.document
	d.reset(data)
	if d.json.peek() != '{' {
		return nil, ErrNotJSON
	}
	for more := d.json.enter('}'); more; more = d.json.another('}') {
		d.member(d.json.key())
	}
	if !d.json.end() {
		return nil, ErrNotJSON
	}
	if d.err != nil {
		return nil, d.err
	}
	var err error
	if d.found.Kind, err = d.kind(); err != nil {
		return nil, err
	}
	d.found.Artifact = artifact(d.artifactType, d.configType)
	return &d.found, nil
}

// document gathers the top-level members of a manifest.
type document struct {
	json       scanner
	mediaTypes [][]byte
	versions   [][]byte
	has        struct{ manifests, layers, fsLayers, blobs bool }
	last       struct {
		mediaType  []byte // of a descriptor
		isManifest bool
	}
	artifactType []byte
	configType   []byte
	found        Manifest
	err          error
}

// reset forgets all of the document before but its memory.
func (d *document) reset(data []byte) {
	*d = document{
		json:       scanner{data: data},
		mediaTypes: d.mediaTypes[:0],
		versions:   d.versions[:0],
		found:      Manifest{References: d.found.References[:0], Subjects: d.found.Subjects[:0]},
	}
}

func (d *document) member(key []byte) {
	switch {
	case sameKey(key, "mediaType"):
		d.mediaTypes = append(d.mediaTypes, d.json.value())
	case sameKey(key, "schemaVersion"):
		d.versions = append(d.versions, d.json.value())
	case sameKey(key, "config"):
		d.has.layers = true
		d.config()
	case sameKey(key, "layers"):
		d.has.layers = true
		d.descriptors()
	case sameKey(key, "manifests"):
		d.has.manifests = true
		d.descriptors()
	case sameKey(key, "blobs"):
		d.has.blobs = true
		d.descriptors()
	case sameKey(key, "fsLayers"):
		d.has.fsLayers = true
		d.descriptors()
	case sameKey(key, "subject"):
		d.subject()
	case sameKey(key, "artifactType"):
		d.artifactType = text(d.json.value())
	default:
		d.json.value()
	}
}

// kind is the media type's where there is one, and else what the members show,
// in the order in which registry 3 looks.
func (d *document) kind() (Kind, error) {
	kind := Unknown
	for _, value := range d.mediaTypes {
		name := text(value)
		if len(name) == 0 && (isString(value) || isNull(value)) {
			continue
		}
		k, known := kindOf(name)
		if !known {
			return Unknown, fmt.Errorf("%w: %.80s", ErrMediaType, value)
		}
		kind = k
	}
	if kind == Unknown {
		switch {
		case d.has.manifests:
			kind = Index
		case d.has.fsLayers:
			kind = Schema1
		case d.has.layers:
			kind = Image
		case d.has.blobs:
			kind = Artifact
		default:
			return Unknown, fmt.Errorf("%w: none is given, and no member tells it", ErrMediaType)
		}
	}
	if len(d.versions) == 0 && kind != Artifact {
		return Unknown, fmt.Errorf("%w: none is given", ErrSchemaVersion)
	}
	for _, version := range d.versions {
		if string(version) != "2" && (string(version) != "1" || kind != Schema1) {
			return Unknown, fmt.Errorf("%w: %.20s", ErrSchemaVersion, version)
		}
	}
	return kind, nil
}

// kindOf is the kind of manifest that a media type names, in any case and with
// any parameters.
func kindOf(mediaType []byte) (Kind, bool) {
	name, _, _ := bytes.Cut(mediaType, []byte(";"))
	name = bytes.TrimSpace(name)
	if mayHaveCapitals(name) {
		name = bytes.ToLower(name)
	}
	kind, known := kinds[string(name)]
	return kind, known
}

// mayHaveCapitals spares the usual media type an allocation.
func mayHaveCapitals(name []byte) bool {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}
