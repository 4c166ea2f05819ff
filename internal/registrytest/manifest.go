package registrytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/image-spec/specs-go/v1"
)

// Media types that image-spec does not name.
const (
	typeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	typeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	typeDockerConfig   = "application/vnd.docker.container.image.v1+json"
	typeDockerLayer    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
	typeDockerForeign  = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
	typeForeign        = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
	typeArtifact       = "application/vnd.oci.artifact.manifest.v1+json"
	typeSchema1        = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	typeCacheConfig    = "application/vnd.buildkit.cacheconfig.v0"
	typeUnknown        = "application/vnd.example.unknown.v1+json"
	typePlain          = "application/octet-stream"
)

// An object is a JSON object that keeps the order of its keys, and may hold
// one twice.
type object []member

type member struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.WriteString(strconv.Quote(m.key) + ":")
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

var mediaTypes = map[string]string{
	kindImage: v1.MediaTypeImageManifest, kindDocker: typeDockerManifest,
	kindList: typeDockerList, kindIndex: v1.MediaTypeImageIndex, kindCacheIndex: v1.MediaTypeImageIndex,
	kindArtifact: typeArtifact, kindSchema1: typeSchema1, kindUnknown: typeUnknown, kindText: typePlain,
}

// manifestBytes is the JSON of a manifest.
func (s *Spec) manifestBytes(t *thing) ([]byte, error) {
	t.media = mediaTypes[t.kind]
	descriptors, err := s.descriptors(t)
	if err != nil {
		return nil, err
	}
	o, err := s.head(t)
	if err != nil {
		return nil, err
	}
	switch t.kind {
	case kindImage, kindDocker:
		o = append(o, member{"config", descriptors[0]})
		o = append(o, list(t, "layers", descriptors[1:])...)
	case kindList, kindIndex, kindCacheIndex:
		o = append(o, list(t, "manifests", descriptors)...)
	case kindArtifact:
		o = append(o, list(t, "blobs", descriptors)...)
	case kindUnknown:
		o = append(o, list(t, "things", descriptors)...)
	case kindSchema1:
		o = append(o, list(t, "fsLayers", descriptors)...)
		history := make([]any, len(descriptors))
		for i := range history {
			history[i] = object{{"v1Compatibility", schema1Image(i, len(history), t.options["created"])}}
		}
		o = append(o, member{"history", history})
	}
	return s.tail(t, o)
}

// schema1Image is what schema 1 says of its i-th of n layers; each is the
// parent of the one before it. The first says when it was created, if that is
// to be said.
func schema1Image(i, n int, created string) string {
	more := ""
	if i < n-1 {
		more = fmt.Sprintf(`,"parent":"%064d"`, i+2)
	}
	if i == 0 && created != "" {
		more += fmt.Sprintf(`,"created":%q`, created)
	}
	return fmt.Sprintf(`{"id":"%064d"%s}`, i+1, more)
}

// head is what stands before the descriptors.
func (s *Spec) head(t *thing) (object, error) {
	o := object{{"schemaVersion", 2}}
	if t.kind == kindSchema1 {
		o = object{{"schemaVersion", 1}, {"name", "team/app"}, {"tag", "latest"}, {"architecture", "amd64"}}
	}
	if text, ok := t.options["schema"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("schema=%s is not a number", text)
		}
		o[0].value = n
	}
	switch given := t.options["type"]; {
	case given == "none":
	case given != "":
		t.media = given
		o = append(o, member{"mediaType", given})
	case t.kind != kindSchema1:
		o = append(o, member{"mediaType", t.media})
	}
	if artifact := t.options["artifactType"]; artifact != "" {
		o = append(o, member{"artifactType", artifact})
	} else if t.kind == kindArtifact {
		o = append(o, member{"artifactType", "application/vnd.example.artifact"})
	}
	return o, nil
}

