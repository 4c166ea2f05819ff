package retention

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// list is a list with something in it.
func (r *reader) list(e *ast.MappingValueNode, empty string) ([]ast.Node, error) {
	key := start(e.Key).Value
	s, ok := e.Value.(*ast.SequenceNode)
	switch {
	case !ok && isScalar(e.Value):
		return nil, r.failIn(e.Value, fmt.Sprintf("write a list, as in %s: [%q]", key, start(e.Value).Value), "%s takes a list, and this is %s", key, kind(e.Value))
	case !ok:
		return nil, r.failIn(value(e), "begin each item with a dash", "%s takes a list, and this is %s", key, kind(e.Value))
	case len(s.Values) == 0:
		return nil, r.failIn(s, empty, "%s is empty", key)
	}
	return s.Values, nil
}

// text is a value that is text and looks like it.
func (r *reader) text(node ast.Node, key string) (string, error) {
	s, ok := node.(*ast.StringNode)
	if !ok {
		hint := "write text, in quotes"
		if isScalar(node) {
			hint = fmt.Sprintf("put it in quotes: %q", start(node).Value)
		}
		return "", r.failIn(node, hint, "%s takes text, and this is %s", key, kind(node))
	}
	switch {
	case strings.TrimSpace(s.Value) == "":
		return "", r.failIn(s, "write something, or leave it out", "%s has an empty text", key)
	case strings.TrimSpace(s.Value) != s.Value:
		return "", r.failIn(s, "remove the spaces around it", "%s has spaces around its text", key)
	case strings.ContainsFunc(s.Value, isControl):
		return "", r.failIn(s, "remove it", "%s has a control character in its text", key)
	}
	return s.Value, nil
}

func (r *reader) name(e *ast.MappingValueNode) (string, error) {
	if e.Value.Type() == ast.NullType {
		return "", r.failIn(e.Key, "write a word that reports can call the rule by", "name is empty")
	}
	return r.text(e.Value, "name")
}

// globs are a list of globs that can match something.
func (r *reader) globs(e *ast.MappingValueNode) ([]string, error) {
	key := start(e.Key).Value
	unless := "leave " + key + " out, and the rule is for all"
	if key == "protect" {
		unless = "leave protect out, and nothing is protected"
	}
	items, err := r.list(e, unless)
	if err != nil {
		return nil, err
	}
	var globs []string
	for _, item := range items {
		glob, err := r.text(item, key)
		if err != nil {
			return nil, err
		}
		if hint, problem := unmatchable(glob, key == "repositories"); problem != "" {
			return nil, r.failIn(item, hint, `"%s" %s`, glob, problem) // as it is written, backslashes too
		}
		globs = append(globs, glob)
	}
	return globs, nil
}

// foreign is a character that is neither in names nor in globs.
var foreign = regexp.MustCompile(`[^A-Za-z0-9._/*?{},\[\]^!\\-]`)

// Each pair of braces multiplies the ways in which a glob may match.
const (
	longestGlob = 255
	mostBraces  = 6
)

// carets is a ^ that has no meaning.
var carets = regexp.MustCompile(`(^|[^\[\\])\^`)

var ranges = regexp.MustCompile(`\[[^\]]*\]`)

// reversed tells a set like [9-0], which holds nothing.
func reversed(glob string) bool {
	for _, set := range ranges.FindAllString(glob, -1) {
		for i := 1; i+3 < len(set); i++ {
			if set[i+1] == '-' && set[i] > set[i+2] && set[i] != '\\' && set[i+2] != '\\' {
				return true
			}
		}
	}
	return false
}

