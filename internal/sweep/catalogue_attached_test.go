package sweep_test

import (
	"strings"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// What is empty below a tag goes with the tag, and not once more by itself.
func TestWhatIsLeftOfATagIsRemovedOnce(t *testing.T) {
	tree := registrytest.Build(t, images+`
		push app:v1 A
		push app:v2 B
		damage app:v2 no-current
		damage app:v2 no-history
		dir {app:v2}/current
	`)
	opts := defaults()
	opts.Requests, opts.Prune = []plan.Request{{Repository: "app", Tag: "v2"}}, true
	root := open(t, tree.V2)
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, root, p)
	for _, line := range tree.Contents() {
		if strings.Contains(line, "v2") {
			t.Errorf("left: %s", line)
		}
	}
}
