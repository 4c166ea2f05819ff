package trash

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"syscall"

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
	return remove(shelf, strconv.Itoa(n))
}

// goneFor ends the name of what is being removed: half of a tag must not come back.
const goneFor = "gone"

// remove removes a name; a directory is renamed first, so that nobody takes what
// is left of it for the whole.
func remove(shelf store.Dir, name string) error {
	gone := name + "." + goneFor
	err := shelf.Unlink(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return removeAll(shelf, gone) // of a run that was killed
	}
	if !isDirectory(err) {
		return err
	}
	if renamed := shelf.Rename(name, shelf, gone); renamed != nil {
		return err
	}
	return removeAll(shelf, gone)
}

// removeAll removes a name with everything below it. That is right here alone:
// whatever lies here was moved here, and nothing else refers to it. A symbolic
// link is removed and not followed, and a mount is not crossed.
func removeAll(dir store.Dir, name string) error {
	err := dir.Unlink(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if !isDirectory(err) {
		return err
	}
	return removeInside(dir, name, removeAll)
}

// removeInside removes a directory, and what is in it by remove.
func removeInside(dir store.Dir, name string, remove func(store.Dir, string) error) error {
	below, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer below.Close()
	inside, err := names(below)
	for _, inner := range inside {
		if err == nil {
			err = remove(below, inner)
		}
	}
	if err == nil {
		err = dir.Rmdir(name)
	}
	return err
}

// isDirectory tells the failure to unlink a directory: systems have either word.
func isDirectory(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EPERM)
}

// leave removes what is left of a run of which nothing lies in the trash any more.
func (k *Kept) leave(storage store.Dir) error {
	if err := storage.Sync(); err != nil { // or the journal could go before what it is about
		return err
	}
	runs, err := storage.Open(Dir)
	if err != nil {
		return err
	}
	defer runs.Close()
	shelves, err := names(k.dir)
	if err != nil {
		return err
	}
	for _, name := range shelves {
		_, err := strconv.Atoi(name)
		switch {
		case err == nil:
			err = k.dir.Rmdir(name)
		case strings.HasPrefix(name, newFolder):
			err = removeFolders(k.dir, name)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
	for _, name := range []string{restoring, journal, unfinished} {
		if err := k.dir.Unlink(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := runs.Rmdir(k.ID); err != nil {
		return err
	}
	takeDown(storage)
	return nil
}

// removeFolders removes a directory that holds nothing but directories: some that
// were being made when a power loss came.
func removeFolders(dir store.Dir, name string) error {
	return removeInside(dir, name, removeFolders)
}

// takeDown removes the trash, if there is nothing in it.
func takeDown(storage store.Dir) {
	if above, err := storage.Open(home); err == nil {
		above.Rmdir(inside)
		above.Close()
		storage.Rmdir(home)
	}
}

func names(dir store.Dir) (all []string, err error) {
	err = dir.List(func(e store.Entry) error {
		all = append(all, string(e.Name))
		return nil
	})
	return all, err
}
