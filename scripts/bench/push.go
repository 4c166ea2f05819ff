package main

import (
	"context"
	"fmt"
	"time"
)

var architectures = []string{"amd64", "arm64"}

// firstPush dates the images; only its being fixed matters.
var firstPush = time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC)

// A repoWriter plays all the pushes to one repository.
type repoWriter struct {
	tree   *tree
	shape  shape
	repo   int
	types  mediaTypes
	dir    repoDir
	counts counts
}

func (w *repoWriter) write(ctx context.Context) error {
	archs := architectures[:1]
	if w.shape.isMultiArch(w.repo) {
		archs = architectures
	}
	var err error
	if w.dir, err = w.tree.repository(repository(w.repo)); err != nil {
		return err
	}
	w.counts.repositories++
	if err := w.linkBases(archs); err != nil {
		return err
	}
	for push := range w.shape.pushes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.push(push, archs); err != nil {
			return err
		}
	}
	return nil
}

// linkBases links the layers of both bases the repository builds upon.
func (w *repoWriter) linkBases(archs []string) error {
	linked := make(map[digest]bool)
	for _, push := range []int{0, w.shape.pushes - 1} {
		for _, arch := range archs {
			for _, l := range w.shape.baseOf(w.repo, push, arch) {
				if linked[l.digest] {
					continue
				}
				linked[l.digest] = true
				if err := w.dir.linkLayer(l.digest); err != nil {
					return err
				}
				w.counts.layerLinks++
			}
		}
	}
	return nil
}

// push writes one push: an image, or an index and its images, then its tag.
// The tag's current link is written by its last push only, as the file would
// be overwritten anyway.
func (w *repoWriter) push(push int, archs []string) error {
	var children []descriptor
	for _, arch := range archs {
		image, err := w.image(push, arch)
		if err != nil {
			return err
		}
		d := image.descriptor(w.types.image)
		d.Platform = &platform{Architecture: arch, OS: "linux"}
		children = append(children, d)
	}
	revisions, head := 1, children[0].Digest
	if len(archs) > 1 {
		index, err := newIndex(w.types, children)
		if err != nil {
			return err
		}
		if err := w.manifest(index); err != nil {
			return err
		}
		w.counts.indexes++
		revisions, head = 1+len(children), index.digest
	}
	tag := fmt.Sprintf("1.%d.0", push%w.shape.tags)
	if push < w.shape.tags {
		if err := w.dir.makeTag(tag); err != nil {
			return err
		}
		w.counts.tags++
	}
	if push+w.shape.tags >= w.shape.pushes {
		if err := w.dir.setTag(tag, head); err != nil {
			return err
		}
		w.counts.tagged += revisions
	}
	w.counts.history++
	return w.dir.addHistory(tag, head)
}

// image writes an image on the base of its time with fresh layers, a fresh
// config and the links to all of them.
func (w *repoWriter) image(push int, arch string) (document, error) {
	layers := w.shape.baseOf(w.repo, push, arch)
	for i := range w.shape.layers {
		l := newLayer("layer %d %d %s %d", w.repo, push, arch, i)
		layers = append(layers, l)
		if err := w.tree.hole(l); err != nil {
			return document{}, err
		}
		if err := w.dir.linkLayer(l.digest); err != nil {
			return document{}, err
		}
		w.counts.layerBytes += l.size
		w.counts.layerLinks++
		w.counts.blobs++
	}
	label := fmt.Sprintf("%s#%d", repository(w.repo), push)
	config, err := newConfig(label, arch, firstPush.Add(time.Duration(push)*time.Hour), layers)
	if err != nil {
		return document{}, err
	}
	if err := w.document(config); err != nil {
		return document{}, err
	}
	if err := w.dir.linkLayer(config.digest); err != nil {
		return document{}, err
	}
	w.counts.layerLinks++
	image, err := newImage(w.types, config, layers)
	if err != nil {
		return document{}, err
	}
	return image, w.manifest(image)
}

func (w *repoWriter) manifest(d document) error {
	if err := w.document(d); err != nil {
		return err
	}
	w.counts.revisions++
	return w.dir.linkRevision(d.digest)
}

func (w *repoWriter) document(d document) error {
	w.counts.blobs++
	w.counts.manifestsBytes += len(d.bytes)
	return w.tree.blob(d)
}
