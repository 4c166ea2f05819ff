package inventory

import (
	"context"
	"strings"
	"sync"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// Changed looks again at every directory that was listed and at every tag's
// current link, and returns the first path that is not as it was: a registry is
// writing. Uploads may come and go, for the registry purges them even when it is
// read-only.
func (inv *Inventory) Changed(ctx context.Context, root store.Dir, jobs int) (string, error) {
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
	c := newCrew(ctx, jobs)
	c.each(len(inv.Folders), func(i int) error {
		if folder := inv.Folders[i]; !strings.Contains(folder.Path, "/"+layout.Uploads) {
			look(folder.Path, folder.Stamp, folder.CTime)
		}
		return nil
	}, nil)
	for _, r := range inv.Repositories {
		c.each(len(r.Tags), func(i int) error {
			link := r.Tags[i].Current
			if link.Points() || link.State == LinkEmpty || link.State == LinkGarbled {
				look(layout.TagCurrent(r.Name, r.Tags[i].Name), link.Stamp, link.CTime)
			}
			return nil
		}, nil)
	}
	err := c.work()
	return first, err
}
