package plan

import (
	"fmt"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/refusal"
)

// Protects tells of later actions whether something that stays, although it was
// planned to go, needs what they remove. Where it is damaged, so that nobody
// knows what it needs, that is all of its repository. A tag waits for those about
// what it keeps.
func (p *Plan) Protects(stay []Action) func(Action) bool {
	inhabited := map[int32]bool{}
	tags, revisions, layers := map[ref]bool{}, map[ref]bool{}, map[ref]bool{}
	sets := map[Kind]map[ref]bool{Tag: tags, Revision: revisions, LayerLink: layers}
	about := map[int32]uint16{} // by repository: the lowest level of a tag that stays, plus one
	for _, a := range stay {
		if least, any := about[a.Repository]; a.Kind == Tag && (!any || a.Level+1 < least) {
			about[a.Repository] = a.Level + 1
		}
		if set := sets[a.Kind]; set != nil {
			set[ref{int(a.Repository), int(a.At)}] = true
		}
		if a.Kind == Tag || a.Kind == Revision {
			inhabited[a.Repository] = true
		}
	}
	g := graph.Mark(p.Inventory, graph.Roots{
		Tag:      func(r, i int) bool { return tags[ref{r, i}] },
		Revision: func(r, i int) bool { return revisions[ref{r, i}] },
		Layer:    func(r, i int) bool { return layers[ref{r, i}] },
		Trace:    true,
		Pins:     true,
	})
	return func(a Action) bool {
		switch a.Kind {
		case Tag:
			least, any := about[a.Repository]
			return any && a.Level >= least
		case Revision:
			return g.Repositories[a.Repository].Revisions[a.At].Live()
		case LayerLink:
			return g.Repositories[a.Repository].Layers[a.At].Live()
		case Blob:
			return g.Blob(p.Inventory.Blobs[a.At].Digest).Live()
		case Directory, Repository:
			return inhabited[a.Repository] && isFrame(p.Inventory.Repositories[a.Repository].Name, p.Inventory.Folders[a.At].Path)
		}
		return false
	}
}

// Besides counts what another plan for the same inventory removes and this one
// does not.
func (p *Plan) Besides(other *Plan) Totals {
	type thing struct {
		kind                  Kind
		repository, at, entry int32
	}
	planned := make(map[thing]bool, len(p.Actions))
	for _, a := range p.Actions {
		planned[thing{a.Kind, a.Repository, a.At, a.Entry}] = true
	}
	var t Totals
	for _, a := range other.Actions {
		if !planned[thing{a.Kind, a.Repository, a.At, a.Entry}] {
			p.Count(&t, a)
		}
	}
	return t
}

// Saved is one action of a plan that was written down.
type Saved struct {
	Kind, Path string
	Stamp      inventory.Stamp
}

// Only restricts a fresh plan to a saved one. What the saved one holds has to
// be dead still and unchanged, else the tree has drifted and the run is refused;
// garbage that is new stays, and keeps what it refers to.
func (p *Plan) Only(saved []Saved) (*Plan, error) {
	wanted := make(map[string]Saved, len(saved))
	for _, s := range saved {
		wanted[s.Kind+" "+s.Path] = s
	}
	q := *p
	q.Actions, q.Planned = nil, Totals{}
	var found, rest []Action
	for _, a := range p.Actions {
		item := p.Item(a)
		key := item.Kind.String() + " " + item.Path
		was, ok := wanted[key]
		if !ok {
			rest = append(rest, a)
			continue
		}
		if was.Stamp != item.Stamp {
			return nil, drift(item.Path, "has changed")
		}
		delete(wanted, key)
		found = append(found, a)
	}
	for _, s := range wanted {
		if s.Kind != Directory.String() && s.Kind != Repository.String() {
			return nil, drift(s.Path, "is gone, or something needs it now")
		}
	}
	protected := p.Protects(rest)
	for _, a := range found {
		switch {
		case !protected(a):
			q.Actions = append(q.Actions, a)
			p.Count(&q.Planned, a)
		case a.Kind != Directory && a.Kind != Repository:
			return nil, drift(p.Item(a).Path, "is needed by something new")
		}
	}
	return &q, q.check()
}

func drift(path, what string) error {
	return refusal.New("drift", "make a new plan: regjanitor sweep -o PLAN",
		"the tree is not what the plan was made for: %s", fmt.Sprintf("%s %s", path, what))
}
