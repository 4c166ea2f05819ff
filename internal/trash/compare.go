package trash

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// compare tells what has been pushed again, and is the same, from what is newer.
// What a digest names has only one content, so that its size tells enough; a link
// or a tag is what it points to.
func compare(e Entry, shelf store.Dir, kept string, folder store.Dir, name string) error {
	switch e.Kind {
	case plan.Revision, plan.TagIndexEntry, plan.LayerLink:
		if same, err := sameLink(shelf, kept, folder, name); same || err != nil {
			return cmp.Or(err, errPresent)
		}
		return errTaken
	case plan.Blob:
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
		const link = "/" + layout.Current + "/" + layout.Link
		if same, err := sameLink(shelf, kept+link, folder, name+link); err == nil && same {
			return errPresent
		}
		if is, _, err := folder.Read(name+link, longest, nil); err == nil {
			return fmt.Errorf("%w: the tag points to %.80q", errTaken, is)
		}
	}
	return errTaken
}

// longest bounds what is read of a link, in bytes.
const longest = 1024

func sameLink(shelf store.Dir, kept string, folder store.Dir, name string) (bool, error) {
	was, _, wasErr := shelf.Read(kept, longest, nil)
	is, _, isErr := folder.Read(name, longest, nil)
	switch {
	case errors.Is(isErr, store.ErrNotRegular), errors.Is(isErr, store.ErrTooLarge), errors.Is(isErr, store.ErrSymlink):
		return false, nil
	case wasErr != nil || isErr != nil:
		return false, cmp.Or(wasErr, isErr)
	}
	return bytes.Equal(was, is), nil
}
