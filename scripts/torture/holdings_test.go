package torture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Paths below v2, of a digest sha256:<hex>.

func hexOf(digest string) string { return strings.TrimPrefix(digest, "sha256:") }

func blobData(digest string) string {
	return "blobs/sha256/" + hexOf(digest)[:2] + "/" + hexOf(digest) + "/data"
}

func layerLink(repo, digest string) string {
	return "repositories/" + repo + "/_layers/sha256/" + hexOf(digest) + "/link"
}

func revisionLink(repo, digest string) string {
	return "repositories/" + repo + "/_manifests/revisions/sha256/" + hexOf(digest) + "/link"
}

func tagLink(repo, tag string) string {
	return "repositories/" + repo + "/_manifests/tags/" + tag + "/current/link"
}

func historyLink(repo, tag, digest string) string {
	return "repositories/" + repo + "/_manifests/tags/" + tag + "/index/sha256/" + hexOf(digest) + "/link"
}

// holdings is a tree as a registry would read it.
type holdings struct {
	files    map[string]string // path below v2, and content
	broken   []string          // what a registry could not serve
	needed   map[string]bool   // by a tag, or by a manifest about something needed
	subjects map[string][]string
}

// resolve follows every link of a tree: each tag to its revision, each revision
// to its layers and children, each layer link to its blob. Whatever does not
// arrive is broken, garbage included: parents go before children, links before
// blobs.
func resolve(files map[string]string) *holdings {
	h := &holdings{files: files, needed: map[string]bool{}, subjects: map[string][]string{}}
	for p, digest := range h.files {
		repo, rest, _ := strings.Cut(strings.TrimPrefix(p, "repositories/"), "/_")
		switch {
		case path.Base(p) != "link":
		case strings.HasPrefix(rest, "layers/"):
			h.follow(p, blobData(digest), nil)
		case strings.HasPrefix(rest, "manifests/revisions/"):
			h.manifest(p, repo, digest, nil)
		}
	}
	for p, digest := range h.files {
		if repo, rest, _ := strings.Cut(strings.TrimPrefix(p, "repositories/"), "/_manifests/tags/"); rest != "" {
			tag, _, _ := strings.Cut(rest, "/")
			h.follow(p, tagLink(repo, tag), nil) // a history without it would be a ghost tag
			if path.Base(path.Dir(p)) == "current" {
				h.needed[p], h.needed[historyLink(repo, tag, digest)] = true, true
				h.follow(p, revisionLink(repo, digest), h.needed)
				h.manifest(p, repo, digest, h.needed)
			}
		}
	}
	return h
}

// follow notes that to has to be there because of from.
func (h *holdings) follow(from, to string, needed map[string]bool) {
	if _, there := h.files[to]; !there {
		h.broken = append(h.broken, from+" leads to "+to+", which is gone")
	}
	if needed != nil {
		needed[to] = true
	}
}

// manifest follows what a manifest refers to within a repository. What is needed
// and what is about it goes into needed, if there is such a set.
func (h *holdings) manifest(from, repo, digest string, needed map[string]bool) {
	data := h.files[blobData(digest)]
	h.follow(from, blobData(digest), needed)
	var m manifest
	sum := sha256.Sum256([]byte(data))
	if err := json.Unmarshal([]byte(data), &m); err != nil || hex.EncodeToString(sum[:]) != hexOf(digest) {
		h.broken = append(h.broken, fmt.Sprintf("%s leads to %s, which is no manifest of that digest: %v", from, digest, err))
		return
	}
	parts := m.Layers
	if m.Config != nil {
		parts = append(parts, *m.Config)
	}
	for _, part := range parts {
		h.follow(from, layerLink(repo, part.Digest), needed)
		h.follow(from, blobData(part.Digest), needed)
	}
	for _, child := range m.Manifests {
		h.follow(from, revisionLink(repo, child.Digest), needed)
		h.manifest(revisionLink(repo, child.Digest), repo, child.Digest, needed)
	}
	if needed == nil {
		if m.Subject != nil {
			about := repo + "@" + m.Subject.Digest
			h.subjects[about] = append(h.subjects[about], digest)
		}
		return
	}
	for _, referrer := range h.subjects[repo+"@"+digest] {
		needed[revisionLink(repo, referrer)] = true
		h.manifest(revisionLink(repo, referrer), repo, referrer, needed)
	}
}

// contents are all files below a directory.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	return filesOf(snapshot(t, dir))
}

// filesOf is a snapshot without its directories.
func filesOf(all map[string]string) map[string]string {
	files := maps.Clone(all)
	maps.DeleteFunc(files, func(p, _ string) bool { return strings.HasSuffix(p, "/") })
	return files
}

// snapshot is everything below a directory: files with their content, and
// directories, whose paths end in a slash.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		name := strings.TrimPrefix(p, dir+"/")
		if e.IsDir() {
			all[name+"/"] = ""
			return nil
		}
		if !e.Type().IsRegular() {
			all[name] = e.Type().String()
			return nil
		}
		content, err := os.ReadFile(p)
		all[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
