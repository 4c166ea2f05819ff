package verify

import (
	"cmp"
	"errors"
	"io/fs"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// Unsure is what looked like damage, and nobody can say whether it is.
type Unsure struct {
	Damage
	// Symlink: it is a link that a registry follows and this program does not;
	// else somebody has been writing meanwhile.
	Symlink bool
}

// Recheck looks at once more at what is damaged, for somebody may have been
// pushing while the tree was scanned.
func Recheck(root store.Dir, began, now time.Time, list []Damage) (damage []Damage, unsure []Unsure) {
	for _, d := range list {
		info, err := root.Stat(cmp.Or(d.witness, d.Path))
		since := info.MTime >= began.UnixNano() && info.MTime <= now.UnixNano()
		switch {
		case err == nil && info.Type == store.Symlink:
			unsure = append(unsure, Unsure{d, true})
		case err == nil && (d.Code == Missing || since), errors.Is(err, fs.ErrNotExist) && d.Code != Missing, d.Code == Dangling && d.linked(root):
			unsure = append(unsure, Unsure{d, false})
		default:
			damage = append(damage, d)
		}
	}
	return damage, unsure
}

// linked tells whether there is a link by now to what a tag points to.
func (d Damage) linked(root store.Dir) bool {
	_, err := root.Stat(layout.Revision(d.Repository, d.Digest) + "/" + layout.Link)
	return err == nil
}
