package registrytest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

// A builder writes one tree. Paths are relative to v2 unless they are absolute.
type builder struct {
	spec    *Spec
	world   *world
	v2      string
	outside string
	now     time.Time
	age     time.Duration // of what is being written
	stamps  map[string]time.Time
	last    []func() error // what must wait until all times are set
	uploads map[string]string
}

// Write builds the registry below dir, the storage root, which is created. Now
// is the moment from which ages are counted, and the time of everything that
// has no age of its own. What must lie outside the tree (the far end of a
// symlink, say) goes to dir with "-outside" appended.
func (s *Spec) Write(dir string, now time.Time) (*Tree, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find storage root: %w", err)
	}
	b := &builder{
		spec: s, world: newWorld(), now: now,
		v2:      filepath.Join(dir, filepath.FromSlash(layout.Prefix)),
		outside: dir + "-outside",
		stamps:  map[string]time.Time{},
		uploads: map[string]string{},
	}
	for _, sub := range []string{layout.Blobs, layout.Repositories} {
		if err := b.mkdir(sub); err != nil {
			return nil, err
		}
	}
	for _, st := range s.steps {
		b.age = 0
		if err := st.run(b); err != nil {
			return nil, fmt.Errorf("line %d: %w", st.line, err)
		}
	}
	if err := b.stampAll(dir); err != nil {
		return nil, err
	}
	for _, run := range b.last {
		if err := run(); err != nil {
			return nil, err
		}
	}
	return &Tree{Root: dir, V2: b.v2, Outside: b.outside, spec: s, world: b.world, uploads: b.uploads}, nil
}

// abs is the absolute path of a path relative to v2.
func (b *builder) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(b.v2, filepath.FromSlash(path))
}

func (b *builder) mkdir(path string) error {
	if err := os.MkdirAll(b.abs(path), 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	return nil
}

// put writes a file, with the directories above it.
func (b *builder) put(path string, data []byte) error {
	if err := b.mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.WriteFile(b.abs(path), data, 0o644); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	b.stamp(path)
	return nil
}

// stamp notes the age at hand as a path's.
func (b *builder) stamp(path string) {
	if b.age != 0 {
		b.stamps[b.abs(path)] = b.now.Add(-b.age)
		return
	}
	delete(b.stamps, b.abs(path))
}

func (b *builder) link(dir string, d digest.Digest) error {
	return b.put(dir+"/"+layout.Link, []byte(d))
}

// remove unlinks one file.
func (b *builder) remove(path string) error {
	if err := os.Remove(b.abs(path)); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	delete(b.stamps, b.abs(path))
	return nil
}

// removeAll removes a directory, which must be there.
func (b *builder) removeAll(path string) error {
	if _, err := os.Lstat(b.abs(path)); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	if err := os.RemoveAll(b.abs(path)); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}

// far is a fresh path outside the tree.
func (b *builder) far(name string) (string, error) {
	if err := os.MkdirAll(b.outside, 0o755); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	for n := 0; ; n++ {
		path := filepath.Join(b.outside, fmt.Sprintf("%s-%d", filepath.Base(name), n))
		if _, err := os.Lstat(path); os.IsNotExist(err) {
			return path, nil
		}
	}
}

// stampAll sets the times of everything written, files before their directories.
func (b *builder) stampAll(root string) error {
	for _, top := range []string{root, b.outside} {
		if _, err := os.Lstat(top); os.IsNotExist(err) {
			continue
		}
		err := walk(top, func(dir *os.Root, name, path string, info fs.FileInfo, _ error) {
			if info.Mode()&fs.ModeSymlink != 0 {
				return
			}
			when, ok := b.stamps[filepath.Join(top, path)]
			if !ok {
				when = b.now
			}
			// A thing that cannot be stamped keeps the time it has.
			_ = dir.Chtimes(name, when, when)
		})
		if err != nil {
			return fmt.Errorf("set times: %w", err)
		}
	}
	return nil
}
