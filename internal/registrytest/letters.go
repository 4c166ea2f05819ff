package registrytest

import (
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"regjanitor/internal/layout"
)

// Letters puts paths into the words of the spec, one for one: a blob's
// directory or data becomes "blob x", a layer link or its directory "team/app
// layer x", and so on (the package comment has the list). Paths may be
// absolute, relative to Root or relative to V2; one that has no word of its own
// stays a path relative to V2, or, outside of that, to Root with a slash before.
func (t *Tree) Letters(paths []string) []string {
	lines := make([]string, len(paths))
	for i, p := range paths {
		lines[i] = t.letters(p)
	}
	return lines
}

func (t *Tree) letters(p string) string {
	p, inside := t.relative(filepath.ToSlash(p))
	if inside {
		if word := t.word(strings.Split(strings.TrimSuffix(p, "/"), "/")); word != "" {
			return printable(word)
		}
	}
	return printable(p)
}

// relative is a path relative to V2 or, where it is not inside, to Root with a
// slash before it.
func (t *Tree) relative(p string) (rel string, inside bool) {
	if path.IsAbs(p) {
		rest, ok := strings.CutPrefix(p, filepath.ToSlash(t.Root)+"/")
		if !ok {
			return p, false
		}
		if p, ok = strings.CutPrefix(rest, layout.Prefix+"/"); !ok {
			return "/" + rest, false
		}
		return p, true
	}
	return strings.TrimPrefix(p, layout.Prefix+"/"), true
}

// printable escapes what a terminal or a golden file could not show.
func printable(line string) string {
	if utf8.ValidString(line) && strings.IndexFunc(line, unicode.IsControl) < 0 {
		return line
	}
	return strconv.Quote(line)
}

// word is the spec's word for a path, or "".
func (t *Tree) word(parts []string) string {
	switch parts[0] {
	case layout.Blobs:
		if len(parts) < 4 {
			return ""
		}
		name, rest, ok := t.leaf(append([]string{parts[1]}, parts[3:]...))
		if !ok || parts[2] != parts[3][:2] {
			return ""
		}
		return suffixed("blob "+name, rest, layout.Data)
	case layout.Repositories:
		for i := 1; i < len(parts); i++ {
			if layout.Reserved(parts[i]) {
				return t.ownWord(strings.Join(parts[1:i], "/"), parts[i:])
			}
		}
		if name := strings.Join(parts[1:], "/"); layout.ValidRepository(name) {
			return name
		}
	}
	return ""
}

// ownWord is word for what lies in a repository's own directories.
func (t *Tree) ownWord(repo string, parts []string) string {
	at := strings.Join(parts, "/")
	if rest, ok := strings.CutPrefix(at, layout.Layers+"/"); ok {
		return t.linkWord(repo+" layer ", rest)
	}
	if rest, ok := strings.CutPrefix(at, layout.Revisions+"/"); ok {
		parts := strings.Split(rest, "/")
		if len(parts) > 2 && parts[2] == layout.Signatures {
			return t.linkWord(repo+" signature ", strings.Join(parts[:2], "/"))
		}
		return t.linkWord(repo+" revision ", rest)
	}
	if rest, ok := strings.CutPrefix(at, layout.Tags+"/"); ok {
		return t.tagWord(repo, strings.Split(rest, "/"))
	}
	if rest, ok := strings.CutPrefix(at, layout.Uploads+"/"); ok {
		id, _, _ := strings.Cut(rest, "/")
		if name, ok := t.uploads[id]; ok {
			id = name
		} else if !layout.IsUploadID(id) {
			return ""
		}
		return repo + " upload " + id
	}
	return ""
}

func (t *Tree) linkWord(prefix, rest string) string {
	name, after, ok := t.leaf(strings.Split(rest, "/"))
	if !ok {
		return ""
	}
	return suffixed(prefix+name, after, layout.Link)
}

func (t *Tree) tagWord(repo string, parts []string) string {
	name := parts[0]
	if !layout.ValidTag(name) {
		return ""
	}
	name = t.tagWords(name)
	if len(parts) > 2 && parts[1] == layout.Index {
		return t.linkWord(repo+" history "+name+" ", strings.Join(parts[2:], "/"))
	}
	rest := parts[1:]
	if len(rest) > 0 && rest[0] == layout.Current {
		rest = rest[1:]
	}
	return suffixed(repo+" tag "+name, rest, layout.Link)
}

// leaf takes <alg>/<hex> or tarsum/<ver>/<alg>/<hex> off the front.
func (t *Tree) leaf(parts []string) (name string, rest []string, ok bool) {
	if len(parts) >= 4 && parts[0] == layout.Tarsum {
		d, err := layout.TarsumDigest(parts[1], parts[2], parts[3])
		return t.Name(d), parts[4:], err == nil
	}
	if len(parts) < 2 {
		return "", nil, false
	}
	d, err := layout.ParseLeaf(parts[0], parts[1])
	return t.Name(d), parts[2:], err == nil
}

// suffixed adds what lies beside or below the file that the word stands for.
func suffixed(word string, rest []string, file string) string {
	switch {
	case len(rest) == 0 || len(rest) == 1 && rest[0] == file:
		return word
	case len(rest) == 1 && layout.IsTemporary(rest[0]):
		return "temp " + word
	}
	return word + "/" + strings.Join(rest, "/")
}
