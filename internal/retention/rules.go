package retention

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// keeping are the keys of which a rule needs one.
var keeping = []string{"keep_last", "keep_within", "keep_daily", "keep_weekly", "keep_monthly"}

var (
	policyKeys = []string{"version", "rules"}
	ruleKeys   = append([]string{"name", "repositories", "tags", "protect", "order", "age", "keep_min", "trust_mtime"}, keeping...)
)

func (r *reader) policy(root ast.Node) ([]Rule, error) {
	entries, err := r.entries(root, "a policy", policyKeys)
	if err != nil {
		return nil, err
	}
	version, there := entries["version"]
	if !there {
		return nil, r.failIn(root, "begin with version: 1", "the policy has no version")
	}
	if n, err := r.number(version); err != nil {
		return nil, err
	} else if n != 1 {
		return nil, r.failIn(version.Value, "write version: 1", "version %d is not known", n)
	}
	list, there := entries["rules"]
	if !there {
		return nil, r.failIn(root, "add rules: and a list of them", "the policy has no rules")
	}
	items, err := r.list(list, "a policy without rules would keep everything: use none instead")
	if err != nil {
		return nil, err
	}
	var rules []Rule
	names := map[string]int{}
	for _, item := range items {
		rule, err := r.rule(item, names)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// rule reads one rule; names are the lines of those before it.
func (r *reader) rule(node ast.Node, names map[string]int) (Rule, error) {
	rule := Rule{Order: ByTime, Age: OfPush, KeepMin: 1}
	entries, err := r.entries(node, "a rule", ruleKeys)
	if err != nil {
		return rule, err
	}
	rule.Line = start(node).Position.Line
	for _, key := range ruleKeys { // not as the map has it: the same file gets the same error
		if e, there := entries[key]; there {
			if err := r.field(&rule, key, e); err != nil {
				return rule, err
			}
		}
	}
	if rule.Name == "" {
		return rule, r.failIn(node, "add name: and a word that reports can call it by", "a rule has no name")
	}
	if line, taken := names[rule.Name]; taken {
		return rule, r.failIn(entries["name"].Value, "reports tell rules by their names", "rule %q is there already, in line %d", rule.Name, line)
	}
	names[rule.Name] = rule.Line
	for _, key := range keeping {
		if _, there := entries[key]; there {
			return rule, nil
		}
	}
	return rule, r.failIn(node, "add one of "+strings.Join(keeping, ", ")+"; keep_last: 0 keeps none", "rule %q does not say what to keep", rule.Name)
}

func (r *reader) field(rule *Rule, key string, e *ast.MappingValueNode) (err error) {
	switch key {
	case "name":
		rule.Name, err = r.name(e)
	case "repositories":
		rule.Repositories, err = r.globs(e)
	case "tags":
		rule.Tags, err = r.globs(e)
	case "protect":
		rule.Protect, err = r.globs(e)
	case "order":
		err = r.word(e, (*string)(&rule.Order), string(ByTime), string(BySemver))
	case "age":
		err = r.word(e, (*string)(&rule.Age), string(OfPush), string(OfImage))
	case "keep_last":
		rule.KeepLast, err = r.number(e)
	case "keep_daily":
		rule.KeepDaily, err = r.number(e)
	case "keep_weekly":
		rule.KeepWeekly, err = r.number(e)
	case "keep_monthly":
		rule.KeepMonthly, err = r.number(e)
	case "keep_min":
		rule.KeepMin, err = r.number(e)
	case "keep_within":
		err = r.age(rule, e)
	case "trust_mtime":
		rule.TrustMTime, err = r.truth(e)
	}
	return err
}

// entries are what a mapping says, by key: only known ones, each once.
func (r *reader) entries(node ast.Node, what string, known []string) (map[string]*ast.MappingValueNode, error) {
	m, ok := node.(ast.MapNode)
	if !ok {
		return nil, r.failIn(node, "write keys and values, as in "+known[0]+": …", "%s is wanted here, and this is %s", what, kind(node))
	}
	found := map[string]*ast.MappingValueNode{}
	for i := m.MapRange(); i.Next(); {
		e := i.KeyValue()
		key, ok := e.Key.(*ast.StringNode)
		if !ok {
			return nil, r.failIn(e.Key, meant("", known), "%s is no key of %s", kind(e.Key), what)
		}
		if !slices.Contains(known, key.Value) {
			return nil, r.failIn(key, meant(key.Value, known), "%q is no key of %s", key.Value, what)
		}
		if first, twice := found[key.Value]; twice {
			return nil, r.failIn(key, "remove one of the two", "%s is there already, in line %d", key.Value, start(first).Position.Line)
		}
		found[key.Value] = e
	}
	return found, nil
}
