package verify

import (
	"cmp"
	"slices"
	"strings"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// causeKey tells one cause from another within a repository.
type causeKey struct {
	fault graph.Fault
	at    inventory.ID
	layer bool
}

// The faults that only a judge finds.
const (
	badTag    graph.Fault = 100 + iota // at is the tag's place
	unlinked                           // a tag points to what the repository does not link
	noLayers                           // a repository has lost all its layer links
	missized                           // a blob is not as large as manifests say
	misstated                          // a manifest is wrong about the size of a sound blob
)

// cause is why steps of pulls come to nothing.
type cause struct {
	Damage
	steps     []graph.Step   // that it spoils
	manifests []inventory.ID // that it spoils the pull of
	tags      []int          // that it spoils themselves
	sized     bool           // the detail tells of a size
}

// blame notes that a step comes to nothing. Where all layer links are gone, that
// is one cause.
func (t *trial) blame(s graph.Step, found graph.Found) {
	key, describe := causeKey{found.Fault, found.At, found.Layer}, func() Damage { return t.describe(s, found) }
	if found.Fault == graph.NoLink && found.Layer && len(t.from.Layers) == 0 && t.inv.Blob(found.At) != nil {
		witness := layout.Layer(t.from.Name, t.inv.Digests.Digest(found.At)) + "/" + layout.Link
		key, describe = causeKey{fault: noLayers}, func() Damage { return t.layersMissing(witness) }
	}
	c := t.accuse(key, describe)
	c.steps = append(c.steps, s)
}

// accuse is the cause of this key, new if need be.
func (t *trial) accuse(key causeKey, describe func() Damage) *cause {
	c := t.causes[key]
	if c == nil {
		c = &cause{Damage: describe()}
		t.causes[key] = c
	}
	return c
}

// damage gives every cause the tags that it hits.
func (t *trial) damage() (list []Damage) {
	if len(t.causes) == 0 {
		return nil
	}
	up := t.upwards()
	for _, c := range t.causes {
		c.Repository = t.from.Name
		for _, i := range up.tags(c) {
			c.Tags = append(c.Tags, t.from.Tags[i].Name)
		}
		list = append(list, c.Damage)
	}
	slices.SortFunc(list, func(a, b Damage) int {
		return cmp.Or(slices.Compare(a.Tags, b.Tags), strings.Compare(a.Path, b.Path), strings.Compare(a.Detail, b.Detail))
	})
	return list
}

// upwards are the ways from what is damaged to the tags that need it. They are
// drawn only where there is damage.
type upwards struct {
	roots  map[inventory.ID][]int
	above  map[inventory.ID][]inventory.ID // manifests that list a manifest
	spoilt map[graph.Step][]inventory.ID   // manifests that need a spoilt step
}

func (t *trial) upwards() upwards {
	up := upwards{t.roots, map[inventory.ID][]inventory.ID{}, map[graph.Step][]inventory.ID{}}
	spoilt := map[graph.Step]bool{}
	for _, c := range t.causes {
		for _, s := range c.steps {
			spoilt[s] = true
		}
	}
	for _, id := range t.manifests {
		for _, ref := range t.inv.Manifest(id).References {
			s := graph.Step{Digest: ref.Digest, Manifest: ref.Manifest}
			if ref.Foreign {
				continue
			}
			if spoilt[s] {
				up.spoilt[s] = append(up.spoilt[s], id)
			}
			if t.pull.IsManifest(s) {
				up.above[s.Digest] = append(up.above[s.Digest], id)
			}
		}
	}
	return up
}

// tags are the places of those that a cause hits, in order.
func (up upwards) tags(c *cause) []int {
	tags := slices.Clone(c.tags)
	pending := slices.Clone(c.manifests)
	for _, s := range c.steps {
		if s.Manifest {
			tags = append(tags, up.roots[s.Digest]...)
		}
		pending = append(pending, up.spoilt[s]...)
	}
	met := map[inventory.ID]bool{}
	for len(pending) > 0 {
		id := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if met[id] {
			continue
		}
		met[id] = true
		tags = append(tags, up.roots[id]...)
		pending = append(pending, up.above[id]...)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