// unmatchable finds out why a glob can match no name.
func unmatchable(glob string, repository bool) (hint, problem string) {
	strange := foreign.FindString(glob)
	switch {
	case strange == ":" || strange == "@":
		return "write repositories without host and tag, as in team/app, and tags by themselves, as in v1-*",
			"has a " + strange + ", which no name has"
	case strange != "":
		return "these are globs, as in pr-[0-9]*, and no regular expressions; names have letters, digits, dots, dashes and underscores", fmt.Sprintf("has %q, which no name has", strange)
	case len(glob) > longestGlob:
		return "write several shorter ones", fmt.Sprintf("is longer than any name: %d characters", len(glob))
	case strings.Count(glob, "{") > mostBraces:
		return "write several globs instead", "has so many { } that to match it could take for ever"
	case carets.MatchString(glob):
		return "these are globs, and no regular expressions: they match the whole name as they are", "has a ^ that does not begin a set in [ ]"
	case reversed(glob):
		return "write the lesser character first, as in [0-9]", "has a range that ends before it begins"
	case !doublestar.ValidatePattern(glob):
		return "close every [ and {, and put a backslash only before what it quotes", "is no glob"
	case strings.HasPrefix(glob, "!"):
		return "globs have no negation: name what must stay under protect", "begins with !"
	case repository && strings.HasPrefix(glob, "/"):
		return "repositories are named without the leading slash", "begins with a slash, which no repository does"
	case repository && strings.HasSuffix(glob, "/"):
		return "write " + glob + "** for all below it", "ends with a slash, which no repository does"
	case !repository && strings.Contains(glob, "/"):
		return "globs for repositories belong under repositories", "has a slash, which no tag has"
	}
	return "", ""
}

// word takes one of some words.
func (r *reader) word(e *ast.MappingValueNode, to *string, words ...string) error {
	key := start(e.Key).Value
	s, ok := e.Value.(*ast.StringNode)
	if !ok {
		return r.failIn(value(e), "known here: "+strings.Join(words, ", "), "%s takes a word, and this is %s", key, kind(e.Value))
	}
	if !slices.Contains(words, s.Value) {
		return r.failIn(s, meant(s.Value, words), "%s cannot be %q", key, s.Value)
	}
	*to = s.Value
	return nil
}

func (r *reader) truth(e *ast.MappingValueNode) (bool, error) {
	b, ok := e.Value.(*ast.BoolNode)
	if !ok {
		return false, r.failIn(value(e), "write true or false", "%s is true or false, and this is %s", start(e.Key).Value, kind(e.Value))
	}
	return b.Value, nil
}

// most is more than any repository has tags, and fits wherever there are ints.
const most = 1_000_000_000

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

func (r *reader) number(e *ast.MappingValueNode) (int, error) {
	const less = "to keep all, leave the tags to no rule, or protect them"
	key, written := start(e.Key).Value, start(e.Value)
	quoted := e.Value.Type() == ast.StringType && !isPlain(written)
	switch digits := decimal.MatchString(written.Value); {
	case digits && quoted:
		return 0, r.failIn(e.Value, "remove the quotes", "%s takes a number, and this is text", key)
	case e.Value.Type() == ast.IntegerType && strings.HasPrefix(written.Value, "-"):
		return 0, r.failIn(e.Value, less, "%s is negative", key)
	case !digits || !isScalar(e.Value):
		return 0, r.failIn(value(e), "write plain digits, as in 10", "%s takes a whole number, and this is %s", key, kind(e.Value))
	}
	count, err := strconv.ParseInt(written.Value, 10, 64)
	if err != nil || count > most {
		return 0, r.failIn(e.Value, less, "%s is too large a number", key)
	}
	return int(count), nil
}

func (r *reader) age(rule *Rule, e *ast.MappingValueNode) error {
	key := start(e.Key).Value
	if s, ok := e.Value.(*ast.StringNode); !ok && !isNumeral(e.Value) || ok && s.Value == "" {
		return r.failIn(value(e), "write it as in 36h, 7d or 1w2d", "%s takes an age, and this is %s", key, kind(e.Value))
	}
	written := start(e.Value).Value
	if err := rule.KeepWithin.UnmarshalText([]byte(written)); err != nil {
		problem, hint, _ := strings.Cut(err.Error(), ": ")
		if hint == "" {
			hint = "to keep all, leave the tags to no rule, or protect them"
		}
		return r.failIn(e.Value, hint, "%s", problem)
	}
	return nil
}

// value is where to point to for a value: its key where there is none.
func value(e *ast.MappingValueNode) ast.Node {
	if e.Value == nil || e.Value.Type() == ast.NullType {
		return e.Key
	}
	return e.Value
}

func isNumeral(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return true
	}
	return false
}

func isScalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.BoolNode:
		return true
	}
	return isNumeral(n)
}

func isPlain(t *token.Token) bool {
	return t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType
}

// kind is what a node is, in words.
func kind(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		if n.Value == "" {
			return "empty"
		}
		return fmt.Sprintf("the text %q", n.Value)
	case *ast.NullNode:
		return "empty"
	}
	if isScalar(n) {
		return start(n).Value
	}
	return "something else"
}
