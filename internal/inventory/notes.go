package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// unread notes why something could not be read or understood. It ends the scan
// where the process has run out of what it needs to read: that says nothing of
// the file, and it will be so with others.
func (s *scan) unread(path string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Unread[path] = err
	if store.Starved(err) {
		s.starved = cmp.Or(s.starved, err)
	}
}

func (s *scan) vanished(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Vanished = append(s.inv.Vanished, path)
}

func (s *scan) folder(path string, entries int, info store.Info) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Folders = append(s.inv.Folders, Folder{path, entries, StampOf(info), info.CTime})
}

func (s *scan) odd(o Oddity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Oddities = append(s.inv.Oddities, o)
}

// stray notes something that is not the registry's, which is kept.
func (s *scan) stray(repository, path string, e entry) {
	s.odd(Oddity{Code: "stray", Path: path, Repository: repository,
		Problem: fmt.Sprintf("a %s that is not the registry's", e.kind)})
}

// malformed notes a directory whose name is no digest, where one should be.
func (s *scan) malformed(repository, path string, err error) {
	s.odd(Oddity{Code: "digest-malformed", Path: path, Repository: repository, Problem: err.Error(), Doubt: true})
}

// temporary notes a leftover of the driver, if that is what the entry is.
func (s *scan) temporary(repository string, in *place, e entry) bool {
	if e.kind != store.Regular || !layout.IsTemporary(string(e.name)) {
		return false
	}
	path := in.below(e)
	info, err := again(func() (store.Info, error) { return in.Stat(string(e.name)) })
	if errors.Is(err, fs.ErrNotExist) {
		s.vanished(path)
		return true
	}
	if err != nil {
		s.unread(path, err)
		s.odd(Oddity{Code: "leftover-unreadable", Path: path, Repository: repository, Doubt: true,
			Problem: fmt.Sprintf("a temporary file that cannot be looked at: %v", cause(err))})
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Leftovers = append(s.inv.Leftovers, Leftover{path, repository, StampOf(info), info.Disk})
	return true
}
