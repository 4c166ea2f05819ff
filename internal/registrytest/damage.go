package registrytest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"regjanitor/internal/layout"
)

// A damage acts upon a target; operand is what followed "=", if anything.
type damage func(b *builder, t target, operand string) error

// damages by the kind of target that they suit, then by name.
var (
	anyDamages = map[string]damage{
		"missing":    func(b *builder, t target, _ string) error { return b.removeAll(t.file()) },
		"gone":       func(b *builder, t target, _ string) error { return b.removeAll(t.dir()) },
		"symlinked":  func(b *builder, t target, _ string) error { return b.moveOut(t.dir()) },
		"unreadable": makeUnreadable,
	}
	fileDamages = map[string]damage{
		"empty":     rewrite(func(old []byte) []byte { return nil }),
		"garbage":   rewrite(func(old []byte) []byte { return []byte("this is no digest and no JSON") }),
		"directory": special(func(at string) error { return os.Mkdir(at, 0o755) }),
		"fifo":      special(mkfifo),
		"socket":    special(makeSocket),
		"device":    special(makeDevice),
		"symlink":   func(b *builder, t target, _ string) error { return b.moveOut(t.file()) },
		"hardlink":  makeHardLink,
		"dirname":   renameDirectory,
	}
	linkDamages = map[string]damage{
		"newline":   rewrite(func(old []byte) []byte { return append(old, '\n') }),
		"spaces":    rewrite(func(old []byte) []byte { return append(old, " \t  "...) }),
		"huge":      rewrite(func(old []byte) []byte { return append(old, strings.Repeat("f", 2000)...) }),
		"uppercase": rewrite(capitals),
		"short":     rewrite(func(old []byte) []byte { return old[:len(old)/2] }),
		"to":        pointTo,
	}
	blobDamages = map[string]damage{
		"truncated":       rewrite(func(old []byte) []byte { return old[:len(old)/2] }),
		"corrupt":         rewrite(flip),
		"altered":         rewrite(func(old []byte) []byte { return append(old, '\n') }),
		"huge":            rewrite(func(old []byte) []byte { return append(old, strings.Repeat(" ", 5<<20)...) }),
		"lists":           listOthers,
		"inside":          moveInside,
		"symlinked-shard": func(b *builder, t target, _ string) error { return b.moveOut(path.Dir(t.dir())) },
	}
	tagDamages = map[string]damage{
		"no-current": without(layout.Current),
		"no-history": without(layout.Index),
	}
	repositoryDamages = map[string]damage{
		"no-layers":    without(layout.Layers),
		"no-manifests": without(layout.Manifests),
		"no-revisions": without(layout.Revisions),
		"no-tags":      without(layout.Tags),
	}
)

// damagesFor are those that suit a target.
func damagesFor(t target) []map[string]damage {
	switch {
	case t.kind == targetRepository:
		return []map[string]damage{anyDamages, repositoryDamages}
	case t.kind == "upload":
		return []map[string]damage{anyDamages, fileDamages}
	case t.kind == "blob":
		return []map[string]damage{anyDamages, fileDamages, blobDamages}
	case t.kind == "tag":
		return []map[string]damage{anyDamages, fileDamages, linkDamages, tagDamages}
	}
	return []map[string]damage{anyDamages, fileDamages, linkDamages}
}

// parseDamage reads TARGET HOW[=OPERAND].
func (s *Spec) parseDamage(words []string) (runner, error) {
	t, rest, err := s.parseTarget(words)
	if err != nil {
		return nil, err
	}
	if len(rest) != 1 {
		return nil, fmt.Errorf("expected one word of damage to %s", t)
	}
	how, operand, _ := strings.Cut(rest[0], "=")
	var known []string
	for _, damages := range damagesFor(t) {
		if do := damages[how]; do != nil {
			return func(b *builder) error {
				if err := do(b, t, operand); err != nil {
					return fmt.Errorf("damage %s %s: %w", t, rest[0], err)
				}
				return nil
			}, nil
		}
		for word := range damages {
			known = append(known, word)
		}
	}
	return nil, fmt.Errorf("unknown damage %q to %s (known: %s)", how, t, joined(known))
}

// rewrite changes what a file holds, and nothing else about it.
func rewrite(change func(old []byte) []byte) damage {
	return func(b *builder, t target, _ string) error {
		at := b.abs(t.file())
		old, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		return os.WriteFile(at, change(old), 0o644)
	}
}

