package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

// Entries are the actions of a plan as the trash's journal has them: action and
// entry bear the same number.
func Entries(root store.Dir, p *plan.Plan) trash.Entries {
	return trash.Entries{Len: len(p.Actions), All: func(yield func(trash.Entry, error) bool) {
		pulls := map[int32]*graph.Pull{}
		number := 0
		for stage, actions := range p.Stages() {
			for _, a := range actions {
				e, err := entry(root, p, a)
				e.Stage = stage
				if a.Kind == plan.Tag {
					e.Lacking = lacking(p.Inventory, pulls, a)
				}
				if err != nil {
					err = fmt.Errorf("look at %s, which is entry %d of the journal: %w", e.Path, number, err)
				}
				if !yield(e, err) {
					return
				}
				number++
			}
		}
	}}
}

func entry(root store.Dir, p *plan.Plan, a plan.Action) (trash.Entry, error) {
	item := p.Item(a)
	e := trash.Entry{
		Kind: item.Kind, Path: item.Path, Repository: item.Repository, Tag: item.Tag, Digest: item.Digest,
		Bytes: item.Bytes, Disk: item.Disk,
	}
	directory := item.Path
	switch a.Kind {
	case plan.Tag:
		e.History = len(p.Inventory.Repositories[a.Repository].Tags[a.At].History)
	case plan.TagIndexEntry:
		e.Path += "/" + layout.Link
		e.Needs = layout.TagCurrent(item.Repository, item.Tag)
	case plan.Revision:
		revision := p.Inventory.Repositories[a.Repository].Revisions[a.At]
		e.Path += "/" + layout.Link
		if len(revision.Signatures) > 0 {
			e.Beside = layout.Signatures
		}
		if revision.Link.Points() {
			e.Needs = dataOf(p.Inventory, revision.Link.Target)
		}
	case plan.LayerLink:
		e.Path += "/" + layout.Link
		e.Needs = dataOf(p.Inventory, p.Inventory.Repositories[a.Repository].Layers[a.At].Target)
	case plan.Blob:
		e.Path += "/" + layout.Data
	case plan.Leftover:
		directory = path.Dir(item.Path)
	}
	info, err := root.Stat(directory)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // and so it will not go
	}
	e.Owner = info.Owner
	return e, err
}

// dataOf is the file of a blob that is there.
func dataOf(inv *inventory.Inventory, id inventory.ID) string {
	if inv.Blob(id) == nil {
		return ""
	}
	return layout.BlobData(inv.Digests.Digest(id))
}

// lacking is what a pull of a doomed tag does not find now.
func lacking(inv *inventory.Inventory, pulls map[int32]*graph.Pull, a plan.Action) []digest.Digest {
	tag := inv.Repositories[a.Repository].Tags[a.At]
	if !tag.Current.Points() {
		return nil
	}
	if pulls[a.Repository] == nil {
		pulls[a.Repository] = graph.PullFrom(inv, int(a.Repository))
	}
	return trash.Digests(inv, pulls[a.Repository].Lacks(tag.Current.Target))
}