// tail adds subject and padding, and encodes.
func (s *Spec) tail(t *thing, o object) ([]byte, error) {
	if name := t.options["subject"]; name != "" {
		subject, err := s.thing(name)
		if err != nil {
			return nil, err
		}
		media := subject.media
		if media == "" {
			media = typePlain
		}
		o = append(o, member{"subject", descriptor(media, subject.digest.String(), subject.size)})
	}
	if note := t.options["note"]; note != "" {
		o = append(o, member{"annotations", object{{"org.example.note", note}}})
	}
	if text := t.options["pad"]; text != "" {
		size, err := parseSize(text)
		if err != nil {
			return nil, err
		}
		o = append(o, member{"padding", strings.Repeat("x", int(size))})
	}
	data, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode manifest %s: %w", t.name, err)
	}
	if text := t.options["nest"]; text != "" {
		// Spliced in here, for the encoder refuses such depths.
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("nest=%s is not a depth", text)
		}
		nested := `,"nested":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}"
		data = append(data[:len(data)-1], nested...)
	}
	return data, nil
}

// list is the member that holds descriptors; keys=twice and keys=odd split it
// so that each half is lost by a reader that takes but one of the two.
func list(t *thing, key string, descriptors []any) object {
	if descriptors == nil {
		descriptors = []any{}
	}
	first, last := key, key
	switch t.options["keys"] {
	case "twice":
	case "odd":
		first = strings.ToUpper(key[:1]) + key[1:]
	default:
		return object{{key, descriptors}}
	}
	n := max(len(descriptors)-1, 0)
	return object{{first, descriptors[:n]}, {last, descriptors[n:]}}
}

// descriptors are those of all references, in order.
func (s *Spec) descriptors(t *thing) ([]any, error) {
	var all []any
	for i, r := range t.refs {
		d, err := s.descriptor(t, i, r)
		if err != nil {
			return nil, err
		}
		for range r.times {
			all = append(all, d)
		}
	}
	return all, nil
}

func (s *Spec) descriptor(t *thing, i int, r reference) (any, error) {
	target, err := s.thing(r.name)
	if err != nil {
		return nil, err
	}
	named, err := s.refDigest(r)
	if err != nil {
		return nil, err
	}
	if t.kind == kindSchema1 {
		return object{{"blobSum", named.String()}}, nil
	}
	if r.via == "tarsum" {
		return nil, fmt.Errorf("only schema1 knows tarsum:%s", r.name)
	}
	isIndex := t.kind == kindList || t.kind == kindIndex
	if isIndex && !target.isManifest() && r.via != "plain" {
		return nil, fmt.Errorf("%s is no manifest (plain:%s lists it as a blob)", r.name, r.name)
	}
	d := descriptor(s.descriptorType(t, i, r, target), named.String(), target.size)
	switch {
	case r.via == "foreign" || r.via == "urls":
		d = append(d, member{"urls", []string{"https://example.com/" + r.name}})
	case target.kind == kindEmpty:
		d = append(d, member{"data", target.data})
	case isIndex:
		d = append(d, member{"platform", object{{"architecture", s.architecture(r.name)}, {"os", "linux"}}})
	}
	return d, nil
}

func descriptor(media, digest string, size int64) object {
	return object{{"mediaType", media}, {"digest", digest}, {"size", size}}
}

// descriptorType is the media type by which t names its i-th reference.
func (s *Spec) descriptorType(t *thing, i int, r reference, target *thing) string {
	docker := t.kind == kindDocker
	isConfig := i == 0 && (docker || t.kind == kindImage)
	switch {
	case r.via == "plain":
		return typePlain
	case target.isManifest():
		return target.media
	case r.via == "foreign" && docker:
		return typeDockerForeign
	case r.via == "foreign":
		return typeForeign
	case isConfig && t.options["configType"] != "":
		return t.options["configType"]
	case target.kind == kindEmpty:
		return v1.MediaTypeEmptyJSON
	case isConfig && docker:
		return typeDockerConfig
	case isConfig:
		return v1.MediaTypeImageConfig
	case t.kind == kindCacheIndex && i == len(t.refs)-1:
		return typeCacheConfig
	case docker:
		return typeDockerLayer
	case t.kind == kindArtifact:
		return typePlain
	}
	return v1.MediaTypeImageLayerGzip
}
