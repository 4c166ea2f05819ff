package registrytest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// rawArity is how many operands the statements take that write by path.
var rawArity = map[string][2]int{
	"file": {1, 2}, "dir": {1, 1}, "fifo": {1, 1}, "remove": {1, 1},
	"symlink": {2, 2}, "move": {2, 2}, "chmod": {2, 2}, "deep": {2, 2},
}

// parseRaw reads WORD PATH [OPERAND]; words has the statement's own name too.
func (s *Spec) parseRaw(words []string) (runner, error) {
	word, operands := words[0], words[1:]
	if n := rawArity[word]; len(operands) < n[0] || len(operands) > n[1] {
		return nil, fmt.Errorf("expected a path and %d more", n[1]-1)
	}
	at, err := s.expand(operands[0])
	if err != nil {
		return nil, err
	}
	operand := ""
	if len(operands) > 1 {
		operand = operands[1]
	}
	switch word {
	case "symlink", "move":
		if operand, err = s.expand(operand); err != nil {
			return nil, err
		}
	case "chmod":
		mode, err := strconv.ParseUint(operand, 8, 12)
		if err != nil {
			return nil, fmt.Errorf("%q is no mode", operand)
		}
		return func(b *builder) error {
			b.chmodLast(b.place(at), fs.FileMode(mode))
			return nil
		}, nil
	case "deep":
		n, err := strconv.Atoi(operand)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", operand)
		}
		return func(b *builder) error { return b.deep(b.place(at), n) }, nil
	}
	return func(b *builder) error { return b.raw(word, b.place(at), operand) }, nil
}

// place is where a raw path lies: below the storage root if it begins with a
// slash, else below v2.
func (b *builder) place(at string) string {
	if strings.HasPrefix(at, "/") {
		return b.atRoot(at)
	}
	return b.abs(at)
}

func (b *builder) raw(word, at, operand string) error {
	if word == "remove" {
		return b.removeAll(at)
	}
	if err := b.mkdir(path.Dir(at)); err != nil {
		return err
	}
	switch word {
	case "file":
		return b.put(at, []byte(operand))
	case "dir":
		return b.mkdir(at)
	case "fifo":
		return mkfifo(at)
	case "symlink":
		return b.symlink(at, operand)
	}
	to := b.place(operand)
	if err := b.mkdir(path.Dir(to)); err != nil {
		return err
	}
	return os.Rename(at, to)
}

// symlink points at to a path of the tree, or, for outside/…, beside it.
func (b *builder) symlink(at, to string) error {
	if rest, ok := strings.CutPrefix(to, "outside/"); ok {
		if err := os.MkdirAll(b.outside, 0o755); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
		to = path.Join(b.outside, rest)
	} else {
		to = b.place(to)
	}
	return os.Symlink(to, at)
}

func mkfifo(at string) error {
	if err := unix.Mkfifo(at, 0o644); err != nil {
		return fmt.Errorf("make fifo %s: %w", at, err)
	}
	return nil
}

// chmodLast changes a mode when nothing remains to be written below it.
func (b *builder) chmodLast(at string, mode fs.FileMode) {
	b.last = append(b.last, func() error { return os.Chmod(at, mode) })
}

// deep nests n directories of long names, and a file in the last, beyond what
// any path can name.
func (b *builder) deep(at string, n int) error {
	if err := b.mkdir(at); err != nil {
		return err
	}
	dir, err := os.OpenRoot(at)
	if err != nil {
		return err
	}
	name := strings.Repeat("deep", 50)
	for range n {
		err := dir.Mkdir(name, 0o755)
		if err == nil {
			var below *os.Root
			if below, err = dir.OpenRoot(name); err == nil {
				dir.Close()
				dir = below
			}
		}
		if err != nil {
			return errors.Join(err, dir.Close())
		}
	}
	return errors.Join(dir.WriteFile("file", []byte("deep down\n"), 0o644), dir.Close())
}

// expand replaces {TARGET} in a path by the target's directory.
func (s *Spec) expand(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		inside, after, ok := strings.Cut(rest, "}")
		if !ok {
			return "", fmt.Errorf("%q: a } is missing", text)
		}
		t, err := s.parseOne(strings.Fields(inside))
		if err != nil {
			return "", fmt.Errorf("{%s}: %w", inside, err)
		}
		b.WriteString(t.dir())
		text = after
	}
}
