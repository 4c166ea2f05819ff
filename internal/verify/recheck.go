package verify

import (
	"errors"
	"io/fs"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// Recheck looks at once more at what is damaged, for somebody may have been
// pushing while the tree was scanned: what has come since, or was written since,
// nobody can say is damaged.
func Recheck(root store.Dir, began, now time.Time, list []Damage) (damage, moving []Damage) {
	for _, d := range list {
		info, err := root.Stat(d.Path)
		is, gone := err == nil, errors.Is(err, fs.ErrNotExist)
		moved := is && (d.Code == Missing || info.MTime >= began.UnixNano() && info.MTime <= now.UnixNano()) ||
			gone && d.Code != Missing
		if d.Code == Dangling && !moved {
			_, err := root.Stat(layout.Revision(d.Repository, d.Digest) + "/" + layout.Link)
			moved = err == nil
		}
		if moved {
			moving = append(moving, d)
		} else {
			damage = append(damage, d)
		}
	}
	return damage, moving
}
