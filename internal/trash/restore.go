package trash

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"sync"
	"sync/atomic"

	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

var (
	errTaken    = errors.New("something newer is in its place")
	errPresent  = errors.New("is there again")
	errNothing  = errors.New("nothing was to be done")
	errPart     = errors.New("only a part of it is left, for trash empty was interrupted while it was at it")
	errDangling = errors.New("what it refers to is neither in the tree nor in the trash")
)

// Restore brings back what a run has in the trash, what is referred to before
// what refers to it, and makes that durable before the next.
func (k *Kept) Restore(ctx context.Context, storage, v2 store.Dir, opts Options) *Result {
	r := &restorer{worker: k.worker(ctx, opts, "restoring"), v2: v2, owners: map[string]store.Owner{}, whole: map[string]bool{}, taken: map[place]bool{}}
	for _, e := range k.Entries {
		switch e.Kind {
		case plan.Directory, plan.Repository:
			r.owners[e.Path] = e.Owner
		case plan.Tag, plan.Upload, plan.Discarded:
			r.whole[e.Path] = true
		}
	}
	if err := k.mark(storage); err != nil {
		r.stop(err)
	}
	before := plan.Repository
	for to := len(k.Entries); to > 0 && !r.over(); {
		from := to - 1
		for from > 0 && k.Entries[from-1].Stage == k.Entries[from].Stage {
			from--
		}
		kind := k.Entries[from].Kind
		if err := r.between(before, kind); err != nil {
			r.stop(err)
			break
		}
		if err := r.prepare(from, to); err != nil {
			r.stop(err)
			break
		}
		r.each(from, to, r.restore)
		before, to = kind, from
	}
	return r.end(storage)
}

// mark notes that a restore has begun.
func (k *Kept) mark(storage store.Dir) error {
	info, err := k.dir.Stat("")
	if err != nil {
		return fmt.Errorf("mark the run as being restored: %w", err)
	}
	owner := info.Owner
	owner.Mode = 0o600
	file, err := k.dir.Create(restoring, owner)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		err = storage.Sync()
	}
	if err != nil {
		return fmt.Errorf("mark the run as being restored: %w", err)
	}
	return nil
}

type restorer struct {
	*worker
	v2     store.Dir
	owners map[string]store.Owner // of directories that went
	whole  map[string]bool        // directories that went with all that was in them
	lacks  map[int]error          // of tags that could not be pulled

	made    atomic.Int64 // directories
	durable int64        // so many of them are
	mu      sync.Mutex
	taken   map[place]bool // where something else is
}

// between is what is due where the kind changes: blobs are durable before links
// to them are, and links before the tags.
func (r *restorer) between(before, now plan.Kind) error {
	if before == now || before < plan.TagIndexEntry || now > plan.LayerLink {
		return nil
	}
	if err := r.v2.Sync(); err != nil {
		return fmt.Errorf("make what was restored durable: %w", err)
	}
	if now != plan.Tag {
		return nil
	}
	var err error
	r.lacks, err = r.kept.incomplete(r.ctx, r.v2, r.opts.Jobs, r.taken)
	return err
}

// prepare makes the directories that a stage goes back to, and makes them durable
// where they are: what is moved into one by then cannot be somewhere else after a
// power loss. What fails here fails again when its turn comes.
func (r *restorer) prepare(from, to int) error {
	r.parallel(from, to, func(n int) {
		e := r.kept.Entries[n]
		if e.IsDirectory() || r.dangles(e) != nil {
			return
		}
		if dir, err := r.folderOf(e); err == nil {
			dir.Close()
		}
	})
	if r.made.Load() == r.durable {
		return nil
	}
	r.durable = r.made.Load()
	if err := r.v2.Sync(); err != nil {
		return fmt.Errorf("make directories durable: %w", err)
	}
	return nil
}

