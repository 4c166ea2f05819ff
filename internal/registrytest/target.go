package registrytest

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

// A target is one thing of the tree, as the letters name it.
type target struct {
	kind   string // one of the targetWords, or "repository"
	repo   string
	tag    string // of a tag or a history entry; the name of an upload
	name   string // of a blob, layer, revision or history entry
	digest digest.Digest
}

const targetRepository = "repository"

var targetWords = []string{"layer", "revision", "tag", "history", "upload", "signature"}

// String is the target in letters.
func (t target) String() string {
	switch t.kind {
	case "blob":
		return "blob " + t.name
	case "tag", "upload":
		return t.repo + " " + t.kind + " " + t.tag
	case "history":
		return t.repo + " history " + t.tag + " " + t.name
	case targetRepository:
		return t.repo
	}
	return t.repo + " " + t.kind + " " + t.name
}

// dir is the target's directory, relative to v2.
func (t target) dir() string {
	switch t.kind {
	case "blob":
		return layout.Blob(t.digest)
	case "layer":
		return layout.Layer(t.repo, t.digest)
	case "revision":
		return layout.Revision(t.repo, t.digest)
	case "tag":
		return layout.Tag(t.repo, t.tag)
	case "history":
		return layout.TagIndexEntry(t.repo, t.tag, t.digest)
	case "upload":
		return layout.Upload(t.repo, uploadID(t.tag))
	case "signature":
		return layout.Revision(t.repo, t.digest) + "/" + layout.Signatures
	}
	return layout.Repository(t.repo)
}

// file is the target's link or data, relative to v2.
func (t target) file() string {
	switch t.kind {
	case "blob", "upload":
		return t.dir() + "/" + layout.Data
	case "tag":
		return layout.TagCurrent(t.repo, t.tag)
	case "signature":
		signature := digest.FromBytes(signatureBytes(t.name))
		return path.Join(t.dir(), signature.Algorithm().String(), signature.Encoded(), layout.Link)
	case targetRepository:
		return t.dir()
	}
	return t.dir() + "/" + layout.Link
}

// parseTarget reads a target off the front of words:
//
//	blob X | REPO layer X | REPO revision A | REPO tag T | REPO history T A |
//	REPO upload U | REPO signature A | REPO:T | REPO@A | REPO
func (s *Spec) parseTarget(words []string) (t target, rest []string, err error) {
	if len(words) == 0 {
		return t, nil, errors.New("a target is missing")
	}
	if len(words) > 1 && slices.Contains(targetWords, words[1]) {
		t, rest, err = cutLongTarget(words)
	} else {
		t, rest, err = cutShortTarget(words)
	}
	if err == nil && t.tag != "" {
		t.tag, err = s.tagName(t.tag)
	}
	if err != nil || t.name == "" {
		return t, rest, err
	}
	r, err := parseReference(t.name)
	if err != nil {
		return t, nil, err
	}
	if _, err = s.known(r.name); err != nil && t.kind != "layer" {
		return t, nil, err
	}
	t.digest, err = s.refDigest(r)
	return t, rest, err
}

// cutLongTarget reads the forms REPO WORD NAME...
func cutLongTarget(words []string) (target, []string, error) {
	t := target{repo: words[0], kind: words[1]}
	operands := 1
	if t.kind == "history" {
		operands = 2
	}
	if len(words) < 2+operands {
		return t, nil, fmt.Errorf("%s %s: %d more words expected", t.repo, t.kind, operands)
	}
	switch t.kind {
	case "tag", "upload":
		t.tag = words[2]
	case "history":
		t.tag, t.name = words[2], words[3]
	default:
		t.name = words[2]
	}
	return t, words[2+operands:], nil
}

// cutShortTarget reads blob NAME, REPO:TAG, REPO@NAME and REPO.
func cutShortTarget(words []string) (target, []string, error) {
	if words[0] == "blob" {
		if len(words) < 2 {
			return target{}, nil, errors.New("blob: a name is missing")
		}
		return target{kind: "blob", name: words[1]}, words[2:], nil
	}
	if repo, name, ok := strings.Cut(words[0], "@"); ok {
		return target{kind: "revision", repo: repo, name: name}, words[1:], nil
	}
	if repo, tag, ok := strings.Cut(words[0], ":"); ok {
		return target{kind: "tag", repo: repo, tag: tag}, words[1:], nil
	}
	return target{kind: targetRepository, repo: words[0]}, words[1:], nil
}

// uploadID is the UUID under which an upload of that name lies on disk.
func uploadID(name string) string {
	return uuidOf("upload " + name)
}

// uuidOf makes a version 4 UUID out of a text.
func uuidOf(text string) string {
	h := digest.FromString(text).Encoded()
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

// signatureBytes is the signature blob that belongs to a manifest.
func signatureBytes(name string) []byte {
	return []byte(`{"signature":"of manifest ` + name + `"}`)
}

// signatureName is the letter of that blob.
func signatureName(name string) string { return name + ".sig" }
