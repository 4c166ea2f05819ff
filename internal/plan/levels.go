package plan

import "regjanitor/internal/inventory"

// deepest is behind every other level.
const deepest = ^uint16(0) - 1

// levels puts doomed manifests behind the doomed ones that list them, layer links
// behind those whose content names them, and tags behind those that fall with them:
// of a run that was killed in between nobody could tell any more that these were
// to go. A cycle, which only a broken hash could make, gets a common last level.
func (b *builder) levels() {
	last := uint16(0)
	for _, round := range b.rounds {
		last = max(last, round)
	}
	l := leveller{inv: b.inv, actions: b.plan.Actions, doomed: make([]int32, b.inv.Digests.Len())}
	var revisions []int32 // of the repository in hand
	for i, a := range b.plan.Actions {
		switch a.Kind {
		case Tag:
			b.plan.Actions[i].Level = last - b.rounds[ref{int(a.Repository), int(a.At)}]
		case LayerLink:
			if layer := b.inv.Repositories[a.Repository].Layers[a.At]; layer.Target == layer.Digest {
				b.plan.Actions[i].Level = 1
			}
		case Revision:
			if len(revisions) > 0 && b.plan.Actions[revisions[0]].Repository != a.Repository {
				l.repository(revisions)
				revisions = revisions[:0]
			}
			revisions = append(revisions, int32(i))
		}
	}
	l.repository(revisions)
}

// leveller puts the doomed revisions of one repository after the other in order.
// They are known by their actions' places.
type leveller struct {
	inv     *inventory.Inventory
	actions []Action
	doomed  []int32 // by ID: the place of the action, plus one
	parents map[int32]int
}

func (l *leveller) repository(revisions []int32) {
	for _, i := range revisions {
		l.doomed[l.digest(i)] = i + 1
	}
	l.parents = map[int32]int{} // of those that have any
	for _, i := range revisions {
		l.children(i, func(child int32) { l.parents[child]++ })
	}
	if len(l.parents) > 0 {
		l.descend(revisions)
	}
	for _, i := range revisions {
		l.doomed[l.digest(i)] = 0
	}
}

func (l *leveller) descend(revisions []int32) {
	var ready []int32
	for _, i := range revisions {
		if l.parents[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		parent := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		l.children(parent, func(child int32) {
			level := &l.actions[child].Level
			*level = max(*level, min(l.actions[parent].Level+1, deepest))
			if l.parents[child]--; l.parents[child] == 0 {
				ready = append(ready, child)
			}
		})
	}
	for i, left := range l.parents {
		if left > 0 {
			l.actions[i].Level = deepest
		}
	}
}

func (l *leveller) digest(action int32) inventory.ID {
	a := l.actions[action]
	return l.inv.Repositories[a.Repository].Revisions[a.At].Digest
}

// children calls f with the doomed revisions that a doomed one lists.
func (l *leveller) children(parent int32, f func(child int32)) {
	m := l.inv.Manifest(l.digest(parent))
	if m == nil {
		return
	}
	for _, ref := range m.References {
		if child := l.doomed[ref.Digest]; child != 0 {
			f(child - 1)
		}
	}
}
