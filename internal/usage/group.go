package usage

import (
	"slices"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
)

// group are tags that keep the same things: to walk for each of them would be to walk
// the same way over and over.
type group struct {
	roots []ID
	tags  []*inventory.Tag
}

// groups enters a repository and groups its tags, without those that go with what
// they are about.
func (t *tally) groups(r int) (groups []group) {
	t.enter(r)
	attached, places := t.attach(t.stays), map[ID]int{}
	tags := t.inv.Repositories[r].Tags
	for i := range tags {
		if attached[i] {
			continue
		}
		target, points := tags[i].Current.Target, tags[i].Current.Points()
		at, met := places[target]
		if !points || !met {
			at = len(groups)
			groups = append(groups, group{roots: roots(tags[i])})
		}
		if points {
			places[target] = at
		}
		groups[at].tags = append(groups[at].tags, &tags[i])
	}
	return groups
}

// attach has tags that are about other manifests, as signatures are, go where these
// go, and tells which these are. A tag of which no subject stays is on its own.
func (w *walker) attach(stays func(revision int) bool) (attached []bool) {
	tags := w.inv.Repositories[w.repository].Tags
	subjects := make([][]ID, len(tags))
	for i := range tags {
		for _, d := range plan.Subjects(w.inv, &tags[i]) {
			id, met := w.inv.Digests.Lookup(d)
			if met && w.of(id).revision != 0 && stays(int(w.of(id).revision)-1) {
				subjects[i] = append(subjects[i], id)
			}
		}
	}
	w.tie(tags, subjects)
	var loops []int
	for i, tag := range tags {
		if len(subjects[i]) > 0 && w.leads(tag.Current.Target, subjects[i]) {
			loops = append(loops, i)
		}
	}
	for _, i := range loops {
		subjects[i] = nil
	}
	w.tie(tags, subjects)
	attached = make([]bool, len(tags))
	for i := range tags {
		attached[i] = len(subjects[i]) > 0
	}
	return attached
}

func (w *walker) tie(tags []inventory.Tag, subjects [][]ID) {
	w.attached = map[ID][]ID{}
	for i, tag := range tags {
		for _, subject := range subjects[i] {
			w.attached[subject] = append(w.attached[subject], tag.Current.Target)
		}
	}
}

// patience is how many manifests are walked through in search of tags that keep what
// they are about. Only who makes up signatures of signatures without end needs more.
const patience = 1 << 24

// leads tells whether a tag keeps itself what it is about, so that it stays when all
// else goes.
func (w *walker) leads(target ID, subjects []ID) bool {
	if w.steps > patience {
		return false
	}
	w.reach(target)
	return slices.ContainsFunc(subjects, func(id ID) bool { return w.met[id].manifest == w.round })
}
