package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/registrytest"
)

// five are the images that delete_docker_registry_image was tested with: a, b on
// a, c:1, c:2 on c:1, and e:1 on a, all on one base.
const five = `
	A = docker ca base a
	B = docker cb base a b
	C = docker cc base c
	D = docker cd base c d
	E = docker ce base a e
`

var pushes = map[string]string{
	"test/a": "A", "test/b:latest": "B", "test/c:1": "C", "test/c:2": "D", "test/e:1": "E",
}

// pushed is the spec of a registry that has only seen these.
func pushed(images []string) string {
	spec := []string{five}
	for _, image := range images {
		name := image
		if !strings.Contains(image, ":") {
			name += ":latest"
		}
		spec = append(spec, "push "+name+" "+pushes[image])
	}
	return strings.Join(spec, "\n")
}

var fiveImages = slices.Sorted(maps.Keys(pushes))

// Whichever of the five are there: when one is deleted, what is left is what a
// registry would hold that has never seen it. So they may go in any order.
func TestAnyOfFiveImages(t *testing.T) {
	for set := 1; set < 1<<len(fiveImages); set++ {
		var there []string
		for i, image := range fiveImages {
			if set&(1<<i) != 0 {
				there = append(there, image)
			}
		}
		t.Run(strings.Join(there, " "), func(t *testing.T) {
			t.Parallel()
			for i, image := range there {
				tree := registrytest.Build(t, pushed(there))
				deleteImages(t, tree, image)
				want := files(registrytest.Build(t, pushed(slices.Delete(slices.Clone(there), i, i+1))))
				if diff := cmp.Diff(want, files(tree)); diff != "" {
					t.Errorf("without %s: want -, got +:\n%s", image, diff)
				}
			}
		})
	}
}

func TestNothingIsLeftOfFiveImages(t *testing.T) {
	backwards := slices.Clone(fiveImages)
	slices.Reverse(backwards)
	for _, order := range [][]string{fiveImages, backwards} {
		tree := registrytest.Build(t, pushed(order))
		deleteImages(t, tree, order...)
		if rest := tree.Contents(); len(rest) > 0 { // empty directories are contents too
			t.Errorf("%s: at the end there is %q", order, rest)
		}
	}
}

func deleteImages(t *testing.T, tree *registrytest.Tree, images ...string) {
	t.Helper()
	for _, image := range images {
		if code, stderr := callScript(t, tree, "delete_docker_registry_image", "--image", image, "--force", "--prune"); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", image, code, stderr)
		}
	}
}