// dangles fails where what an entry needs is not there.
func (r *restorer) dangles(e Entry) error {
	for _, file := range e.Needs {
		_, err := r.v2.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			return errDangling
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *restorer) restore(n int) error {
	e := r.kept.Entries[n]
	switch {
	case e.IsDirectory():
		return r.directory(e)
	case e.Kind == plan.Upload && r.opts.LeaveUploads:
		return errNothing
	}
	if err := cmp.Or(r.dangles(e), r.lacks[n]); err != nil {
		return err
	}
	shelf, err := r.kept.dir.Open(shelfOf(n))
	if err != nil {
		return err
	}
	defer shelf.Close()
	folder, err := r.folderOf(e)
	if err != nil {
		return err
	}
	defer folder.Close()
	var beside error
	if e.Beside != "" {
		beside = shelf.Rename(besideName(n, e.Beside), folder, e.Beside)
		if errors.Is(beside, fs.ErrExist) {
			beside = errTaken
		}
	}
	err = r.back(e, shelf, strconv.Itoa(n), folder)
	switch {
	case err == nil || e.Beside != "" && errors.Is(err, fs.ErrNotExist): // it may have come back before
		if beside != nil && !errors.Is(beside, fs.ErrNotExist) {
			return beside
		}
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errPart
	case errors.Is(err, errTaken):
		if at, ok := placeOf(e); ok {
			r.mu.Lock()
			r.taken[at] = true
			r.mu.Unlock()
		}
	}
	return err
}

// back renames one thing to where it was.
func (r *restorer) back(e Entry, shelf store.Dir, kept string, folder store.Dir) error {
	name := path.Base(e.Path)
	err := shelf.Rename(kept, folder, name)
	if errors.Is(err, fs.ErrExist) && folder.Rmdir(name) == nil { // a registry's own removals leave empty directories
		err = shelf.Rename(kept, folder, name)
	}
	if errors.Is(err, fs.ErrExist) {
		return compare(e, shelf, kept, folder, name)
	}
	return err
}

func (r *restorer) directory(e Entry) error {
	for above := path.Dir(e.Path); above != "."; above = path.Dir(above) {
		if r.whole[above] {
			return errNothing // it comes back with that
		}
	}
	if _, err := r.v2.Stat(e.Path); err == nil {
		return errNothing
	}
	dir, err := r.folder(e.Path)
	if err != nil {
		return err
	}
	return dir.Close()
}

// folderOf is the directory that an entry goes back to, made again if need be.
func (r *restorer) folderOf(e Entry) (store.Dir, error) {
	switch e.Kind {
	case plan.Revision, plan.TagIndexEntry, plan.LayerLink, plan.Blob, plan.Leftover:
		return r.folderFor(path.Dir(e.Path), &e.Owner)
	}
	return r.folder(path.Dir(e.Path))
}

// folder opens a directory. Where it is gone it is made as it was, and where
// nobody knows how that is, like the one above it.
func (r *restorer) folder(at string) (store.Dir, error) { return r.folderFor(at, nil) }

func (r *restorer) folderFor(at string, owner *store.Owner) (store.Dir, error) {
	dir, err := r.v2.Open(at)
	if !errors.Is(err, fs.ErrNotExist) || at == "." {
		return dir, err
	}
	above, err := r.folder(path.Dir(at))
	if err != nil {
		return nil, err
	}
	defer above.Close()
	if known, ok := r.owners[at]; ok {
		owner = &known
	}
	if owner == nil {
		info, err := above.Stat("")
		if err != nil {
			return nil, err
		}
		owner = &info.Owner
	}
	if err := r.mkdir(above, path.Base(at), *owner); err != nil {
		return nil, err
	}
	return above.Open(path.Base(at))
}

// mkdir makes a directory in the trash and moves it to its place: a kill must not
// leave one there that is still nobody's but root's.
func (r *restorer) mkdir(above store.Dir, name string, owner store.Owner) error {
	var making string
	err := fs.ErrExist
	for errors.Is(err, fs.ErrExist) { // one may be left of a run that was killed
		making = fmt.Sprintf("%s%d", newFolder, r.made.Add(1))
		err = r.kept.dir.Mkdir(making, owner)
	}
	if err != nil {
		return err
	}
	err = r.kept.dir.Rename(making, above, name)
	if err != nil {
		r.kept.dir.Rmdir(making)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // made for another thing meanwhile
	}
	return err
}

// newFolder begins the name of a directory that is being made.
const newFolder = "new-"
