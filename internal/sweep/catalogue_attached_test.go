package sweep_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// 37: a signature that cannot be removed is not left without its image.
func TestATagWaitsForThoseAboutIt(t *testing.T) {
	tree := registrytest.Build(t, images+`
		push app:pr-1 A age=40d
		push app:sha256-<A>.sig S
		push app:pr-2 B age=1d
		push other:pr-1 C age=40d
		push other:pr-2 D age=1d
	`)
	opts := defaults()
	opts.Policy = policyOf("version: 1\nrules:\n- {name: rule, " + onePerRequest + "}\n")
	stuck := watched(t, tree, func(call storetest.Call) error {
		if call.Op == storetest.Rename && strings.HasSuffix(call.Path, ".sig") {
			return syscall.EPERM
		}
		return nil
	})
	p, err := survey(stuck, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	result := execute(stuck, p)
	if len(result.Failures) == 0 || !errors.Is(result.Failures[0].Err, syscall.EPERM) {
		t.Errorf("failures %v", result.Failures)
	}
	left := slices.DeleteFunc(tree.Contents(), func(line string) bool { return !tagsAndRevisions.MatchString(line) })
	checkSame(t, "left", words(`app tag pr-1, app tag pr-2, app tag sha256-<A>.sig, app revision A, app revision B, app revision S,
		other tag pr-2, other revision D`), left)
	reclaimedWell := open(t, tree.V2)
	again, err := survey(reclaimedWell, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, reclaimedWell, again)
	left = slices.DeleteFunc(tree.Contents(), func(line string) bool { return !tagsAndRevisions.MatchString(line) })
	checkSame(t, "left by a rerun", words("app tag pr-2, app revision B, other tag pr-2, other revision D"), left)
}

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

// 35: what the disk does not give may be about an image that stays. Its tag goes,
// and what it points to stays.
func TestAnUnreadReferrerLosesItsTagAlone(t *testing.T) {
	tree := registrytest.Build(t, images+`
		R = artifact cr xr subject=A
		push app:keep A
		push app:sbom R
	`)
	opts := defaults()
	opts.Requests = []plan.Request{{Repository: "app", Tag: "sbom"}}
	unread := layout.BlobData(tree.Digest("R"))
	failing := watched(t, tree, func(call storetest.Call) error {
		if call.Op == storetest.Read && call.Path == unread {
			return syscall.EIO
		}
		return nil
	})
	p, err := survey(failing, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "doubts", []string{"manifest-unreadable"}, codes(p.Doubts))
	carryOut(t, open(t, tree.V2), p)
	left := slices.DeleteFunc(tree.Contents(), func(line string) bool { return !tagsAndRevisions.MatchString(line) })
	checkSame(t, "left", words("app tag keep, app revision A, app revision R"), left)
}

// A chain of signatures, each of the one before, falls link by link, but not for
// ever: anybody may push one of any length.
func TestALongChainOfSignatures(t *testing.T) {
	var spec strings.Builder
	spec.WriteString("A = image c x\nB = image d x\npush app:v1 A age=2d\npush app:v2 B\n")
	for i, subject := 0, "A"; i < 200; i++ {
		signature := fmt.Sprintf("S%d", i)
		fmt.Fprintf(&spec, "%s = image c%d x%d\npush app:sha256-<%s>.sig %s\n", signature, i, i, subject, signature)
		subject = signature
	}
	tree := registrytest.Build(t, spec.String())
	opts := defaults()
	opts.Policy = policyOf("version: 1\nrules:\n- {name: rule, keep_last: 1}\n")
	root := open(t, tree.V2)
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, root, p)
	if gone := p.Planned.Tags; gone < 10 || gone > 100 {
		t.Errorf("%d tags go", gone)
	}
	again, err := survey(open(t, tree.V2), 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Actions) > 0 {
		t.Errorf("a second run would remove %d things", len(again.Actions))
	}
}
