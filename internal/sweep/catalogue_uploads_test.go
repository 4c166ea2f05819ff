package sweep_test

import (
	"strings"
	"syscall"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

// 51, 36: of an upload that somebody removes while it is looked at, nobody can say
// how old it is.
func TestAnUploadThatIsBeingRemovedIsLeftAlone(t *testing.T) {
	tree := registrytest.Build(t, "A = image c x\npush app:v1 A\nupload app u age=30d\nupload app w age=30d")
	left := registrytest.Build(t, "A = image c x\npush app:v1 A\nupload app u age=30d").Path("app upload u")
	root := watched(t, tree, func(call storetest.Call) error {
		if call.Op == storetest.Read && strings.HasSuffix(call.Path, "/startedat") && strings.Contains(left, strings.Split(call.Path, "/")[3]) {
			return syscall.ENOENT
		}
		return nil
	})
	p, err := survey(root, 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	var gone []string
	for _, a := range p.Actions {
		if a.Kind == plan.Upload {
			gone = append(gone, p.Item(a).Path)
		}
	}
	checkSame(t, "uploads that go", []string{"app upload w"}, tree.Letters(gone))
}
