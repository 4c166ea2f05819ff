package inventory

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// Changed looks again at every directory that was listed and at every tag's
// current link, and returns the first path that is not as it was: a registry is
// writing. Uploads may come and go, for the registry purges them even when it is
// read-only.
func (inv *Inventory) Changed(ctx context.Context, root store.Dir, jobs int) (string, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(jobs, 1))
	var mu sync.Mutex
	var first string
	look := func(path string, then Stamp, ctime int64) {
		info, err := again(func() (store.Info, error) { return root.Stat(path) })
		if err == nil && StampOf(info) == then && info.CTime == ctime {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if first == "" || path < first {
			first = path
		}
	}
	for from := 0; from < len(inv.Folders); from += grain {
		group.Go(safely(func() error {
			for _, folder := range inv.Folders[from:min(from+grain, len(inv.Folders))] {
				if !strings.Contains(folder.Path, "/"+layout.Uploads) {
					look(folder.Path, folder.Stamp, folder.CTime)
				}
			}
			return ctx.Err()
		}))
	}
	for _, r := range inv.Repositories {
		for from := 0; from < len(r.Tags); from += grain {
			group.Go(safely(func() error {
				for _, tag := range r.Tags[from:min(from+grain, len(r.Tags))] {
					if state := tag.Current.State; tag.Current.Points() || state == LinkEmpty || state == LinkGarbled {
						look(layout.TagCurrent(r.Name, tag.Name), tag.Current.Stamp, tag.Current.CTime)
					}
				}
				return ctx.Err()
			}))
		}
	}
	err := group.Wait()
	return first, err
}
