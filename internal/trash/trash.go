// Package trash moves aside what would otherwise be removed, and brings it back.
//
// Each run has a directory of its own below the storage root, beside the tree,
// where no registry looks:
//
//	.regjanitor/trash/<run>/
//	├── restoring        there while some of it is back, and some is not
//	├── journal          what the run set out to move, in the order of removal
//	└── <n>/<number>     what has been moved: the entry of this number in the journal
//
// The journal is complete and on the disk before the first thing is moved, and is
// never written to again. What has been moved is what lies there: so a kill at
// any moment leaves nothing to be mended, and restoring, which may be killed as
// well, can simply be done again.
//
// Its invariants: nothing is ever replaced; what is restored is there before what
// refers to it; no tag comes back that could not be pulled although it could when
// it went. It decides nothing about what goes: that is the plan's.
package trash

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"regjanitor/internal/store"
)

// Dir is where runs are, relative to the storage root.
const Dir = home + "/" + inside

const (
	home    = ".regjanitor"
	inside  = "trash"
	journal = "journal"

	// unfinished is the journal's name until all of it is on the disk: a run with
	// no other has moved nothing.
	unfinished = "journal.tmp"

	// restoring marks a run that is being restored, until nothing of it is left that
	// could not come back: what came back and waits for the rest is no garbage.
	restoring = "restoring"

	// shelf is how many things share one directory.
	shelf = 1 << 14
)

func shelfOf(number int) string { return strconv.Itoa(number / shelf) }

// Run is a run's place in the trash while it moves things there.
type Run struct {
	ID      string
	storage store.Dir
	runs    store.Dir
	dir     store.Dir
	shelves []store.Dir
}

// Begin makes a place for a run and writes its journal. Where it fails, it has
// left nothing behind, and nothing may be moved.
func Begin(storage store.Dir, header Header, entries Entries) (run *Run, err error) {
	info, err := storage.Stat("")
	if err != nil {
		return nil, err
	}
	owner := store.Owner{UID: info.Owner.UID, GID: info.Owner.GID, Mode: 0o700}
	var made []func() // undo, the last first
	defer func() {
		if err == nil {
			return
		}
		for i := len(made) - 1; i >= 0; i-- {
			made[i]()
		}
	}()
	enter := func(dir store.Dir, name string, shared bool) (store.Dir, error) {
		switch err := dir.Mkdir(name, owner); {
		case err == nil:
			made = append(made, func() { dir.Rmdir(name) })
		case !shared || !errors.Is(err, fs.ErrExist):
			return nil, err
		}
		below, err := dir.Open(name)
		if err == nil {
			made = append(made, func() { below.Close() })
		}
		return below, err
	}
	above, err := enter(storage, home, true)
	if err != nil {
		return nil, err
	}
	runs, err := enter(above, inside, true)
	if err != nil {
		return nil, err
	}
	dir, err := enter(runs, header.ID, false)
	if err != nil {
		return nil, err
	}
	run = &Run{ID: header.ID, storage: storage, runs: runs, dir: dir}
	made = append(made, func() { dir.Unlink(unfinished) })
	moves, err := writeJournal(dir, owner, header, entries)
	if err != nil {
		return nil, err
	}
	for n := 0; n <= (moves-1)/shelf; n++ {
		shelf, err := enter(dir, strconv.Itoa(n), false)
		if err != nil {
			return nil, err
		}
		run.shelves = append(run.shelves, shelf)
	}
	if err := dir.Rename(unfinished, dir, journal); err != nil {
		return nil, err
	}
	made = append(made, func() { dir.Unlink(journal) })
	if err := storage.Sync(); err != nil {
		return nil, err
	}
	above.Close()
	return run, nil
}

// Take moves a name of a directory into the trash as the entry of this number.
func (r *Run) Take(from store.Dir, name string, number int) error {
	return from.Rename(name, r.shelves[number/shelf], strconv.Itoa(number))
}

// TakeBeside moves what lies beside the thing of this number and goes with it.
func (r *Run) TakeBeside(from store.Dir, name string, number int) error {
	return from.Rename(name, r.shelves[number/shelf], besideName(number, name))
}

// End ends the moving, and takes the run's place down where nothing was moved.
func (r *Run) End() {
	empty := true
	for n, shelf := range r.shelves {
		shelf.Close()
		if r.dir.Rmdir(strconv.Itoa(n)) != nil {
			empty = false
		}
	}
	if empty && r.dir.Unlink(journal) == nil && r.runs.Rmdir(r.ID) == nil {
		takeDown(r.storage)
	}
	r.dir.Close()
	r.runs.Close()
}

func besideName(number int, name string) string { return fmt.Sprintf("%d.%s", number, name) }
