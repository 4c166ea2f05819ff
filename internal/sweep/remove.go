package sweep

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// remove carries out one action; folder is the directory that item.Path lies in.
func (s *sweeper) remove(folder store.Dir, action plan.Action, item plan.Item) error {
	name := path.Base(item.Path)
	repository := func() *inventory.Repository { return s.plan.Inventory.Repositories[action.Repository] }
	switch action.Kind {
	case plan.Tag:
		return s.tag(folder, repository(), action, item)
	case plan.Revision:
		return leaf(folder, name, item, s.signatures(repository().Revisions[action.At]))
	case plan.TagIndexEntry, plan.LayerLink, plan.Blob:
		return leaf(folder, name, item, content{})
	case plan.Upload:
		upload := repository().Uploads[action.At]
		return all(folder, name, item.Path, content{upload.Files, upload.Folders})
	case plan.Discarded:
		discarded := repository().Discarded[action.At]
		return all(folder, name, item.Path, content{discarded.Files, discarded.Folders})
	case plan.Leftover:
		if err := file(folder, name, item.Stamp); err != nil {
			return err
		}
		return s.vacated(path.Dir(item.Path))
	default:
		return folder.Rmdir(name)
	}
}

// content is what a directory holds as far as it may go; folders deepest first.
// A zero stamp stands for any file.
type content struct {
	files   []inventory.File
	folders []string
}

// unsigned is what a run that was killed may have left of signatures.
var unsigned = content{folders: []string{layout.Signatures + "/sha256", layout.Signatures}}

// leaf removes the directory of one link or one blob. In an old tree there are
// signatures beside a link: they go before it, for without it nobody finds them.
func leaf(folder store.Dir, name string, item plan.Item, beside content) error {
	inside := layout.Link
	if item.Kind == plan.Blob {
		inside = layout.Data
	}
	dir, err := folder.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	if len(beside.files) > 0 {
		if err := unchanged(dir, inside, item.Stamp); err != nil {
			return err
		}
		if left := empty(dir, item.Path, beside); left != nil {
			return left.err
		}
	}
	err = file(dir, inside, item.Stamp)
	if err != nil && (item.Kind != plan.TagIndexEntry || !errors.Is(err, fs.ErrNotExist)) {
		return err // of a history entry, what the scan has seen is the directory
	}
	err = rest(folder, dir, name, item.Path, content{})
	if item.Kind == plan.Revision && isNotEmpty(err) {
		return rest(folder, dir, name, item.Path, unsigned)
	}
	return err
}

// tag sets a tag aside before it takes it apart: half removed, inside the
// directory of tags, it would be a tag that lost its link.
func (s *sweeper) tag(tags store.Dir, r *inventory.Repository, action plan.Action, item plan.Item) error {
	tag := r.Tags[action.At]
	link := tag.Name + "/" + layout.Current + "/" + layout.Link
	if tag.Current.Points() && errors.Is(unchanged(tags, link, item.Stamp), errChanged) {
		return errChanged
	}
	manifests, err := s.root.Open(path.Dir(layout.Discarded(r.Name, s.opts.Run, tag.Name)))
	if err != nil {
		return err
	}
	defer manifests.Close()
	aside := path.Base(layout.Discarded(r.Name, s.opts.Run, tag.Name))
	if err := tags.Rename(tag.Name, manifests, aside); err != nil {
		return err
	}
	dir, err := manifests.Open(aside)
	if err != nil {
		return &remainder{item.Path, err}
	}
	defer dir.Close()
	return rest(manifests, dir, aside, path.Dir(path.Dir(item.Path))+"/"+aside, s.history(tag))
}

// all removes a directory whose content is known, if none of it has changed.
func all(folder store.Dir, name, fullPath string, known content) error {
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
	return rest(folder, dir, name, fullPath, known)
}

// rest removes what is known of dir, and then dir itself from folder. What is
// left behind is a remainder: it refers to nothing any more.
func rest(folder, dir store.Dir, name, fullPath string, known content) error {
	if left := empty(dir, fullPath, known); left != nil {
		return left
	}
	err := folder.Rmdir(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || isNotEmpty(err) && onlyTemporaries(dir) {
		return nil
	}
	return &remainder{fullPath, err}
}

// empty removes what is known of dir, and returns the first thing that stays.
func empty(dir store.Dir, fullPath string, known content) *remainder {
	for _, f := range known.files {
		if err := inside(dir, f.Path, func(d store.Dir, base string) error { return file(d, base, f.Stamp) }); err != nil {
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
	if err := above.Rmdir(path.Base(folder)); err != nil && !isNotEmpty(err) && !errors.Is(err, fs.ErrNotExist) {
		return &remainder{folder, err}
	}
	return nil
}

// file removes one file, unless it is no longer the one that the scan saw.
func file(dir store.Dir, name string, then inventory.Stamp) error {
	if then != (inventory.Stamp{}) {
		if err := unchanged(dir, name, then); err != nil {
			return err
		}
	}
	return dir.Unlink(name)
}

func unchanged(dir store.Dir, name string, then inventory.Stamp) error {
	info, err := dir.Stat(name)
	if err == nil && inventory.StampOf(info) != then {
		return errChanged
	}
	return err
}

// onlyTemporaries tells a directory that holds nothing but what a killed
// registry left, which a later run finds.
func onlyTemporaries(dir store.Dir) bool {
	err := dir.List(func(e store.Entry) error {
		if e.Type != store.Regular || !layout.IsTemporary(string(e.Name)) {
			return errChanged
		}
		return nil
	})
	return err == nil
}

// signatures are the files below a revision of schema1.
func (s *sweeper) signatures(revision inventory.Revision) content {
	if len(revision.Signatures) == 0 {
		return content{}
	}
	return s.links(layout.Signatures, revision.Signatures)
}

// history is what a tag's directory holds.
func (s *sweeper) history(tag inventory.Tag) content {
	ids := make([]inventory.ID, len(tag.History))
	for i, entry := range tag.History {
		ids[i] = entry.Digest
	}
	known := s.links(layout.Index, ids)
	known.files = append(known.files, inventory.File{Path: layout.Current + "/" + layout.Link})
	known.folders = append(known.folders, layout.Current)
	return known
}

// links are the directories below top that hold one link each.
func (s *sweeper) links(top string, ids []inventory.ID) content {
	var known content
	var above []string
	for _, id := range ids {
		d := s.plan.Inventory.Digests.Digest(id)
		algorithm := top + "/" + d.Algorithm().String()
		dir := algorithm + "/" + d.Encoded()
		known.files = append(known.files, inventory.File{Path: dir + "/" + layout.Link})
		known.folders = append(known.folders, dir)
		if !slices.Contains(above, algorithm) {
			above = append(above, algorithm)
		}
	}
	known.folders = append(append(known.folders, above...), top)
	return known
}
