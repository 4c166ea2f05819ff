package sweep

import (
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// unchanged fails where a file is no longer the one that the scan saw. A zero
// stamp stands for any file.
func unchanged(dir store.Dir, name string, then inventory.Stamp) error {
	if then == (inventory.Stamp{}) {
		return nil
	}
	info, err := dir.Stat(name)
	if err == nil && inventory.StampOf(info) != then {
		return errChanged
	}
	return err
}

// unseen tells a link of which the scan has seen the directory only.
func (s *sweeper) unseen(at int) bool {
	switch a := s.plan.Actions[at]; a.Kind {
	case plan.TagIndexEntry:
		return true
	case plan.LayerLink:
		return !s.plan.Inventory.Repositories[a.Repository].Layers[a.At].Looked()
	}
	return false
}

// older fails where a file that the scan has not looked at was not there before
// the scan, or is none.
func (s *sweeper) older(dir store.Dir, name string) error {
	info, err := dir.Stat(name)
	began := s.plan.Inventory.Began
	switch {
	case err != nil:
		return err
	case info.Type != store.Regular:
		return store.ErrNotRegular
	case !began.IsZero() && info.CTime >= began.UnixNano():
		return errChanged
	}
	return nil
}

// onlyTemporaries tells a directory that holds nothing but what a killed
// registry left, which a later run finds.
func onlyTemporaries(dir store.Dir) bool {
	err := dir.List(func(e store.Entry) error {
		if e.Type != store.Regular || !layout.IsTemporary(string(e.Name)) {
			return errChanged
		}
		return nil
	})
	return err == nil
}