// capitals is a digest in hex that no registry writes.
func capitals(old []byte) []byte {
	algorithm, hex, _ := strings.Cut(string(old), ":")
	return []byte(algorithm + ":" + strings.ToUpper(hex))
}

func flip(old []byte) []byte {
	if len(old) > 0 {
		old[len(old)/2] ^= 0xff
	}
	return old
}

// special puts something in place of a file that is none.
func special(create func(at string) error) damage {
	return func(b *builder, t target, _ string) error {
		if err := b.remove(t.file()); err != nil {
			return err
		}
		return create(b.abs(t.file()))
	}
}

// makeSocket leaves a socket that nobody listens to.
func makeSocket(at string) error { return unix.Mknod(at, unix.S_IFSOCK|0o644, 0) }

// makeDevice makes a /dev/null, for which one must be root.
func makeDevice(at string) error {
	return unix.Mknod(at, unix.S_IFCHR|0o644, int(unix.Mkdev(1, 3)))
}

// moveOut moves a file or directory out of the tree and leaves a symlink to it.
func (b *builder) moveOut(at string) error {
	far, err := b.far(at)
	if err != nil {
		return err
	}
	if err := os.Rename(b.abs(at), far); err != nil {
		return err
	}
	return os.Symlink(far, b.abs(at))
}

// moveInside moves a blob's directory elsewhere below blobs, and leaves a symlink.
func moveInside(b *builder, t target, _ string) error {
	to := layout.Blobs + "/moved-" + t.name
	if err := os.Rename(b.abs(t.dir()), b.abs(to)); err != nil {
		return err
	}
	return os.Symlink(b.abs(to), b.abs(t.dir()))
}

// makeHardLink gives a file a second name outside the tree.
func makeHardLink(b *builder, t target, _ string) error {
	far, err := b.far(t.file())
	if err != nil {
		return err
	}
	return os.Link(b.abs(t.file()), far)
}

// makeUnreadable takes all rights from a link or data file, or from a
// repository's directory. Root reads it all the same.
func makeUnreadable(b *builder, t target, _ string) error {
	if _, err := os.Lstat(b.abs(t.file())); err != nil {
		return err
	}
	b.chmodLast(b.abs(t.file()), fs.FileMode(0))
	return nil
}

// without removes one of the target's own directories.
func without(sub string) damage {
	return func(b *builder, t target, _ string) error { return b.removeAll(t.dir() + "/" + sub) }
}

// pointTo makes a link name another thing.
func pointTo(b *builder, t target, name string) error {
	other, err := b.spec.known(name)
	if err != nil {
		return err
	}
	return rewrite(func([]byte) []byte { return []byte(other.digest) })(b, t, "")
}

// listOthers makes a manifest an index of others, itself perhaps: the only way
// to a cycle, for which its hash must be wrong.
func listOthers(b *builder, t target, names string) error {
	var children []any
	for _, name := range strings.Split(names, ",") {
		child, err := b.spec.known(name)
		if err != nil {
			return err
		}
		media := child.media
		if media == "" {
			media = typePlain
		}
		children = append(children, descriptor(media, child.digest.String(), child.size))
	}
	index, err := object{
		{"schemaVersion", 2}, {"mediaType", mediaTypes[kindIndex]}, {"manifests", children},
	}.MarshalJSON()
	if err != nil {
		return err
	}
	return rewrite(func([]byte) []byte { return index })(b, t, "")
}

// renameDirectory spells a digest directory as no registry does.
func renameDirectory(b *builder, t target, how string) error {
	dir := path.Dir(t.file())
	if t.kind == "tag" || t.kind == "upload" {
		return fmt.Errorf("%s has no digest for a name", t)
	}
	parent, hex := path.Split(dir)
	to := ""
	switch how {
	case "upper":
		to = parent + strings.ToUpper(hex)
	case "short":
		to = parent + hex[:10]
	case "long":
		to = parent + hex + "00"
	case "algorithm":
		to = strings.Replace(dir, "/sha256/", "/sha999/", 1)
	default:
		return fmt.Errorf("dirname=%s (known: upper, short, long, algorithm)", how)
	}
	if err := b.mkdir(path.Dir(to)); err != nil {
		return err
	}
	return os.Rename(b.abs(dir), b.abs(to))
}
