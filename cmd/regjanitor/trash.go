package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

// openStorage opens the directory that holds the trash.
func (s *session) openStorage() (err error) {
	s.storage, err = s.root.Above()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrOutside):
		return refusal.New("trash-unreachable", "the trash lies in the storage root, the directory that holds docker/registry/v2",
			"%s is not below a docker/registry, so there is no storage root beside it", s.v2)
	}
	return refusal.New("trash-unreachable", "docker/registry/v2 and the storage root have to be on one mount, or there can be no trash",
		"there is no place for a trash beside the tree: %v", err)
}

// refuseUnfinished refuses while something that was restored waits for the rest:
// what is not yet linked, or tagged, would be taken for garbage. A removal by name
// leaves what is untagged alone, and may be what a tag in the trash waits for.
func (s *session) refuseUnfinished(byName bool) error {
	storage, err := s.root.Above()
	if err != nil {
		return nil // where there is no place for a trash, none is
	}
	defer storage.Close()
	ids, err := trash.Unfinished(storage, byName)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR), errors.Is(err, store.ErrSymlink), errors.Is(err, store.ErrMount):
		return nil // nothing that could be restored from is there, or not by this user
	case err != nil:
		return refusal.New("trash-unreadable", "look at "+filepath.Join(s.root.StorageRoot(), trash.Dir), "whether something was restored in part cannot be seen: %v", err)
	case len(ids) > 0:
		return refusal.New("restore-unfinished", "finish it with regjanitor trash restore"+s.rootFlag()+" "+ids[0]+", or give up what is left with regjanitor trash empty"+s.rootFlag()+" "+ids[0],
			"%s has been restored in part, and what came back would be taken for garbage", ids[0])
	}
	return nil
}

// warnOfTrash tells of space that a look at the tree does not show.
func (s *session) warnOfTrash() {
	storage, err := s.root.Above()
	if err != nil {
		return
	}
	defer storage.Close()
	if ids, err := trash.IDs(storage); err == nil && len(ids) > 0 {
		s.warn("trash-not-empty", trash.Dir, report.Some(int64(len(ids)), "run")+" moved things there, which take up space: see regjanitor trash list")
	}
}

// beginTrash makes room for what a plan moves aside.
func (s *session) beginTrash(ctx context.Context, entries trash.Entries) (*trash.Run, error) {
	header := trash.Header{ID: s.runID, Command: s.command, Started: s.started.UTC().Truncate(time.Second)}
	run, err := trash.Begin(s.storage, header, entries)
	switch {
	case err == nil:
		return run, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case store.Full(err):
		hint := "free some space, or do without --trash: removing needs none"
		if s.command == "repair" {
			hint = "free a little space, with regjanitor sweep say, and repair again"
		}
		return nil, refusal.New("trash-no-space", hint, "there is no room for the trash's journal: %v", err)
	}
	return nil, refusal.New("trash-unwritable", "make the storage root writable, or do without --trash", "the trash cannot be prepared: %v", err)
}

// Run lists.
func (c *trashListCmd) Run(s *session) error {
	s.view = report.TrashOf(nil)
	if err := s.openTrash(true); err != nil {
		return err
	}
	defer s.root.Close()
	defer s.storage.Close()
	ids, err := s.runs()
	if err != nil {
		return err
	}
	var rows []report.TrashedRun
	for _, id := range ids { // one after the other: a journal may be large
		for _, kept := range s.openRuns([]string{id}) {
			rows = append(rows, report.RowOf(kept))
			kept.Close()
		}
	}
	list := report.TrashOf(rows)
	s.list(list, func(w io.Writer, paint report.Paint) {
		if len(list.Runs) > 0 {
			report.ListTrash(w, paint, list.Runs, s.started)
		}
	})
	if len(ids) == 0 {
		s.note("the trash is empty")
	}
	return nil
}

// openRuns reads what runs have in the trash. A journal that cannot be read is a
// failure, and nothing is done with what it is about.
func (s *session) openRuns(ids []string) (all []*trash.Kept) {
	for _, id := range ids {
		kept, err := trash.Open(s.storage, id)
		if err != nil {
			s.failures = append(s.failures, report.Failure{Code: "trash-unreadable", Path: trash.Dir + "/" + id, Error: fmt.Sprintf("%v; if nothing in it is wanted any more, remove %s by hand", err, filepath.Join(s.root.StorageRoot(), trash.Dir, id))})
			s.code = exitInDoubt
			continue
		}
		all = append(all, kept)
	}
	return all
}

// runs are those in the trash.
func (s *session) runs() ([]string, error) {
	ids, err := trash.IDs(s.storage)
	if err != nil {
		return nil, refusal.New("trash-unreadable", "run as root or as the registry's own user; the trash has to be a plain directory", "%v", err)
	}
	return ids, nil
}

func closeAll(runs []*trash.Kept) {
	for _, run := range runs {
		run.Close()
	}
}

func (s *session) openTrash(allowMounts bool) error {
	if err := s.open(allowMounts); err != nil {
		return err
	}
	return s.openStorage()
}
