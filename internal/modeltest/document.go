package modeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A document is what a manifest says, as far as a sweep cares.
type document struct {
	known      bool // its kind is known; else every digest in it counts
	references []reference
	subject    string
	media      string
	configs    []string
}

type reference struct{ digest, mediaType string }

// lists tells a manifest whose references are manifests.
func (d document) lists() bool {
	return d.known && (d.media == ociIndex || d.media == dockerList)
}

const (
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociArtifact    = "application/vnd.oci.artifact.manifest.v1+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	schema1        = "application/vnd.docker.distribution.manifest.v1+json"
	schema1Signed  = "application/vnd.docker.distribution.manifest.v1+prettyjws"
)

// schemaVersions are the media types of manifests, and the version that each has.
var schemaVersions = map[string]string{
	ociManifest: "2", ociIndex: "2", ociArtifact: "2", dockerManifest: "2", dockerList: "2",
	schema1: "1", schema1Signed: "1",
}

// readDocument reads a manifest; ok is false for what is no JSON object.
func readDocument(data []byte) (doc document, ok bool) {
	if !json.Valid(data) {
		return doc, false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	top, ok := readValue(decoder).(object)
	if !ok {
		return doc, false
	}
	media := top.mediaType()
	version, known := schemaVersions[media]
	doc.media = media
	doc.known = known && fmt.Sprint(append(top.all("schemaVersion"), "")[0]) == version
	if !doc.known {
		for _, text := range shaped.FindAllString(string(data), -1) {
			doc.references = append(doc.references, reference{digest: text})
		}
	}
	for _, key := range []string{"config", "layers", "blobs", "manifests", "fsLayers"} {
		for _, value := range top.all(key) {
			doc.references = append(doc.references, referencesIn(value)...)
			if key == "config" {
				for _, ref := range referencesIn(value) {
					doc.configs = append(doc.configs, ref.digest)
				}
			}
		}
	}
	for _, subject := range top.all("subject") {
		for _, r := range referencesIn(subject) {
			doc.subject = r.digest
		}
	}
	return doc, true
}

// shaped finds what looks like a digest.
var shaped = regexp.MustCompile(`(?:tarsum\.v1\+)?sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})`)

// referencesIn are the descriptors in a value: it, or the elements of a list.
func referencesIn(value any) (all []reference) {
	if list, ok := value.([]any); ok {
		for _, element := range list {
			all = append(all, referencesIn(element)...)
		}
		return all
	}
	descriptor, ok := value.(object)
	if !ok {
		return nil
	}
	for _, key := range []string{"digest", "blobSum"} {
		for _, text := range descriptor.all(key) {
			media := fmt.Sprint(append(descriptor.all("mediaType"), "")[0])
			all = append(all, reference{fmt.Sprint(text), media})
		}
	}
	return all
}

// An object keeps every member, also those of one name.
type object []member

type member struct {
	key   string
	value any
}

// all are the members of that name, whatever its case.
func (o object) all(key string) (values []any) {
	for _, m := range o {
		if strings.EqualFold(m.key, key) {
			values = append(values, m.value)
		}
	}
	return values
}

// mediaType is what a manifest says of itself, or what its keys show.
func (o object) mediaType() string {
	if own := o.all("mediaType"); len(own) > 0 && own[0] != "" {
		return fmt.Sprint(own[0])
	}
	switch {
	case len(o.all("manifests")) > 0:
		return ociIndex
	case len(o.all("layers")) > 0 || len(o.all("config")) > 0:
		return ociManifest
	case len(o.all("fsLayers")) > 0:
		return schema1
	case len(o.all("blobs")) > 0:
		return ociArtifact
	}
	return "unknown"
}

// readValue reads one JSON value; the text is valid.
func readValue(decoder *json.Decoder) any {
	token, err := decoder.Token()
	if err != nil {
		return nil
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for decoder.More() {
			key := fmt.Sprint(readValue(decoder))
			o = append(o, member{key, readValue(decoder)})
		}
		readValue(decoder) // the closing brace
		return o
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			list = append(list, readValue(decoder))
		}
		readValue(decoder)
		return list
	}
	return token
}
