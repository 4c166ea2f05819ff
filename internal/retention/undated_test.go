package retention_test

import (
	"slices"
	"strings"
	"testing"

	"regjanitor/internal/retention"
)

// An image whose time cannot be read stays, and pushes out nothing that has one.
func TestATimeThatCannotBeRead(t *testing.T) {
	judge := func(rule, tags string, unread ...string) string {
		list := tagsOf(t, tags)
		for i := range list {
			list[i].Undated = slices.Contains(unread, list[i].Name)
		}
		verdicts, _ := policyOf(t, rule).Judge("r", list, now)
		return verdictsOf(list, verdicts)
	}
	const three = "a@1d,9d b@2d,8d c@3d,7d"
	for _, c := range []struct {
		rule, unread, want string
	}{
		{"age: created, keep_last: 1", "", "a:goes b:goes c:last,min"},
		{"age: created, keep_last: 1", "c", "a:goes b:last,min c:created-unknown"},
		{"age: created, keep_last: 0, keep_min: 1", "c", "a:goes b:min c:created-unknown"},
		{"age: created, keep_last: 1, protect: [c]", "c", "a:goes b:last c:protected"},
		{"keep_last: 1", "c", "a:last,min b:goes c:goes"},
	} {
		if got := judge(c.rule, three, c.unread); got != c.want {
			t.Errorf("%s, without the time of %q: %s, want %s", c.rule, c.unread, got, c.want)
		}
	}
}

// Of flattened push times nothing is known but that they are no times of pushes:
// the one tag that would have gone by its own keeps the rule in doubt, whatever
// becomes of it.
func TestDamageEndsNoDoubt(t *testing.T) {
	dated := strings.ReplaceAll(crowd(20, 20), " ", ",90d ")
	tags := tagsOf(t, dated+"x@30d")
	for what, damage := range map[string]func(*retention.Tag){
		"none":            func(*retention.Tag) {},
		"it is broken":    func(tag *retention.Tag) { tag.Broken = true },
		"its time is not": func(tag *retention.Tag) { tag.Undated = true },
	} {
		damaged := slices.Clone(tags)
		damage(&damaged[len(damaged)-1])
		_, flattened := policyOf(t, "age: created, keep_last: 5").Judge("r", damaged, now)
		if len(flattened) != 1 {
			t.Errorf("%s: in doubt are %q", what, flattened)
		}
	}
}
