package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// prefix is where the filesystem driver keeps everything, below the root.
const prefix = "docker/registry/v2"

// A tree is the storage of a registry being written, as its pushes would have
// left it.
type tree struct{ v2 string }

// newTree makes the frame of a tree in a directory that is new or empty.
func newTree(root string) (*tree, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty", root)
	}
	t := &tree{root + "/" + prefix}
	for shard := range 256 {
		if err := os.MkdirAll(fmt.Sprintf("%s/blobs/sha256/%02x", t.v2, shard), 0o777); err != nil {
			return nil, err
		}
	}
	return t, os.Mkdir(t.v2+"/repositories", 0o777)
}

// blob writes a document under its digest.
func (t *tree) blob(d document) error {
	return writeIn(t.blobDir(d.digest), "data", d.bytes, 0)
}

// hole writes a layer that takes no space.
func (t *tree) hole(l layer) error {
	return writeIn(t.blobDir(l.digest), "data", nil, l.size)
}

func (t *tree) blobDir(d digest) string {
	hex := d.hex()
	return t.v2 + "/blobs/sha256/" + hex[:2] + "/" + hex
}

// repository makes the frame of a repository, with the empty directory that
// finished uploads leave.
func (t *tree) repository(name string) (repoDir, error) {
	dir := repoDir(t.v2 + "/repositories/" + name)
	for _, sub := range []string{"_layers/sha256", "_uploads", "_manifests/revisions/sha256", "_manifests/tags"} {
		if err := os.MkdirAll(string(dir)+"/"+sub, 0o777); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// A repoDir is the directory of one repository.
type repoDir string

func (r repoDir) linkLayer(d digest) error {
	return r.link("_layers/sha256/"+d.hex(), d)
}

func (r repoDir) linkRevision(d digest) error {
	return r.link("_manifests/revisions/sha256/"+d.hex(), d)
}

func (r repoDir) makeTag(tag string) error {
	return os.MkdirAll(string(r)+"/_manifests/tags/"+tag+"/index/sha256", 0o777)
}

func (r repoDir) setTag(tag string, d digest) error {
	return r.link("_manifests/tags/"+tag+"/current", d)
}

func (r repoDir) addHistory(tag string, d digest) error {
	return r.link("_manifests/tags/"+tag+"/index/sha256/"+d.hex(), d)
}

func (r repoDir) link(dir string, d digest) error {
	return writeIn(string(r)+"/"+dir, "link", []byte(d.String()), 0)
}

// writeIn makes a directory with one file in it, of the given content and then
// at least of the given size. Neither may exist: a tree has no two writers of
// one thing. It calls the system directly because os.File would try to poll
// each of a million files.
func writeIn(dir, name string, content []byte, size int64) error {
	if err := unix.Mkdir(dir, 0o777); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	path := dir + "/" + name
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o666)
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	if len(content) > 0 {
		_, err = unix.Write(fd, content)
	}
	if err == nil && size > int64(len(content)) {
		err = unix.Ftruncate(fd, size)
	}
	if err := errors.Join(err, unix.Close(fd)); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
