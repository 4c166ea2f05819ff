package registrytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"

	"regjanitor/internal/layout"
)

// Contents is everything on disk in letters, sorted: every file, every empty
// directory (with " (empty)" after it), and with a remark everything that is
// neither. An upload and the signatures of a revision are one line each.
//
// A repository without any file in its own directories is "team/app (empty)".
// The directories blobs, repositories, _layers, _uploads and _manifests/tags
// are not listed when they are empty: they may stay.
func (t *Tree) Contents() []string {
	lines := map[string]bool{}
	entries := map[string]int{} // of a directory
	files := map[string]int{}   // below a directory
	remark := func(at, text string) { lines[t.letters(path.Join(t.Root, at))+text] = true }
	err := walk(t.Root, func(dir *os.Root, name, at string, info fs.FileInfo, err error) {
		parent := path.Dir(at)
		entries[parent]++
		files[parent] += files[at]
		switch {
		case info.Mode().IsRegular():
			files[parent]++
			lines[t.fileLetters(at)] = true
		case !info.IsDir():
			files[parent]++
			remark(at, t.oddity(dir, name, info))
		case err != nil:
			files[parent]++
			remark(at, " (unreadable)")
		case name == layout.Link || name == layout.Data:
			files[parent]++
			remark(at, " (directory)")
		case entries[at] == 0 && !scaffold(at):
			remark(at, " (empty)")
		}
		if info.IsDir() && layout.Reserved(name) && !layout.Reserved(path.Base(parent)) {
			files[parent] -= files[at] // counted for its repository alone, below
			files[parent+"/_"] += files[at]
			entries[parent+"/_"]++
		}
		if own := at + "/_"; entries[own] > 0 && files[own] == 0 {
			remark(at, " (empty)")
		}
	})
	if err != nil {
		lines[err.Error()] = true
	}
	return sorted(lines)
}

// fileLetters is letters for what is known to be a file: a file that is named
// as a repository or a tag could be is a stray.
func (t *Tree) fileLetters(at string) string {
	line := t.letters(path.Join(t.Root, at))
	rest, inside := strings.CutPrefix(at, layout.Prefix+"/")
	stray := strings.HasPrefix(rest, layout.Repositories+"/") && !strings.Contains(rest, "/_") ||
		strings.HasSuffix(path.Dir(rest), "/"+layout.Tags)
	if inside && stray {
		return printable(rest)
	}
	return line
}

// oddity says what an entry is that is neither file nor directory.
func (t *Tree) oddity(dir *os.Root, name string, info fs.FileInfo) string {
	switch kind := info.Mode().Type(); {
	case kind&fs.ModeSymlink != 0:
		to, err := dir.Readlink(name)
		if err != nil {
			return " -> ?"
		}
		to = strings.Replace(to, t.Outside, "outside", 1)
		return " -> " + printable(strings.Replace(to, t.V2+"/", "", 1))
	case kind&fs.ModeNamedPipe != 0:
		return " (fifo)"
	case kind&fs.ModeSocket != 0:
		return " (socket)"
	}
	return " (device)"
}

// scaffold tells directories that may stay when they are empty.
func scaffold(at string) bool {
	rest, inside := strings.CutPrefix(at, layout.Prefix+"/")
	if !inside {
		return false
	}
	if rest == layout.Blobs || rest == layout.Repositories {
		return true
	}
	for _, own := range []string{layout.Layers, layout.Tags, layout.Uploads} {
		if strings.HasSuffix(rest, "/"+own) {
			return true
		}
	}
	return false
}

func sorted(lines map[string]bool) []string {
	all := make([]string, 0, len(lines))
	for line := range lines {
		all = append(all, line)
	}
	sort.Strings(all)
	return all
}

// Snapshot maps every path below Root, relative to it, and below Outside, with
// "outside/" before it, to type, mode, size, modification time and the hash of
// the bytes: a comparison shows whether anything was written. Two trees of one
// spec have the same, as long as no symlink lies in them.
func (t *Tree) Snapshot() map[string]string {
	all := map[string]string{}
	for prefix, top := range map[string]string{"": t.Root, "outside": t.Outside} {
		err := walk(top, func(dir *os.Root, name, at string, info fs.FileInfo, _ error) {
			all[path.Join(prefix, at)] = fmt.Sprintf("%s %d %s %s",
				info.Mode(), info.Size(), info.ModTime().UTC().Format("2006-01-02T15:04:05.999999999Z"), fingerprint(dir, name, info))
		})
		if err != nil {
			all[path.Join(prefix, ".")] = "missing"
		}
	}
	return all
}

// hashedAtMost keeps sparse blobs from being read; beyond it, size and time
// must do.
const hashedAtMost = 64 << 20

func fingerprint(dir *os.Root, name string, info fs.FileInfo) string {
	if info.Mode()&fs.ModeSymlink != 0 {
		to, _ := dir.Readlink(name)
		return to
	}
	if !info.Mode().IsRegular() || info.Size() > hashedAtMost {
		return "-"
	}
	file, err := dir.Open(name)
	if err != nil {
		return "unreadable"
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "unreadable"
	}
	return hex.EncodeToString(hash.Sum(nil))
}
