package inventory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"regjanitor/internal/layout"
	"regjanitor/internal/progress"
	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
)

// Options of a scan.
type Options struct {
	Jobs        int  // requests in flight at once, at least 1
	AllowMounts bool // the tree may span file systems
	// HistoryTimes: when tags pointed where has to be known, for rules of age.
	HistoryTimes bool
	// Manifests are read besides those that the tree leads to.
	Manifests []digest.Digest
	Observe   func(progress.Event) // may be nil
}

// Scan takes the inventory of the tree whose v2 directory is root.
func Scan(ctx context.Context, root store.Dir, opts Options) (*Inventory, error) {
	s := &scan{root: root, opts: opts, inv: &Inventory{Digests: newDigests(), ledTo: map[uint64]bool{}}}
	info, err := root.Stat("")
	if err != nil {
		return nil, err
	}
	s.device = info.Device
	if err := s.phase(ctx, "scanning", s.repositories, s.blobs); err != nil {
		return nil, err
	}
	s.inv.sort(s.found)
	if err := s.readManifests(ctx); err != nil {
		return nil, err
	}
	if err := s.phase(ctx, "looking inside", s.insides); err != nil {
		return nil, err
	}
	s.inv.sortFindings()
	return s.inv, nil
}

// phase runs tasks, and what these fork, until all have ended.
func (s *scan) phase(ctx context.Context, name string, tasks ...func() error) error {
	s.group, s.ctx = errgroup.WithContext(ctx)
	s.group.SetLimit(max(s.opts.Jobs, len(tasks)))
	s.meter = progress.NewMeter(s.opts.Observe, name, 0)
	defer s.meter.End()
	for _, task := range tasks {
		s.group.Go(safely(task))
	}
	return s.group.Wait()
}

// scan is one pass. What its tasks find goes into inv under mu, or into a place
// of a slice that is theirs alone.
type scan struct {
	ctx    context.Context
	root   store.Dir
	opts   Options
	device uint64
	group  *errgroup.Group
	meter  *progress.Meter

	mu    sync.Mutex
	inv   *Inventory
	found [][]Blob // by shard
}

// fork runs a task beside the caller if a place is free, and else right here.
func (s *scan) fork(task func() error) error {
	if s.group.TryGo(safely(task)) {
		return nil
	}
	return task()
}

// safely makes an error of a panic, which in a task of its own nobody else could
// catch.
func safely(task func() error) func() error {
	return func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("internal error while scanning: %v: please report this\n%s", r, debug.Stack())
			}
		}()
		return task()
	}
}

// grain is how many small files one task looks at.
const grain = 64

// spread runs f over 0 ≤ i < n, in parallel, and waits for all of it.
func (s *scan) spread(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for from := 0; from < n; from += grain {
		task := func() error {
			defer wg.Done()
			for i := from; i < min(from+grain, n); i++ {
				if err := s.ctx.Err(); err != nil {
					once.Do(func() { first = err })
					return err
				}
				if err := f(i); err != nil {
					once.Do(func() { first = err })
					return err
				}
			}
			s.meter.Add(min(grain, n-from))
			return nil
		}
		wg.Add(1)
		if err := s.fork(task); err != nil {
			break
		}
	}
	wg.Wait()
	return first
}

// entry is one name of a directory that has been listed.
type entry struct {
	name string
	kind store.Type
}

// visitor is what looks at a directory while it is open.
type visitor func(dir store.Dir, entries []entry) error

// visit opens the directory at path, lists it, and calls f. A watched directory
// is remembered as a Folder; it is looked at before it is listed, so that what
// comes between shows as a change.
func (s *scan) visit(path string, watched bool, f visitor) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	dir, err := again(func() (store.Dir, error) { return s.root.Open(path) })
	if err != nil {
		return err
	}
	defer dir.Close()
	var info store.Info
	if watched {
		if info, err = again(func() (store.Info, error) { return dir.Stat("") }); err != nil {
			return err
		}
	}
	entries, err := list(dir)
	if err != nil {
		return err
	}
	if watched {
		s.folder(path, len(entries), info)
	}
	return f(dir, entries)
}

