package trash

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"regjanitor/internal/layout"
)

// check refuses an entry that no run would have written after those before it.
func (e Entry) check(before []Entry) error {
	switch {
	case !inTree(e.Path):
		return fmt.Errorf("%w: %q is not in the tree", errJournal, e.Path)
	case slices.ContainsFunc(e.Needs, func(file string) bool { return !inTree(file) }):
		return fmt.Errorf("%w: %q are not in the tree", errJournal, e.Needs)
	case len(before) > 0 && e.Stage < before[len(before)-1].Stage || e.Stage < 0:
		return fmt.Errorf("%w: it is out of order", errJournal)
	case e.Beside != "" && e.Beside != layout.Signatures:
		return fmt.Errorf("%w: %q lies beside nothing", errJournal, e.Beside)
	case e.Owner.Mode > 0o7777 || e.Bytes < 0 || e.Disk < 0 || e.History < 0:
		return fmt.Errorf("%w: a number is out of range", errJournal)
	}
	for _, d := range e.Lacking {
		if _, err := layout.ParseReference(string(d)); err != nil {
			return err
		}
	}
	if e.Digest != "" {
		if _, err := layout.ParseReference(string(e.Digest)); err != nil {
			return err
		}
	}
	return nil
}

// inTree tells a plain path to something below blobs or repositories.
func inTree(name string) bool {
	top, below, _ := strings.Cut(name, "/")
	return name == path.Clean(name) && below != "" && (top == layout.Blobs || top == layout.Repositories)
}
