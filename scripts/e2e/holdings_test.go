package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go/v1"
)

// holdings is what a registry hands out to a client that follows every tag down
// to the last layer, each byte of it checked against its digest.
//
// It is the tests' answer to "what is alive": asked of the registry over HTTP,
// not read from its tree.
type holdings struct {
	tags      map[string]string // "repo:tag" → digest
	manifests map[string]bool   // "repo@digest"
	blobs     map[string]string // "repo@digest" of a config or layer → sha256 digest of its bytes
}

func noHoldings() holdings {
	return holdings{map[string]string{}, map[string]bool{}, map[string]string{}}
}

// survey asks for all there is. Manifests that no tag leads to are asked for if
// they are named, as "repo@digest".
func survey(c client, untagged ...string) holdings {
	c.t.Helper()
	h := noHoldings()
	for _, repo := range c.catalog() {
		for _, tag := range c.tags(repo) {
			h.tags[repo+":"+tag] = h.follow(c, repo, tag)
		}
	}
	for _, name := range untagged {
		repo, digest, _ := strings.Cut(name, "@")
		h.follow(c, repo, digest)
	}
	return h
}

// follow pulls a manifest and all that it needs, and returns its digest.
func (h holdings) follow(c client, repo, reference string) string {
	c.t.Helper()
	a := c.must(http.StatusOK, http.MethodGet, repo+"/manifests/"+reference, "", nil)
	d := a.header.Get("Docker-Content-Digest")
	if got := digest.FromBytes(a.body).String(); got != d || (strings.HasPrefix(reference, "sha256:") && got != reference) {
		c.t.Fatalf("%s/manifests/%s has the digest %s, its header says %s", repo, reference, got, d)
	}
	if h.manifests[repo+"@"+d] {
		return d
	}
	h.manifests[repo+"@"+d] = true

	var m struct {
		Config            *v1.Descriptor
		Layers, Manifests []v1.Descriptor
	}
	if err := json.Unmarshal(a.body, &m); err != nil {
		c.t.Fatalf("%s/manifests/%s: %v", repo, reference, err)
	}
	if m.Config != nil {
		h.pullBlob(c, repo, m.Config.Digest)
	}
	for _, layer := range m.Layers {
		h.pullBlob(c, repo, layer.Digest)
	}
	for _, child := range m.Manifests {
		if isManifest(child) {
			h.follow(c, repo, child.Digest.String())
		} else { // BuildKit's cache index lists layers
			h.pullBlob(c, repo, child.Digest)
		}
	}
	return d
}

func isManifest(d v1.Descriptor) bool {
	return slices.Contains([]string{oci.imageType, oci.indexType, docker.imageType, docker.indexType}, d.MediaType)
}

func (h holdings) pullBlob(c client, repo string, d digest.Digest) {
	c.t.Helper()
	name := repo + "@" + d.String()
	if _, done := h.blobs[name]; done {
		return
	}
	a := c.must(http.StatusOK, http.MethodGet, repo+"/blobs/"+d.String(), "", nil)
	if got := d.Algorithm().FromBytes(a.body); got != d {
		c.t.Fatalf("%s/blobs/%s has the digest %s", repo, d, got)
	}
	h.blobs[name] = digest.FromBytes(a.body).String()
}

// onDisk is the sorted list of blobs that hold all this.
func (h holdings) onDisk() []string {
	digests := map[string]bool{}
	for name := range h.manifests {
		digests[digestOf(name)] = true
	}
	for _, d := range h.blobs {
		digests[d] = true
	}
	return slices.Sorted(maps.Keys(digests))
}

// layerLinks is the sorted list of links, as "repo@digest", without which a blob
// could not be pulled: its own and, where that is not sha256, its target's.
func (h holdings) layerLinks() []string {
	links := map[string]bool{}
	for name, target := range h.blobs {
		repo, _, _ := strings.Cut(name, "@")
		links[name], links[repo+"@"+target] = true, true
	}
	return slices.Sorted(maps.Keys(links))
}

func (h holdings) revisions() []string { return slices.Sorted(maps.Keys(h.manifests)) }

// requireSame fails unless the registry serves what it did before.
func (h holdings) requireSame(t *testing.T, before holdings) {
	t.Helper()
	requireEqual(t, "tags served", h.tags, before.tags)
	requireEqual(t, "manifests served", h.manifests, before.manifests)
	requireEqual(t, "blobs served", h.blobs, before.blobs)
}

func digestOf(name string) string { _, d, _ := strings.Cut(name, "@"); return d }
