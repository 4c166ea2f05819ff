package sweep_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"regjanitor/internal/inventory"
	"regjanitor/internal/modeltest"
	"regjanitor/internal/plan"
	"regjanitor/internal/retention"
	"regjanitor/internal/store"
)

// policyOf parses a policy. One that is wrong is a mistake of the test.
func policyOf(text string) *retention.Policy {
	policy, err := retention.Parse("policy.yaml", []byte(text))
	if err != nil {
		panic(fmt.Sprintf("%v\n%s", err, text))
	}
	return policy
}

// randomPolicy is one under which now and then a tag goes.
func randomPolicy(choose func(n int) int) *retention.Policy {
	return policyOf(modeltest.RandomPolicy(choose).String())
}

// datesFor reads when images were created, where a policy goes by that.
func datesFor(root store.Dir, inv *inventory.Inventory, jobs int, policy *retention.Policy) (map[inventory.ID]inventory.Created, error) {
	if policy == nil || !policy.UsesCreated() {
		return nil, nil
	}
	var tagged []inventory.ID
	for _, r := range inv.Repositories {
		for _, tag := range r.Tags {
			if tag.Current.Points() {
				tagged = append(tagged, tag.Current.Target)
			}
		}
	}
	return inv.Created(context.Background(), root, tagged, jobs)
}

var manifestInSpec = regexp.MustCompile(`(?m)^(M\d+) = `)

// tagged adds tags to a registry that registrytest.Random has made up, on which a
// policy has something to say: some with versions, of all ages, and some about
// what they were pushed for, as signatures and what is about these.
func tagged(choose func(n int) int, spec string) string {
	found := manifestInSpec.FindAllStringSubmatch(spec, -1)
	pick := func(words ...string) string { return words[choose(len(words))] }
	var b strings.Builder
	b.WriteString(spec)
	for range choose(5) {
		repo, name := pick("a", "a", "a/b", "c"), found[choose(len(found))][1]
		fmt.Fprintf(&b, "\npush %s:%s %s age=%s", repo, pick("v", "pr-1", "pr-2", "1.2.3", "1.10.0", "1.3.0-rc.1"), name, pick("1h", "1h", "2d", "40d", "-1h"))
		for about := name; choose(2) == 0; {
			signature := found[choose(len(found))][1]
			fmt.Fprintf(&b, "\npush %s:sha256-<%s>%s %s age=%s", repo, about, pick(".sig", ".att", ""), signature, pick("1h", "2d"))
			about = signature
		}
	}
	return b.String()
}

// byPolicy is a sweep of everything that a policy drops.
func byPolicy(policy *retention.Policy) func(*plan.Options) {
	return func(o *plan.Options) { o.Policy = policy }
}
