package sweep

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// remove carries out the action at this place of the plan; folder is the
// directory that item.Path lies in.
func (s *sweeper) remove(folder store.Dir, action plan.Action, at int, item plan.Item) error {
	name := path.Base(item.Path)
	repository := func() *inventory.Repository { return s.plan.Inventory.Repositories[action.Repository] }
	switch action.Kind {
	case plan.Tag:
		return s.tag(folder, repository().Tags[action.At], at, item)
	case plan.Revision:
		return s.leaf(folder, name, at, item, signatures(s.plan.Inventory, repository(), repository().Revisions[action.At].Digest))
	case plan.TagIndexEntry, plan.LayerLink, plan.Blob:
		return s.leaf(folder, name, at, item, content{})
	case plan.Upload:
		upload := repository().Uploads[action.At]
		return s.all(folder, name, at, item.Path, content{upload.Files, upload.Folders})
	case plan.Discarded:
		discarded := repository().Discarded[action.At]
		return s.all(folder, name, at, item.Path, content{discarded.Files, discarded.Folders})
	case plan.Leftover:
		if err := s.file(folder, name, at, item.Stamp); err != nil {
			return err
		}
		return s.vacated(path.Dir(item.Path))
	default:
		return folder.Rmdir(name)
	}
}

// leaf removes the directory of one link or one blob. In an old tree there are
// signatures beside a link: they go before it, for without it nobody finds them.
func (s *sweeper) leaf(folder store.Dir, name string, at int, item plan.Item, beside content) error {
	dir, err := folder.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	inside := contentOf(item.Kind)
	if len(beside.files) > 0 {
		if err := unchanged(dir, inside, item.Stamp); err != nil {
			return err
		}
		if err := s.signatures(dir, at, item.Path, beside); err != nil {
			return err
		}
	}
	unseen := s.unseen(at)
	if unseen && item.Kind == plan.LayerLink {
		if err := s.older(dir, inside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err = s.file(dir, inside, at, item.Stamp)
	if err != nil && (!unseen || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	err = rest(folder, dir, name, item.Path, content{})
	if item.Kind == plan.Revision && store.NotEmpty(err) {
		return rest(folder, dir, name, item.Path, unsigned)
	}
	return err
}

func (s *sweeper) signatures(dir store.Dir, at int, fullPath string, known content) error {
	if s.opts.Trash != nil {
		return s.opts.Trash.TakeBeside(dir, layout.Signatures, at)
	}
	if left := empty(dir, fullPath, known); left != nil {
		return left.err
	}
	return nil
}

// tag takes a tag out of the directory of tags, whole, and has it taken apart
// later: half removed in there it would be a tag that lost its link.
func (s *sweeper) tag(tags store.Dir, tag inventory.Tag, at int, item plan.Item) error {
	link := tag.Name + "/" + layout.Current + "/" + layout.Link
	if tag.Current.Points() && errors.Is(unchanged(tags, link, item.Stamp), errChanged) {
		return errChanged
	}
	if info, err := tags.Stat(tag.Name); err == nil && info.Type == store.Symlink {
		return store.ErrSymlink // which the look at its link has followed
	}
	if s.opts.Trash != nil {
		return s.opts.Trash.Take(tags, tag.Name, at)
	}
	discarded := layout.Discarded(item.Repository, s.opts.Run, tag.Name)
	manifests, err := s.root.Open(path.Dir(discarded))
	if err != nil {
		return err
	}
	defer manifests.Close()
	if err := tags.Rename(tag.Name, manifests, path.Base(discarded)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside = append(s.aside, at)
	return nil
}

// dismantle takes apart the tags that were set aside.
func (s *sweeper) dismantle() {
	var group errgroup.Group
	group.SetLimit(max(s.opts.Jobs, 1))
	for _, at := range s.aside {
		group.Go(func() error {
			defer s.caught(&at)
			action := s.plan.Actions[at]
			tag := s.plan.Inventory.Repositories[action.Repository].Tags[action.At]
			discarded := layout.Discarded(s.plan.Item(action).Repository, s.opts.Run, tag.Name)
			s.leftBehind(at, s.takeApart(discarded, history(s.plan.Inventory, tag)))
			return nil
		})
	}
	group.Wait()
	s.aside = nil
}

func (s *sweeper) takeApart(discarded string, known content) error {
	manifests, err := s.root.Open(path.Dir(discarded))
	if err != nil {
		return &remainder{discarded, err}
	}
	defer manifests.Close()
	dir, err := manifests.Open(path.Base(discarded))
	if err != nil {
		return &remainder{discarded, err}
	}
	defer dir.Close()
	return rest(manifests, dir, path.Base(discarded), discarded, known)
}

// all removes a directory whose content is known, if none of it has changed.
func (s *sweeper) all(folder store.Dir, name string, at int, fullPath string, known content) error {
	dir, err := folder.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, f := range known.files {
		if unchanged(dir, f.Path, f.Stamp) != nil {
			return errChanged
		}
	}
	if s.opts.Trash != nil {
		return s.opts.Trash.Take(folder, name, at)
	}
	return rest(folder, dir, name, fullPath, known)
}

// rest removes what is known of dir, and then dir itself from folder. What is
// left behind is a remainder: it refers to nothing any more.
func rest(folder, dir store.Dir, name, fullPath string, known content) error {
	if left := empty(dir, fullPath, known); left != nil {
		return left
	}
	err := folder.Rmdir(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || store.NotEmpty(err) && onlyTemporaries(dir) {
		return nil
	}
	return &remainder{fullPath, err}
}

// empty removes what is known of dir, and returns the first thing that stays.
func empty(dir store.Dir, fullPath string, known content) *remainder {
	for _, f := range known.files {
		if err := inside(dir, f.Path, func(d store.Dir, base string) error { return unlink(d, base, f.Stamp) }); err != nil {
			return &remainder{fullPath + "/" + f.Path, err}
		}
	}
	for _, f := range known.folders {
		if err := inside(dir, f, store.Dir.Rmdir); err != nil {
			return &remainder{fullPath + "/" + f, err}
		}
	}
	return nil
}

// inside calls f with the directory below dir that holds path; that path or its
// directory may be gone already.
func inside(dir store.Dir, name string, f func(store.Dir, string) error) error {
	if folder := path.Dir(name); folder != "." {
		below, err := dir.Open(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer below.Close()
		dir = below
	}
	if err := f(dir, path.Base(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// vacated removes the directory of a link or a blob that is gone, once the
// leftovers beside it are gone too; with either there still it stays.
func (s *sweeper) vacated(folder string) error {
	if _, planned := slices.BinarySearchFunc(s.plan.Inventory.Folders, folder, func(f inventory.Folder, path string) int {
		return strings.Compare(f.Path, path)
	}); planned {
		return nil
	}
	above, err := s.root.Open(path.Dir(folder))
	if err != nil {
		return err
	}
	defer above.Close()
	if err := above.Rmdir(path.Base(folder)); err != nil && !store.NotEmpty(err) && !errors.Is(err, fs.ErrNotExist) {
		return &remainder{folder, err}
	}
	return nil
}

// file removes the one file of an action, unless it is no longer the one that the
// scan saw.
func (s *sweeper) file(dir store.Dir, name string, at int, then inventory.Stamp) error {
	if s.opts.Trash == nil {
		return unlink(dir, name, then)
	}
	if err := unchanged(dir, name, then); err != nil {
		return err
	}
	return s.opts.Trash.Take(dir, name, at)
}

func unlink(dir store.Dir, name string, then inventory.Stamp) error {
	if err := unchanged(dir, name, then); err != nil {
		return err
	}
	return dir.Unlink(name)
}
