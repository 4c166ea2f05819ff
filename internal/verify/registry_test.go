package verify_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/opencontainers/go-digest"
)

// registry serves a tree as registry 2 does, one file after the other, to a
// client that checks what it gets. It shares nothing with the program.
type registry struct {
	v2     string
	hashes bool // the client hashes layers too
}

type status int

const (
	ok      status = 200
	unknown status = 404
	broken  status = 500
)

var exactDigest = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)

// link follows the link in a directory below a repository.
func (r registry) link(repository string, parts ...string) (digest.Digest, status) {
	path := filepath.Join(append(append([]string{r.v2, "repositories", repository}, parts...), "link")...)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "", unknown
	case err != nil, !exactDigest.Match(data):
		return "", broken
	}
	return digest.Digest(data), ok
}

func leafOf(d digest.Digest) string {
	algorithm, hex, _ := strings.Cut(d.String(), ":")
	if inner, is := strings.CutPrefix(algorithm, "tarsum.v1+"); is {
		return filepath.Join("tarsum", "v1", inner, hex)
	}
	return filepath.Join(algorithm, hex)
}

func (r registry) blob(d digest.Digest) (data []byte, there bool) {
	data, err := os.ReadFile(filepath.Join(r.v2, "blobs", d.Algorithm().String(), d.Encoded()[:2], d.Encoded(), "data"))
	return data, err == nil
}

func (r registry) pullTag(repository, tag string) bool {
	d, s := r.link(repository, "_manifests", "tags", tag, "current")
	return s == ok && r.pull(repository, d, map[digest.Digest]bool{}) == ok
}

type descriptor struct {
	MediaType string
	Digest    digest.Digest
	BlobSum   digest.Digest
	Size      int64
	URLs      []string
}

// pull pulls a manifest with all that it needs.
func (r registry) pull(repository string, d digest.Digest, pulled map[digest.Digest]bool) status {
	if pulled[d] {
		return ok
	}
	pulled[d] = true
	target, s := r.link(repository, "_manifests", "revisions", leafOf(d))
	if s == unknown {
		target, s = r.link(repository, "_layers", leafOf(d))
	}
	if s != ok {
		if _, there := r.blob(d); there {
			return broken
		}
		return s
	}
	data, there := r.blob(target)
	if !there || digest.FromBytes(data) != d {
		return broken
	}
	var m struct {
		MediaType                          string
		SchemaVersion                      int
		Config                             *descriptor
		Layers, Manifests, Blobs, FsLayers []descriptor
	}
	if json.Unmarshal(data, &m) != nil || m.SchemaVersion == 0 || strings.Contains(m.MediaType, "artifact") {
		return broken
	}
	needed := append(append(append(m.Layers, m.Blobs...), m.FsLayers...), m.Manifests...)
	if m.Config != nil {
		needed = append(needed, *m.Config)
	}
	for _, ref := range needed {
		if !r.fetch(repository, ref, pulled) {
			return broken
		}
	}
	return ok
}

// fetch is good for what a sparse index lacks.
func (r registry) fetch(repository string, ref descriptor, pulled map[digest.Digest]bool) bool {
	d := ref.Digest + ref.BlobSum
	switch {
	case len(ref.URLs) > 0:
		return true
	case strings.Contains(ref.MediaType, "manifest") || strings.Contains(ref.MediaType, "index"):
		data, there := r.blob(d)
		return r.pull(repository, d, pulled) != broken && (!there || int64(len(data)) == ref.Size)
	}
	target, s := r.link(repository, "_layers", leafOf(d))
	if s == ok && target != d {
		if d.Algorithm() == "sha256" {
			return false
		}
		var last digest.Digest
		last, s = r.link(repository, "_layers", leafOf(target))
		if last != target {
			return false
		}
	}
	if s != ok {
		return false
	}
	data, there := r.blob(target)
	sized := ref.Size == 0 || int64(len(data)) == ref.Size
	return there && sized && (!r.hashes || digest.FromBytes(data) == target)
}
