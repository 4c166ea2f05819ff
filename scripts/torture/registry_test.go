package torture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

const (
	typeIndex  = "application/vnd.oci.image.index.v1+json"
	typeImage  = "application/vnd.oci.image.manifest.v1+json"
	typeConfig = "application/vnd.oci.image.config.v1+json"
	typeLayer  = "application/vnd.oci.image.layer.v1.tar+gzip"
)

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

// manifest is an image or an index, as far as these tests write and read them.
type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        *descriptor  `json:"config,omitempty"`
	Layers        []descriptor `json:"layers,omitempty"`
	Manifests     []descriptor `json:"manifests,omitempty"`
	Subject       *descriptor  `json:"subject,omitempty"`
}

// registry is a registry's storage, written as pushes leave it.
type registry struct {
	t        testing.TB
	root, v2 string
	layer    int // bytes
}

// shape says how large a tree is. The same shape gives the same tree.
type shape struct {
	repositories int
	garbage      int // images in each repository that have lost their tag
	layer        int // bytes
}

// newRegistry writes a tree into a new or empty directory.
func newRegistry(t testing.TB, root string, s shape) *registry {
	t.Helper()
	r := &registry{t, root, filepath.Join(root, "docker/registry/v2"), s.layer}
	for i := range s.repositories {
		r.fill(repository(i), s.garbage)
	}
	for i := range s.garbage {
		r.blob(r.content("orphan", i))
	}
	return r
}

func repository(i int) string { return fmt.Sprintf("team-%d/app", i) }

// fill writes a repository: images that push each other off one tag, an index
// under another, one without any, a signature of what is tagged and one of what
// is not.
func (r *registry) fill(repo string, garbage int) {
	for i := range garbage {
		old := r.image(repo, fmt.Sprint("old-", i), nil)
		r.tag(repo, "latest", old)
		if i == 0 {
			r.image(repo, "signature of old", &old)
		}
	}
	last := r.image(repo, "last", nil)
	r.tag(repo, "latest", last)
	r.image(repo, "signature", &last)
	var children, untagged []descriptor
	for i := range max(garbage/4, 1) {
		children = append(children, r.image(repo, fmt.Sprint("child-", i), nil))
		untagged = append(untagged, r.image(repo, fmt.Sprint("lost-", i), nil))
	}
	r.tag(repo, "multi", r.manifest(repo, manifest{MediaType: typeIndex, Manifests: children}))
	r.manifest(repo, manifest{MediaType: typeIndex, Manifests: append(untagged, children[0])})
}

// image writes an image of three layers, one of which all images share.
func (r *registry) image(repo, name string, subject *descriptor) descriptor {
	m := manifest{MediaType: typeImage, Subject: subject}
	config := r.part(repo, typeConfig, r.content("config", repo, name))
	m.Config = &config
	for _, content := range [][]byte{r.content("base"), r.content("layer 1", repo, name), r.content("layer 2", repo, name)} {
		m.Layers = append(m.Layers, r.part(repo, typeLayer, content))
	}
	return r.manifest(repo, m)
}

// content is some bytes that nothing else has.
func (r *registry) content(of ...any) []byte {
	return append(fmt.Append(nil, of...), make([]byte, r.layer)...)
}

// part writes a config or a layer and its link.
func (r *registry) part(repo, mediaType string, content []byte) descriptor {
	d := r.blob(content)
	r.link(layerLink(repo, d), d)
	return descriptor{mediaType, d, len(content)}
}

func (r *registry) manifest(repo string, m manifest) descriptor {
	m.SchemaVersion = 2
	content, err := json.Marshal(m)
	if err != nil {
		r.t.Fatal(err)
	}
	d := r.blob(content)
	r.link(revisionLink(repo, d), d)
	return descriptor{m.MediaType, d, len(content)}
}

func (r *registry) tag(repo, tag string, to descriptor) {
	r.link(tagLink(repo, tag), to.Digest)
	r.link(historyLink(repo, tag, to.Digest), to.Digest)
}

func (r *registry) blob(content []byte) string {
	sum := sha256.Sum256(content)
	d := "sha256:" + hex.EncodeToString(sum[:])
	if _, err := os.Lstat(filepath.Join(r.v2, blobData(d))); err != nil {
		r.write(blobData(d), content)
	}
	return d
}

func (r *registry) link(path, to string) { r.write(path, []byte(to)) }

func (r *registry) write(path string, content []byte) {
	path = filepath.Join(r.v2, path)
	if err := os.WriteFile(path, content, 0o644); err == nil {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		r.t.Fatal(err)
	}
}
