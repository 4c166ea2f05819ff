package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

func (s *scan) uploads(r *Repository, path string) error {
	return s.folders(path, func(in *place) error {
		for _, e := range in.entries {
			below := in.below(e)
			switch {
			case e.kind == store.Symlink:
				return symlinked(below)
			case e.kind != store.Directory || !layout.IsUploadID(string(e.name)):
				s.stray(r.Name, below, e)
			default:
				id := string(e.name)
				s.crew.later(func() error { return s.upload(r, path, id) })
			}
		}
		return nil
	})
}

// upload looks into one upload. The registry's own purger may remove it
// meanwhile, even in read-only mode, so that its going is not a sign of pushes.
func (s *scan) upload(r *Repository, path, id string) error {
	tree, err := s.tree(path + "/" + id)
	if err != nil || tree.gone {
		return err
	}
	upload := Upload{ID: id, Files: tree.files, Folders: tree.folders, Newest: tree.newest, Odd: tree.odd}
	for i, file := range tree.files {
		switch {
		case file.Path == layout.Data:
			upload.Bytes, upload.Disk = file.Stamp.Size, tree.disk[i]
		case file.Path == layout.StartedAt:
			at, err := s.startedAt(path+"/"+id+"/"+layout.StartedAt, file.Stamp)
			switch {
			case store.Starved(err):
				return err
			case errors.Is(err, fs.ErrNotExist): // somebody is removing it: it is his
				return nil
			case err != nil:
				s.odd(Oddity{Code: "upload-unreadable", Path: path + "/" + id, Repository: r.Name, Doubt: true,
					Problem: fmt.Sprintf("%s cannot be read, so the upload stays: %v", layout.StartedAt, cause(err))})
				return nil
			}
			upload.Newest = max(upload.Newest, at)
		case strings.HasPrefix(file.Path, layout.HashStates+"/"), layout.IsTemporary(file.Path):
		default:
			upload.Odd = file.Path
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Uploads = append(r.Uploads, upload)
	return nil
}

// startedAt is the time that a file holds, or 0.
func (s *scan) startedAt(path string, seen Stamp) (nanoseconds int64, err error) {
	data, info, err := read(s.root, path, linkLimit, nil)
	switch {
	case err == nil && StampOf(info) != seen:
		return 0, errors.New("has changed meanwhile")
	case errors.Is(err, store.ErrTooLarge):
		return 0, nil
	case err != nil:
		return 0, err
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(data)))
	if err != nil {
		return 0, nil
	}
	return at.UnixNano(), nil
}

// tree is a small directory with all that is in it. Paths are relative to it.
type tree struct {
	files   []File
	disk    []int64  // beside files: bytes allocated
	folders []string // deepest first, without itself
	newest  int64    // of the files: a directory is written to when one is removed
	odd     string   // something that is neither a file nor a directory
	gone    bool     // it vanished while it was looked at
}

func (s *scan) tree(path string) (*tree, error) {
	t := &tree{}
	err := s.grow(t, path, "")
	if errors.Is(err, fs.ErrNotExist) {
		t.gone = true
		return t, nil
	}
	return t, s.unseen(path, err)
}

// grow adds what is in the directory at path to the tree; prefix is what the
// paths in it begin with.
func (s *scan) grow(t *tree, path, prefix string) error {
	return s.visit(path, false, func(in *place) error {
		for _, e := range in.entries {
			below := prefix + string(e.name)
			switch e.kind {
			case store.Directory:
				if err := s.grow(t, in.below(e), below+"/"); err != nil {
					return err
				}
				t.folders = append(t.folders, below)
			case store.Regular:
				info, err := in.Stat(string(e.name))
				if err != nil {
					return err
				}
				t.newest = max(t.newest, info.MTime)
				t.files, t.disk = append(t.files, File{below, StampOf(info)}), append(t.disk, info.Disk)
			default:
				t.odd = below
			}
		}
		return nil
	})
}
