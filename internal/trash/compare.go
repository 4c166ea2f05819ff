package trash

import (
	"bytes"
	"errors"
	"fmt"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// compare tells what has been pushed again, and is the same, from what is newer.
// What a digest names has only one content, so that its size tells enough; of a
// tag it is what it points to.
func compare(e Entry, shelf store.Dir, kept string, folder store.Dir, name string) error {
	switch e.Kind {
	case plan.Revision, plan.TagIndexEntry, plan.LayerLink, plan.Blob:
		was, err := shelf.Stat(kept)
		if err != nil {
			return err
		}
		is, err := folder.Stat(name)
		if err != nil {
			return err
		}
		if is.Type == store.Regular && is.Size == was.Size {
			return errPresent
		}
		return fmt.Errorf("%w: a %s of %d bytes instead of %d", errTaken, is.Type, is.Size, was.Size)
	case plan.Tag:
		const link, most = layout.Current + "/" + layout.Link, 1024
		was, _, wasErr := shelf.Read(kept+"/"+link, most, nil)
		is, _, isErr := folder.Read(name+"/"+link, most, nil)
		if err := errors.Join(wasErr, isErr); err == nil && bytes.Equal(was, is) {
			return errPresent
		}
		if isErr == nil {
			return fmt.Errorf("%w: the tag points to %.80q", errTaken, is)
		}
	}
	return errTaken
}
