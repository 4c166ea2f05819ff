package why

import (
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/manifest"
)

// steps spell out the shortest way from a knot to what was searched for.
func (n *net) steps(at int32) []Step {
	steps := []Step{{Digest: n.digest(at), What: n.what(at, ""), By: ByRoot}}
	for n.far[at] > 0 {
		to := n.next[at]
		step := n.step(at, to)
		if before := steps[len(steps)-1]; step.By == ByAlias && n.knots[to].as != asManifest {
			step.What = before.What
		}
		steps = append(steps, step)
		at = to
	}
	return steps
}

func (n *net) digest(at int32) digest.Digest { return n.inv.Digests.Digest(n.knots[at].id) }

// step is how one knot leads to another.
func (n *net) step(from, to int32) Step {
	a, b := n.knots[from], n.knots[to]
	s := Step{Digest: n.digest(to)}
	if part, ok := n.part(a, b); ok {
		s.By, s.Number, s.Of, s.What = ByReference, part.number, part.of, n.what(to, part.what)
		return s
	}
	target, other := n.alias(a.id)
	switch {
	case n.isReferrer(a.id, b.id):
		s.By = BySubject
	case other && target == b.id:
		s.By = ByAlias
	case b.as == asManifest:
		s.By = ByMismatch
	default:
		s.By = BySignature
	}
	s.What = n.what(to, "")
	return s
}

func (n *net) isReferrer(subject, id inventory.ID) bool {
	for _, referrer := range n.referrers[subject] {
		if referrer == id {
			return true
		}
	}
	return false
}

// part is a reference among its like.
type part struct {
	what       string
	number, of int
}

// part finds the first of a manifest's references that leads to a knot.
func (n *net) part(from, to knot) (part, bool) {
	m := n.inv.Manifest(from.id)
	if from.as != asManifest || m == nil {
		return part{}, false
	}
	found, number := part{}, 0
	for _, ref := range m.References {
		if !ref.Config {
			number++
		}
		if ref.Digest != to.id || found.what != "" {
			continue
		}
		switch {
		case ref.Config:
			found.what = "config"
		case m.State != inventory.Sound:
			found.what = "mentioned"
		case m.IsIndex() || m.Kind == manifest.Artifact:
			found = part{"blob", number, 0}
		default:
			found = part{"layer", number, 0}
		}
	}
	if found.number > 0 {
		found.of = number
	}
	return found, found.what != ""
}

// what is the word for a knot: its own kind, or what it is to the one before.
func (n *net) what(at int32, part string) string {
	k := n.knots[at]
	if k.as != asManifest {
		if part == "" {
			return "blob"
		}
		return part
	}
	return manifestWord(n.inv.Manifest(k.id))
}

// manifestWord is the word for a manifest.
func manifestWord(m *inventory.Manifest) string {
	switch {
	case m == nil || m.State == inventory.Missing:
		return "manifest"
	case m.State != inventory.Sound:
		return "damaged manifest"
	}
	switch m.Kind {
	case manifest.Index, manifest.List:
		return "index"
	case manifest.Schema1, manifest.Artifact:
		return m.Kind.String()
	}
	return "image"
}

// moment is a time in nanoseconds, as the inventory has it.
func moment(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds).UTC()
}
