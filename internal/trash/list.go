package trash

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// largestJournal bounds what is read of a journal: some millions of entries.
const largestJournal = 4 << 30

// Kept is what one run has in the trash.
type Kept struct {
	Header
	Entries []Entry
	There   []bool // of each entry, whether it or what goes with it lies in the trash

	dir store.Dir
}

// Close ends the use of what lies in the trash.
func (k *Kept) Close() { k.dir.Close() }

// IDs are those of all runs in the trash, the oldest first.
func IDs(storage store.Dir) ([]string, error) {
	runs, err := storage.Open(Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer runs.Close()
	var ids []string
	err = runs.List(func(e store.Entry) error {
		if e.Type == store.Directory && !layout.Foreign(string(e.Name)) {
			ids = append(ids, string(e.Name))
		}
		return nil
	})
	slices.Sort(ids)
	return ids, err
}

// Unfinished are the runs of which a part has been restored, and the rest could
// not; butTags leaves out those of which only tags are left.
func Unfinished(storage store.Dir, butTags bool) ([]string, error) {
	ids, err := IDs(storage)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, id := range ids {
		_, err := storage.Stat(Dir + "/" + id + "/" + restoring)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var kept *Kept
		if err == nil {
			kept, err = Open(storage, id)
		}
		if err != nil {
			return nil, err
		}
		if !butTags || !kept.onlyTags() {
			all = append(all, id)
		}
		kept.Close()
	}
	return all, nil
}

// onlyTags tells that all that lies here is tags, or what belongs to them.
func (k *Kept) onlyTags() bool {
	for n, e := range k.Entries {
		if k.There[n] && e.Kind != plan.Tag && e.Kind != plan.TagIndexEntry {
			return false
		}
	}
	return true
}

// Find is the one of these runs whose ID begins so.
func Find(ids []string, prefix string) (string, error) {
	var found []string
	for _, id := range ids {
		if id == prefix {
			return id, nil
		}
		if prefix != "" && strings.HasPrefix(id, prefix) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return "", &UnknownError{ID: prefix}
	case 1:
		return found[0], nil
	}
	return "", &UnknownError{prefix, found}
}

// UnknownError says that no run in the trash has this ID, or that several may
// have it.
type UnknownError struct {
	ID     string
	Others []string
}

func (e *UnknownError) Error() string {
	if len(e.Others) > 0 {
		return fmt.Sprintf("%q could be any of %s", e.ID, strings.Join(e.Others, ", "))
	}
	return fmt.Sprintf("nothing in the trash is called %q", e.ID)
}

// Open reads what a run has in the trash. A run that was killed before its
// journal was written has nothing there: it has no entries.
func Open(storage store.Dir, id string) (*Kept, error) {
	dir, err := storage.Open(Dir + "/" + id)
	if err != nil {
		return nil, err
	}
	k := &Kept{Header: Header{ID: id}, dir: dir}
	data, _, err := dir.Read(journal, largestJournal, nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = k.neverBegun()
	case err == nil:
		k.Header, k.Entries, err = decode(data)
		if err == nil && k.ID != id {
			err = errJournal
		}
	}
	if err == nil {
		err = k.look()
	}
	if err != nil {
		dir.Close()
		return nil, fmt.Errorf("read %s/%s/%s: %w", Dir, id, journal, err)
	}
	return k, nil
}

// neverBegun makes sure of a run without a journal that it has moved nothing.
func (k *Kept) neverBegun() error {
	shelves, err := names(k.dir)
	for _, name := range shelves {
		if _, notShelf := strconv.Atoi(name); err != nil || notShelf != nil {
			continue
		}
		err = list(k.dir, name, func(store.Entry) error { return errLost })
	}
	return err
}

var errLost = errors.New("is gone, and things that it was about are there")

// look finds what is there.
func (k *Kept) look() error {
	k.There = make([]bool, len(k.Entries))
	for from := 0; from < len(k.Entries); from += shelf {
		err := list(k.dir, shelfOf(from), func(e store.Entry) error {
			digits, more, _ := strings.Cut(string(e.Name), ".")
			n, err := strconv.Atoi(digits)
			if err == nil && n >= 0 && n < len(k.There) && (more == "" || more == goneFor || more == k.Entries[n].Beside) {
				k.There[n] = true
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Occupied is how many things have something in their place in the tree.
func (k *Kept) Occupied(v2 store.Dir) (n int) {
	for i, e := range k.Entries {
		if k.There[i] {
			if _, err := v2.Stat(e.Path); err == nil {
				n++
			}
		}
	}
	return n
}

// Total counts what lies there.
func (k *Kept) Total() (t plan.Totals) {
	for i, e := range k.Entries {
		if k.There[i] {
			e.count(&t)
		}
	}
	return t
}

func list(above store.Dir, name string, f func(store.Entry) error) error {
	dir, err := above.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.List(f)
}
