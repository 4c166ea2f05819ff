package trash

import (
	"fmt"
	"strings"

	"regjanitor/internal/layout"
)

// check refuses an entry that no run would have written after those before it.
func (e Entry) check(before []Entry) error {
	top, below, _ := strings.Cut(e.Path, "/")
	switch {
	case top != layout.Blobs && top != layout.Repositories || below == "":
		return fmt.Errorf("%w: %q is not in the tree", errJournal, e.Path)
	case len(before) > 0 && e.Stage < before[len(before)-1].Stage || e.Stage < 0:
		return fmt.Errorf("%w: it is out of order", errJournal)
	case strings.Contains(e.Beside, "/"):
		return fmt.Errorf("%w: %q is no name", errJournal, e.Beside)
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
