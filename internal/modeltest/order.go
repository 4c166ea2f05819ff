package modeltest

import (
	"math/big"
	"regexp"
	"strings"
)

// semantic is a version: three numbers, and what is behind them.
type semantic struct {
	numbers [3]*big.Int
	suffix  string
}

// versions are those that semver.org allows, with a v before them or not. Tags
// have no build metadata.
var versions = regexp.MustCompile(`^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)` +
	`(|-(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)$`)

func semanticOf(name string) *semantic {
	match := versions.FindStringSubmatch(name)
	if match == nil {
		return nil
	}
	v := &semantic{suffix: match[4]}
	for i := range v.numbers {
		v.numbers[i], _ = new(big.Int).SetString(match[i+1], 10)
	}
	return v
}

// before is the order of a tag's rule.
func (c *candidate) before(other *candidate) bool {
	if !c.rule.Semver {
		return c.fresher(other)
	}
	for i := range c.version.numbers {
		if order := c.version.numbers[i].Cmp(other.version.numbers[i]); order != 0 {
			return order > 0
		}
	}
	if mine, theirs := c.version.suffix == "", other.version.suffix == ""; mine != theirs {
		return mine
	}
	return greater(c.name, other.name)
}

// fresher is the order of time.
func (c *candidate) fresher(other *candidate) bool {
	if !c.time.Equal(other.time) {
		return c.time.After(other.time)
	}
	return greater(c.name, other.name)
}

var words = regexp.MustCompile(`[0-9]+|(?s:.)`)

// greater compares names as people read them, number by number and letter by
// letter; where that is all the same, as bytes.
func greater(a, b string) bool {
	x, y := words.FindAllString(a, -1), words.FindAllString(b, -1)
	for i := range min(len(x), len(y)) {
		m, isNumber := new(big.Int).SetString(x[i], 10)
		n, isToo := new(big.Int).SetString(y[i], 10)
		switch {
		case isNumber && isToo && m.Cmp(n) != 0:
			return m.Cmp(n) > 0
		case !(isNumber && isToo) && x[i][0] != y[i][0]:
			return x[i][0] > y[i][0]
		}
	}
	if len(x) != len(y) {
		return len(x) > len(y)
	}
	return strings.Compare(a, b) > 0
}
