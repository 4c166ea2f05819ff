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
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
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
	Digest digest.Digest
	// Manifest: the media type is a manifest's, so the target has references of
	// its own. In an index a child of another media type may be one as well: its
	// repository's revision links tell.
	Manifest bool
	// Config: it stands in the place of an image's configuration.
	Config bool
	// Foreign: the descriptor names other places to fetch it from, and a
	// registry may rightly lack it.
	Foreign bool
}

// Manifest is what a manifest refers to.
type Manifest struct {
	Kind       Kind
	References []Reference
	// Subjects are the manifests that this one is about. The edge is weak and
	// points backwards: who keeps a subject keeps this, not the reverse.
	Subjects []digest.Digest
}

// What Parse can be at a loss with.
var (
	ErrNotJSON       = errors.New("is not a JSON object")
	ErrMediaType     = errors.New("has a media type that is not known")
	ErrSchemaVersion = errors.New("has a schema version that is not known")
	ErrDescriptor    = errors.New("holds a descriptor that cannot be read")
)

// Parse reads a manifest.
func Parse(data []byte) (*Manifest, error) {
	doc := document{json: scanner{data: data}}
	if doc.json.peek() != '{' {
		return nil, ErrNotJSON
	}
	doc.json.members(doc.member)
	if !doc.json.end() {
		return nil, ErrNotJSON
	}
	if doc.err != nil {
		return nil, doc.err
	}
	kind, err := doc.kind()
	if err != nil {
		return nil, err
	}
	return &Manifest{Kind: kind, References: doc.references, Subjects: doc.subjects}, nil
}

// document gathers the top-level members of a manifest.
type document struct {
	json       scanner
	mediaTypes [][]byte
	versions   [][]byte
	has        struct{ manifests, layers, fsLayers, blobs bool }
	references []Reference
	subjects   []digest.Digest
	digests    []digest.Digest // of the descriptor in hand
	err        error
}

func (d *document) member(key []byte) {
	switch {
	case sameKey(key, "mediaType"):
		d.mediaTypes = append(d.mediaTypes, d.json.value())
	case sameKey(key, "schemaVersion"):
		d.versions = append(d.versions, d.json.value())
	case sameKey(key, "config"):
		d.has.layers = true
		before := len(d.references)
		d.descriptor()
		for i := range d.references[before:] {
			d.references[before+i].Config = true
		}
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
		if name == "" && (isString(value) || isNull(value)) {
			continue
		}
		k, known := kinds[essence(name)]
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

// essence is a media type without its parameters, in lower case.
func essence(mediaType string) string {
	name, _, _ := strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(name))
}
