package e2e

import (
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go/v1"
)

// The odd ones: what registries hold besides images that run. crane verifies the
// layers of images only, and refuses a manifest that has others.

// cosignSignature is an image manifest around a signed payload. Nothing in it
// names what it signs: only its tag, cosignTag, does.
func cosignSignature(subject image) image {
	payload := newBlob("application/vnd.dev.cosign.simplesigning.v1+json",
		fmt.Appendf(nil, `{"critical":{"image":{"docker-manifest-digest":%q}}}`, subject.digest()))
	return oci.manifest(configOver(payload), []blob{payload}, nil).beyondCrane()
}

func cosignTag(subject image) string { return dashed(subject) + ".sig" }

// referrer is an artifact that says itself what it belongs to.
func referrer(kind string, subject image) image {
	content := newBlob("application/"+kind, fmt.Appendf(nil, "%s of %s", kind, subject.digest()))
	return oci.manifest(empty, []blob{content}, func(m *v1.Manifest) {
		s := subject.manifest.descriptor()
		m.ArtifactType, m.Subject = content.mediaType, &s
	})
}

// fallbackTag is where clients list the referrers of an image for registries
// that have no referrers API.
func fallbackTag(subject image) string { return dashed(subject) }

func dashed(subject image) string { return strings.Replace(subject.digest(), ":", "-", 1) }

// empty is the descriptor of "{}", the config of what has none.
var empty = newBlob(v1.MediaTypeEmptyJSON, []byte("{}"))

// artifact has a type of its own, no config, and one layer of any kind, or, if
// content is empty, the empty descriptor as its layer.
func artifact(kind, content string) image {
	layers := []blob{empty}
	if content != "" {
		layers = []blob{newBlob("application/"+kind, []byte(content))}
	}
	return oci.manifest(empty, layers, func(m *v1.Manifest) {
		m.ArtifactType = "application/" + kind
		m.Annotations = map[string]string{"kind": kind}
	})
}

// helmChart keeps its metadata in a config of its own media type.
func helmChart(version string) image {
	config := newBlob("application/vnd.cncf.helm.config.v1+json", fmt.Appendf(nil, `{"version":%q}`, version))
	chart := newBlob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", layer("chart "+version).compressed)
	return oci.manifest(config, []blob{chart}, nil)
}

// attested is what BuildKit pushes by default: an index of an image and of a
// manifest that holds its provenance.
func attested(i image) image {
	statement := newBlob("application/vnd.in-toto+json", []byte("provenance of "+i.digest()))
	attestation := oci.manifest(configOver(statement), []blob{statement}, nil).beyondCrane()
	attestation.platform = &v1.Platform{OS: "unknown", Architecture: "unknown"}
	return oci.index(i, attestation)
}

// cacheIndex is BuildKit's older cache export: an index whose manifests are
// layers, and a config.
func cacheIndex(layers ...archive) image {
	index := image{skopeoRefuses: true, craneRefuses: true}
	var entries []image
	for _, b := range append(cacheLayers(layers), cacheConfig(layers)) {
		index.blobs = append(index.blobs, b)
		entries = append(entries, image{manifest: b})
	}
	index.manifest = oci.index(entries...).manifest
	return index
}

// cacheImage is the newer one, an image manifest.
func cacheImage(layers ...archive) image {
	return oci.manifest(cacheConfig(layers), cacheLayers(layers), nil).beyondCrane()
}

func cacheConfig(layers []archive) blob {
	return newBlob("application/vnd.buildkit.cacheconfig.v0", fmt.Appendf(nil, `{"layers":%d}`, len(layers)))
}

func cacheLayers(layers []archive) []blob {
	var blobs []blob
	for _, l := range layers {
		blobs = append(blobs, newBlob(oci.layerType, l.compressed))
	}
	return blobs
}

// sha512Image refers to its only layer by sha512, under which a registry keeps
// no blob: it stores the layer as sha256 and leaves two links.
func sha512Image(name string, l archive) image {
	config := oci.image(name, l).blobs[0]
	layer := blob{mediaType: oci.layerType, data: l.compressed, algorithm: digest.SHA512}
	i := oci.manifest(config, []blob{layer}, nil).beyondCrane()
	i.skopeoRefuses = true
	return i
}

// configOver is an image config over uncompressed content that is no archive.
func configOver(content blob) blob {
	config := v1.Image{Platform: v1.Platform{OS: "linux", Architecture: "amd64"}}
	config.RootFS = v1.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(content.data)}}
	return newBlob(oci.configType, encode(config))
}

func (i image) beyondCrane() image {
	i.craneRefuses = true
	return i
}

// withForeignLayer has a layer that its publisher does not want distributed: it is
// fetched from elsewhere, and no registry holds it.
func (f format) withForeignLayer(name, mediaType string) image {
	foreign := newBlob(mediaType, []byte("foreign layer of "+name)).descriptor()
	foreign.URLs = []string{"https://layers.example.com/" + foreign.Digest.Encoded()}
	own := layer(name)
	config := f.image(name, own).blobs[0]
	i := f.manifest(config, []blob{newBlob(f.layerType, own.compressed)}, func(m *v1.Manifest) {
		m.Layers = append(m.Layers, foreign)
	}).beyondCrane()
	i.skopeoRefuses = true
	return i
}
