package e2e

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"io"
	"math/rand/v2"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	"github.com/opencontainers/image-spec/specs-go/v1"
)

// blob is what a registry stores under a digest: a layer, a config, a manifest.
type blob struct {
	mediaType string
	data      []byte
	algorithm digest.Algorithm // sha256 if empty
}

func newBlob(mediaType string, data []byte) blob { return blob{mediaType: mediaType, data: data} }

func (b blob) digest() string { return b.descriptor().Digest.String() }

func (b blob) descriptor() v1.Descriptor {
	algorithm := cmp.Or(b.algorithm, digest.SHA256)
	return v1.Descriptor{MediaType: b.mediaType, Digest: algorithm.FromBytes(b.data), Size: int64(len(b.data))}
}

// image is a manifest with what it needs: blobs, or, for an index, children.
type image struct {
	manifest blob
	blobs    []blob
	children []image
	platform *v1.Platform

	// Tools that refuse this kind, whole as it is.
	skopeoRefuses, craneRefuses bool
}

func (i image) digest() string { return i.manifest.digest() }

func (i image) descriptor() v1.Descriptor {
	d := i.manifest.descriptor()
	d.Platform = i.platform
	return d
}

// format is one of the two families of media types.
type format struct{ imageType, indexType, configType, layerType string }

var (
	docker = format{
		imageType:  "application/vnd.docker.distribution.manifest.v2+json",
		indexType:  "application/vnd.docker.distribution.manifest.list.v2+json",
		configType: "application/vnd.docker.container.image.v1+json",
		layerType:  "application/vnd.docker.image.rootfs.diff.tar.gzip",
	}
	oci = format{
		imageType:  v1.MediaTypeImageManifest,
		indexType:  v1.MediaTypeImageIndex,
		configType: v1.MediaTypeImageConfig,
		layerType:  v1.MediaTypeImageLayerGzip,
	}
)

// image is one that runs on amd64; its name makes it differ from others.
func (f format) image(name string, layers ...archive) image {
	return f.imageFor("amd64", name, layers...)
}

func (f format) imageFor(arch, name string, layers ...archive) image {
	return f.imageBuilt(nil, arch, name, layers...)
}

// imageBuilt is an image whose config says when it was created, or does not.
func (f format) imageBuilt(created *time.Time, arch, name string, layers ...archive) image {
	platform := v1.Platform{OS: "linux", Architecture: arch}
	config := v1.Image{Created: created, Platform: platform, RootFS: v1.RootFS{Type: "layers"}}
	config.Config.Labels = map[string]string{"name": name}
	var blobs []blob
	for _, layer := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, layer.diffID)
		blobs = append(blobs, newBlob(f.layerType, layer.compressed))
	}
	i := f.manifest(newBlob(f.configType, encode(config)), blobs, nil)
	i.platform = &platform
	return i
}

// manifest is an image manifest over any config and layers; edit, if not nil,
// has the last word on it.
func (f format) manifest(config blob, layers []blob, edit func(*v1.Manifest)) image {
	m := v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: f.imageType,
		Config:    config.descriptor(),
		Layers:    []v1.Descriptor{},
	}
	for _, layer := range layers {
		m.Layers = append(m.Layers, layer.descriptor())
	}
	if edit != nil {
		edit(&m)
	}
	return image{manifest: newBlob(f.imageType, encode(m)), blobs: append([]blob{config}, layers...)}
}

// index lists the children, which are pushed before it.
func (f format) index(children ...image) image {
	index := v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: f.indexType}
	i := image{children: children}
	for _, child := range children {
		index.Manifests = append(index.Manifests, child.descriptor())
		i.craneRefuses = i.craneRefuses || child.craneRefuses
		i.skopeoRefuses = i.skopeoRefuses || child.skopeoRefuses || len(child.children) > 0
	}
	i.manifest = newBlob(f.indexType, encode(index))
	return i
}

// multiArch is an index over an image for each of two platforms.
func (f format) multiArch(name string, layers ...archive) image {
	return f.index(f.imageFor("amd64", name, layers...), f.imageFor("arm64", name, layers...))
}

// archive is a layer's content, before a manifest gives it a media type.
type archive struct {
	compressed []byte
	diffID     digest.Digest // of the uncompressed tar
}

// layer is a small archive whose bytes depend on its name alone.
func layer(name string) archive { return layerOf(name, 20_000) }

// layerOf holds one file of size bytes that do not compress.
func layerOf(name string, size int64) archive {
	random := rand.NewChaCha8(sha256.Sum256([]byte(name)))
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	must(w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size}))
	must(second(io.CopyN(w, random, size)))
	must(w.Close())

	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	must(second(z.Write(plain.Bytes())))
	must(z.Close())
	return archive{compressed.Bytes(), digest.FromBytes(plain.Bytes())}
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	must(err)
	return data
}

// must is for what cannot fail in memory.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func second[T any](_ T, err error) error { return err }
