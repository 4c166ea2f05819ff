package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
	"regjanitor/internal/trash"
)

// Entries are the actions of a plan as the trash's journal has them: action and
// entry bear the same number.
func Entries(ctx context.Context, root store.Dir, p *plan.Plan, jobs int) trash.Entries {
	return trash.Entries{Len: len(p.Actions), All: func(yield func(trash.Entry, error) bool) {
		pulls := map[int32]*graph.Pull{}
		for stage, actions := range p.Stages() {
			for few := range slices.Chunk(actions, most*max(jobs, 1)) {
				entries, err := look(ctx, root, p, few, jobs)
				for i, e := range entries {
					e.Stage = stage
					if e.Kind == plan.Tag {
						e.Lacking = lacking(p.Inventory, pulls, few[i])
					}
					if !yield(e, err) {
						return
					}
				}
			}
		}
	}}
}

// look makes the entries of some actions, which takes a look at the disk for each.
func look(ctx context.Context, root store.Dir, p *plan.Plan, actions []plan.Action, jobs int) ([]trash.Entry, error) {
	entries := make([]trash.Entry, len(actions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(jobs, 1))
	for from := 0; from < len(actions); from += most {
		group.Go(func() error {
			for i := from; i < min(from+most, len(actions)) && ctx.Err() == nil; i++ {
				var err error
				if entries[i], err = entry(root, p, actions[i]); err != nil {
					return fmt.Errorf("look at %s for the journal: %w", entries[i].Path, err)
				}
			}
			return ctx.Err()
		})
	}
	return entries, group.Wait()
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
		e.Needs = []string{layout.TagCurrent(item.Repository, item.Tag)}
	case plan.Revision:
		r := p.Inventory.Repositories[a.Repository]
		revision := r.Revisions[a.At]
		e.Path += "/" + layout.Link
		if ids := r.Signatures[revision.Digest]; len(ids) > 0 {
			e.Beside = layout.Signatures
			for _, id := range ids {
				e.Needs = append(e.Needs, dataOf(p.Inventory, id)...)
			}
		}
		if revision.Link.Points() {
			e.Needs = append(e.Needs, dataOf(p.Inventory, revision.Link.Target)...)
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

// dataOf is the file of a blob, if it is there.
func dataOf(inv *inventory.Inventory, id inventory.ID) []string {
	if inv.Blob(id) == nil {
		return nil
	}
	return []string{layout.BlobData(inv.Digests.Digest(id))}
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
	return trash.Digests(inv, pulls[a.Repository].Lacks(tag.Current.Target, nil))
}