func list(dir store.Dir) ([]entry, error) {
	return again(func() ([]entry, error) {
		var names []byte
		var ends []int
		var kinds []store.Type
		err := dir.List(func(e store.Entry) error {
			names = append(names, e.Name...)
			ends, kinds = append(ends, len(names)), append(kinds, e.Type)
			return nil
		})
		all, from := string(names), 0
		entries := make([]entry, len(ends))
		for i, end := range ends {
			entries[i] = entry{all[from:end], kinds[i]}
			from = end
		}
		return entries, err
	})
}

// again retries once what a network file system or a failing disk may get
// right at the second try.
func again[T any](f func() (T, error)) (T, error) {
	value, err := f()
	if store.Failing(err) || errors.Is(err, syscall.EINTR) {
		return f()
	}
	return value, err
}

// links visits a directory below repositories, which has to be seen in full: one
// that is gone shows that someone is writing, any other failure is a refusal,
// because roots may hide behind it.
func (s *scan) links(path string, f visitor) error { return s.seeAll(path, false, f) }

// folders is links for a directory that is to be watched.
func (s *scan) folders(path string, f visitor) error { return s.seeAll(path, true, f) }

func (s *scan) seeAll(path string, watched bool, f visitor) error {
	err := s.visit(path, watched, f)
	if errors.Is(err, fs.ErrNotExist) {
		s.vanished(path)
		return nil
	}
	return s.unseen(path, err)
}

// unseen turns the failure to list a directory into a refusal.
func (s *scan) unseen(path string, err error) error {
	var refused *refusal.Error
	switch {
	case err == nil, errors.As(err, &refused), s.ctx.Err() != nil, store.Starved(err):
		return err
	case errors.Is(err, store.ErrSymlink):
		return symlinked(path)
	case errors.Is(err, store.ErrMount):
		return mounted(path)
	}
	return refusal.New("unreadable-directory",
		"run as root or as the registry's own user; if the disk is failing, copy the tree first",
		"%s cannot be listed, and links that keep blobs may be in it: %v", path, cause(err))
}

func symlinked(path string) error {
	return refusal.New("symlink", "replace the link by what it points to, or mount that there and give --allow-mounts",
		"%s is a symbolic link: the registry follows it, this tool does not", path)
}

func mounted(path string) error {
	return refusal.New("mount", "if that is meant, give --allow-mounts", "%s is a mount point inside the tree", path)
}

// cause is an error without the path, for a message that has named it.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// isSpecial tells what opening a socket or a device without a driver fails with.
func isSpecial(err error) bool {
	return errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EOPNOTSUPP)
}

func (s *scan) vanished(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Vanished = append(s.inv.Vanished, path)
}

func (s *scan) folder(path string, entries int, info store.Info) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Folders = append(s.inv.Folders, Folder{path, entries, StampOf(info), info.CTime})
}

func (s *scan) odd(o Oddity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Oddities = append(s.inv.Oddities, o)
}

// stray notes something that is not the registry's, which is kept.
func (s *scan) stray(repository, path string, e entry) {
	s.odd(Oddity{Code: "stray", Path: path, Repository: repository,
		Problem: fmt.Sprintf("a %s that is not the registry's", e.kind)})
}

// malformed notes a directory whose name is no digest, where one should be.
func (s *scan) malformed(repository, path string, err error) {
	s.odd(Oddity{Code: "digest-malformed", Path: path, Repository: repository, Problem: err.Error(), Doubt: true})
}

// temporary notes a leftover of the driver, if that is what the entry is.
func (s *scan) temporary(repository string, dir store.Dir, path string, e entry) bool {
	if e.kind != store.Regular || !layout.IsTemporary(e.name) {
		return false
	}
	info, err := dir.Stat(e.name)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.Leftovers = append(s.inv.Leftovers, Leftover{path, repository, StampOf(info), info.Disk})
	return true
}
