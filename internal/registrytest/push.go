package registrytest

import (
	"fmt"
	"os"

	"regjanitor/internal/layout"
)

// putBlob writes a blob's data, unless it is there: a registry never writes it twice.
func (b *builder) putBlob(t *thing) error {
	if b.world.blobs[t.digest] {
		return nil
	}
	b.world.blobs[t.digest] = true
	path := layout.BlobData(t.digest)
	if t.kind != kindSparse {
		return b.put(path, t.data)
	}
	if err := b.put(path, nil); err != nil {
		return err
	}
	if err := os.Truncate(b.abs(path), t.size); err != nil {
		return fmt.Errorf("write sparse file: %w", err)
	}
	return nil
}

// mount writes the layer links that an upload or mount of r leaves: two, where
// r does not name its blob by sha256.
func (b *builder) mount(repo string, r reference) error {
	t, err := b.spec.thing(r.name)
	if err != nil {
		return err
	}
	named, err := b.spec.refDigest(r)
	if err != nil {
		return err
	}
	if err := b.putLayerLink(repo, target{digest: named, name: b.spec.names[named]}, t); err != nil {
		return err
	}
	if named == t.digest {
		return nil
	}
	return b.putLayerLink(repo, target{digest: t.digest, name: t.name}, t)
}

func (b *builder) putLayerLink(repo string, at target, to *thing) error {
	at.kind, at.repo = "layer", repo
	r := b.world.repo(repo)
	r.layers[at.digest] = to.digest
	delete(r.emptied, at.String())
	return b.link(at.dir(), to.digest)
}

// upload is the blob half of a push: data, links, an _uploads that is empty again.
func (b *builder) upload(repo string, r reference) error {
	t, err := b.spec.thing(r.name)
	if err != nil {
		return err
	}
	if err := b.mkdir(layout.Repository(repo) + "/" + layout.Uploads); err != nil {
		return err
	}
	if err := b.putBlob(t); err != nil {
		return err
	}
	return b.mount(repo, r)
}

// A push is what one push statement does.
type push struct {
	repo     string
	inLayers bool // registry 2.1: manifest links lie in _layers
}

// manifest pushes t by digest, after all that it brings along.
func (p push) manifest(b *builder, t *thing) error {
	for _, r := range t.refs {
		if !r.pushed() {
			continue
		}
		if !b.spec.toManifest(r) {
			if err := b.upload(p.repo, r); err != nil {
				return err
			}
			continue
		}
		child, err := b.spec.thing(r.name)
		if err != nil {
			return err
		}
		if err := p.manifest(b, child); err != nil {
			return err
		}
	}
	if err := b.putBlob(t); err != nil {
		return err
	}
	at := target{kind: "revision", repo: p.repo, name: t.name, digest: t.digest}
	if p.inLayers {
		return b.putLayerLink(p.repo, at, t)
	}
	r := b.world.repo(p.repo)
	r.revisions[t.digest] = true
	delete(r.emptied, at.String())
	return b.link(at.dir(), t.digest)
}

// putTag points a tag to a manifest, after an entry in its history.
func (b *builder) putTag(repo, name string, t *thing) error {
	if err := b.putHistory(repo, name, t); err != nil {
		return err
	}
	b.world.repo(repo).tag(name).current = t.digest
	return b.put(layout.TagCurrent(repo, name), []byte(t.digest))
}

func (b *builder) putHistory(repo, name string, t *thing) error {
	b.world.repo(repo).tag(name).history[t.digest] = true
	return b.link(layout.TagIndexEntry(repo, name, t.digest), t.digest)
}

// untag removes a tag as the registry does: its whole directory.
func (b *builder) untag(repo, name string) error {
	delete(b.world.repo(repo).tags, name)
	return b.removeAll(layout.Tag(repo, name))
}

// unlink removes a link and leaves its directory, as every API delete does.
func (b *builder) unlink(t target) error {
	r := b.world.repo(t.repo)
	switch t.kind {
	case "revision":
		delete(r.revisions, t.digest)
	case "layer":
		delete(r.layers, t.digest)
	default:
		return fmt.Errorf("%s: only revisions and layers are deleted this way", t)
	}
	r.emptied[t.String()] = t.digest
	return b.remove(t.file())
}

// deleteManifest removes a revision's link, and the tags that point to it.
func (b *builder) deleteManifest(t target) error {
	if err := b.unlink(t); err != nil {
		return err
	}
	for name, tag := range b.world.repo(t.repo).tags {
		if tag.current != t.digest {
			continue
		}
		if err := b.untag(t.repo, name); err != nil {
			return err
		}
	}
	return nil
}
