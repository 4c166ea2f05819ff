package trash

import (
	"context"
	"errors"
	"io/fs"
	"strconv"

	"regjanitor/internal/store"
)

// Empty removes for good what a run has in the trash, in the order in which the
// run took it: one that is killed leaves what can still be restored.
func (k *Kept) Empty(ctx context.Context, storage store.Dir, opts Options) *Result {
	w := k.worker(ctx, opts, "emptying")
	for from := 0; from < len(k.Entries) && !w.over(); {
		to := from + 1
		for to < len(k.Entries) && k.Entries[to].Stage == k.Entries[from].Stage {
			to++
		}
		w.each(from, to, k.empty)
		from = to
	}
	return w.end(storage)
}

func (k *Kept) empty(n int) error {
	e := k.Entries[n]
	if e.IsDirectory() {
		return errNothing
	}
	shelf, err := k.dir.Open(shelfOf(n))
	if err != nil {
		return err
	}
	defer shelf.Close()
	if e.Beside != "" {
		if err := removeAll(shelf, besideName(n, e.Beside)); err != nil {
			return err
		}
	}
	return removeAll(shelf, strconv.Itoa(n))
}

// removeAll removes a name with everything below it. That is right here alone:
// whatever lies here was moved here, and nothing else refers to it. A symbolic
// link is removed and not followed, and a mount is not crossed.
func removeAll(dir store.Dir, name string) error {
	err := dir.Unlink(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	below, openErr := dir.Open(name)
	if openErr != nil {
		return err // of the file that it is
	}
	defer below.Close()
	var names []string
	err = below.List(func(e store.Entry) error {
		names = append(names, string(e.Name))
		return nil
	})
	for _, inner := range names {
		if err == nil {
			err = removeAll(below, inner)
		}
	}
	if err == nil {
		err = dir.Rmdir(name)
	}
	return err
}

// leave removes what is left of a run of which nothing lies in the trash any more.
func (k *Kept) leave(storage store.Dir) error {
	runs, err := storage.Open(Dir)
	if err != nil {
		return err
	}
	defer runs.Close()
	for from := 0; from < max(len(k.Entries), 1); from += shelf {
		if err := k.dir.Rmdir(shelfOf(from)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, name := range []string{journal, unfinished} {
		if err := k.dir.Unlink(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := runs.Rmdir(k.ID); err != nil {
		return err
	}
	if above, err := storage.Open(home); err == nil { // nor the rest, if this was the last
		above.Rmdir(inside)
		above.Close()
		storage.Rmdir(home)
	}
	return nil
}
