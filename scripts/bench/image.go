package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// A digest is a sha256; nothing else is written by a registry's own pushes.
type digest [sha256.Size]byte

func (d digest) hex() string    { return hex.EncodeToString(d[:]) }
func (d digest) String() string { return "sha256:" + d.hex() }

func (d digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// A layer is a digest and a size. Its content is a hole of that size, which
// does not hash to the digest: nobody who lists a tree reads it.
type layer struct {
	digest digest
	size   int64
}

// newLayer invents the layer of that name, of 1 to 30 MiB.
func newLayer(format string, args ...any) layer {
	d := digest(sha256.Sum256(fmt.Appendf(nil, format, args...)))
	return layer{d, 1<<20 + int64(binary.BigEndian.Uint64(d[:])%(29<<20))}
}

const (
	baseImages = 16 // shared by all repositories
	baseLayers = 4  // of each
)

// baseOf are the layers under the images of a repository. Halfway through its
// history each repository moves on to the next base.
func (s shape) baseOf(repo, push int, arch string) []layer {
	base := repo
	if push >= s.pushes/2 {
		base++
	}
	return baseImage(base%baseImages, arch)
}

func baseImage(base int, arch string) []layer {
	layers := make([]layer, baseLayers)
	for i := range layers {
		layers[i] = newLayer("base %d %s %d", base, arch, i)
	}
	return layers
}

// mediaTypes of one family of manifests.
type mediaTypes struct{ image, config, layer, index string }

var (
	dockerTypes = mediaTypes{
		image:  "application/vnd.docker.distribution.manifest.v2+json",
		config: "application/vnd.docker.container.image.v1+json",
		layer:  "application/vnd.docker.image.rootfs.diff.tar.gzip",
		index:  "application/vnd.docker.distribution.manifest.list.v2+json",
	}
	ociTypes = mediaTypes{
		image:  "application/vnd.oci.image.manifest.v1+json",
		config: "application/vnd.oci.image.config.v1+json",
		layer:  "application/vnd.oci.image.layer.v1.tar+gzip",
		index:  "application/vnd.oci.image.index.v1+json",
	}
)

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type descriptor struct {
	MediaType string    `json:"mediaType"`
	Size      int64     `json:"size"`
	Digest    digest    `json:"digest"`
	Platform  *platform `json:"platform,omitempty"`
}

// A document is a manifest or a config: bytes that hash to their name.
type document struct {
	digest digest
	bytes  []byte
}

func newDocument(v any) (document, error) {
	// Three spaces are what docker pushes.
	b, err := json.MarshalIndent(v, "", "   ")
	if err != nil {
		return document{}, fmt.Errorf("encode %T: %w", v, err)
	}
	return document{sha256.Sum256(b), b}, nil
}

func (d document) descriptor(mediaType string) descriptor {
	return descriptor{MediaType: mediaType, Size: int64(len(d.bytes)), Digest: d.digest}
}

// newConfig is as long as configs in the field are: its history has a line for
// each layer. The label makes it unlike any other push's.
func newConfig(label, arch string, created time.Time, layers []layer) (document, error) {
	type history struct {
		Created   time.Time `json:"created"`
		CreatedBy string    `json:"created_by"`
	}
	var (
		diffs []digest
		steps []history
	)
	for i, l := range layers {
		diffs = append(diffs, sha256.Sum256(l.digest[:]))
		steps = append(steps, history{created, fmt.Sprintf("/bin/sh -c install --no-recommends part-%d && rm -rf /var/lib/lists/*", i)})
	}
	return newDocument(map[string]any{
		"architecture": arch,
		"os":           "linux",
		"created":      created,
		"config": map[string]any{
			"Env":        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			"Entrypoint": []string{"/usr/local/bin/service"},
			"Labels":     map[string]string{"org.opencontainers.image.revision": label},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": diffs},
		"history": steps,
	})
}

func newImage(types mediaTypes, config document, layers []layer) (document, error) {
	descriptors := make([]descriptor, len(layers))
	for i, l := range layers {
		descriptors[i] = descriptor{MediaType: types.layer, Size: l.size, Digest: l.digest}
	}
	return newDocument(struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}{2, types.image, config.descriptor(types.config), descriptors})
}

func newIndex(types mediaTypes, children []descriptor) (document, error) {
	return newDocument(struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Manifests     []descriptor `json:"manifests"`
	}{2, types.index, children})
}
