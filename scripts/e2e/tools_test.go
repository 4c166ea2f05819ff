package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/image-spec/specs-go"
	"github.com/opencontainers/image-spec/specs-go/v1"
)

// pusher puts an image into a repository under a tag.
type pusher func(c client, repo, tag string, i image)

// bySkopeo pushes with skopeo, which takes anything but an index in an index.
func bySkopeo(c client, repo, tag string, i image) {
	c.t.Helper()
	command(c.t, programs.skopeo, "copy", "--insecure-policy", "--quiet", "--all", "--preserve-digests",
		"--dest-tls-verify=false", "dir:"+skopeoDirectory(c.t, i), "docker://"+c.host+"/"+repo+":"+tag)
}

// byCrane pushes with crane, which mounts and skips what is there already.
func byCrane(c client, repo, tag string, i image) {
	c.t.Helper()
	command(c.t, programs.crane, "push", ociLayout(c.t, i), c.host+"/"+repo+":"+tag)
}

// byHTTP pushes what the tools refuse, or would repair.
func byHTTP(c client, repo, tag string, i image) {
	c.t.Helper()
	c.push(repo, tag, i)
}

// pullWithTools pulls an image for every platform, with its digests and layers
// verified by programs that share no code with this one.
func pullWithTools(c client, repo, reference string, i image) {
	c.t.Helper()
	separator := ":"
	if strings.Contains(reference, ":") {
		separator = "@"
	}
	remote := c.host + "/" + repo + separator + reference
	if !i.skopeoRefuses {
		to := c.t.TempDir()
		command(c.t, programs.skopeo, "copy", "--insecure-policy", "--quiet", "--all",
			"--src-tls-verify=false", "docker://"+remote, "dir:"+to)
	}
	if !i.craneRefuses {
		command(c.t, programs.crane, "validate", "--remote", remote)
	}
}

// skopeoDirectory writes the image as skopeo's "dir:" transport has it: the one
// that leaves every byte of a manifest as it is.
func skopeoDirectory(t *testing.T, i image) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "version"), []byte("Directory Transport Version: 1.1\n"))
	write(t, filepath.Join(dir, "manifest.json"), i.manifest.data)
	for _, child := range i.children {
		write(t, filepath.Join(dir, hex(child.manifest)+".manifest.json"), child.manifest.data)
		for _, b := range child.blobs {
			write(t, filepath.Join(dir, hex(b)), b.data)
		}
	}
	for _, b := range i.blobs {
		write(t, filepath.Join(dir, hex(b)), b.data)
	}
	return dir
}

// ociLayout writes the image as the OCI's image layout.
func ociLayout(t *testing.T, i image) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, v1.ImageLayoutFile), encode(v1.ImageLayout{Version: v1.ImageLayoutVersion}))
	write(t, filepath.Join(dir, v1.ImageIndexFile), encode(v1.Index{
		Versioned: specs.Versioned{SchemaVersion: 2},
		Manifests: []v1.Descriptor{i.descriptor()},
	}))
	writeLayoutBlobs(t, filepath.Join(dir, "blobs", "sha256"), i)
	return dir
}

func writeLayoutBlobs(t *testing.T, dir string, i image) {
	t.Helper()
	for _, b := range append([]blob{i.manifest}, i.blobs...) {
		write(t, filepath.Join(dir, hex(b)), b.data)
	}
	for _, child := range i.children {
		writeLayoutBlobs(t, dir, child)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func hex(b blob) string { return strings.TrimPrefix(b.digest(), "sha256:") }
