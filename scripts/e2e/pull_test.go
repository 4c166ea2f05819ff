package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go/v1"
)

// puller fetches images as crane does, by the library that crane is made of. That
// compares each digest with the bytes; the sizes are compared here.
type puller struct {
	*remote.Puller
	repo name.Repository
	met  map[string]bool // digests of manifests
}

// crane greets every repository once. It tries nothing twice: what registries answer
// here they answer for ever.
var crane = sync.OnceValue(func() *remote.Puller {
	p, err := remote.NewPuller(remote.WithRetryStatusCodes())
	must(err)
	return p
})

// pull fetches all that a tag needs, for every platform, and tells what is wrong
// with the first thing that it does not get whole. As docker and containerd do, it
// asks for the tag's digest, and then for what has that digest. Of what is absent
// on purpose nothing is asked.
func pull(c client, repo, tag string, absent ...image) error {
	c.t.Helper()
	at, err := name.NewRepository(c.host + "/" + repo)
	if err != nil {
		c.t.Fatal(err)
	}
	p := puller{crane(), at, map[string]bool{}}
	for _, i := range absent {
		p.met[i.digest()] = true
	}
	top, err := p.Head(context.Background(), at.Tag(tag))
	if err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	return p.manifest(v1.Descriptor{Digest: digest.Digest(top.Digest.String()), Size: top.Size})
}

func (p puller) manifest(d v1.Descriptor) error {
	if p.met[d.Digest.String()] {
		return nil
	}
	p.met[d.Digest.String()] = true
	got, err := p.Get(context.Background(), p.repo.Digest(d.Digest.String()))
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if int64(len(got.Manifest)) != d.Size {
		return fmt.Errorf("manifest %s: %d bytes instead of %d", d.Digest, len(got.Manifest), d.Size)
	}
	var m struct {
		Config            *v1.Descriptor
		Layers, Manifests []v1.Descriptor
		FSLayers          []struct{ BlobSum digest.Digest }
	}
	if err := json.Unmarshal(got.Manifest, &m); err != nil {
		return fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	for _, child := range m.Manifests {
		fetch := p.manifest
		if !isManifest(child) { // BuildKit's cache index lists layers
			fetch = p.blob
		}
		if err := fetch(child); err != nil {
			return err
		}
	}
	for _, layer := range m.FSLayers { // schema 1 knows no sizes
		m.Layers = append(m.Layers, v1.Descriptor{Digest: layer.BlobSum, Size: -1})
	}
	if m.Config != nil {
		m.Layers = append(m.Layers, *m.Config)
	}
	for _, layer := range m.Layers {
		if len(layer.URLs) > 0 { // to be had elsewhere
			continue
		}
		if err := p.blob(layer); err != nil {
			return err
		}
	}
	return nil
}

func (p puller) blob(d v1.Descriptor) error {
	layer, err := p.Layer(context.Background(), p.repo.Digest(d.Digest.String()))
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	content, err := layer.Compressed()
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer content.Close()
	size, err := io.Copy(io.Discard, content)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	if size != d.Size && d.Size >= 0 {
		return fmt.Errorf("blob %s: %d bytes instead of %d", d.Digest, size, d.Size)
	}
	return nil
}
