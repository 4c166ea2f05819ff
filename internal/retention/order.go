package retention

import (
	"cmp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// version is what a name says as a version: v?X.Y.Z and a suffix, which is all
// behind that.
type version struct {
	number [3]uint64
	suffix string
}

// parseVersion is strict: of 1.2, 1.02.3 and 1.2.3.4 nobody can say where they
// belong.
func parseVersion(name string) (version, bool) {
	bare := strings.TrimPrefix(name, "v")
	v, err := semver.StrictNewVersion(bare)
	if err != nil {
		return version{}, false
	}
	suffix := ""
	if at := strings.IndexAny(bare, "-+"); at >= 0 {
		suffix = bare[at:]
	}
	return version{number: [3]uint64{v.Major(), v.Minor(), v.Patch()}, suffix: suffix}, true
}

// arrange puts what a rule counts into its order, and into pools.
func (j *judgement) arrange(s *section, versions []version) {
	if s.rule.Order != BySemver {
		slices.SortFunc(s.tags, j.later)
		s.pools = []pool{{tags: s.tags}}
		return
	}
	slices.SortFunc(s.tags, func(a, b int32) int {
		v, w := &versions[a], &versions[b]
		return cmp.Or(
			slices.Compare(w.number[:], v.number[:]),
			cmp.Compare(min(len(v.suffix), 1), min(len(w.suffix), 1)), // a release before its variants
			Natural(j.tags[b].Name, j.tags[a].Name),
		)
	})
	place := map[string]int{}
	for _, i := range s.tags {
		suffix := versions[i].suffix
		at, there := place[suffix]
		if !there {
			at = len(s.pools)
			place[suffix] = at
			s.pools = append(s.pools, pool{suffix: suffix})
		}
		s.pools[at].tags = append(s.pools[at].tags, i)
	}
}

// later compares two tags for an order that begins with the latest.
func (j *judgement) later(a, b int32) int {
	return cmp.Or(
		j.verdicts[b].Time.Compare(j.verdicts[a].Time),
		Natural(j.tags[b].Name, j.tags[a].Name),
	)
}

// Natural compares names as people read them, pr-9 before pr-10: digits are numbers
// of any length. Unlike the libraries for it, it is a total order: of 1 and 01, and
// so of all that differs in zeros alone, the bytes decide, at the end.
func Natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// digits is how many of them a text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
