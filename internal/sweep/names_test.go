package sweep_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
)

// TestARemovalByNameTakesOnlyGarbage: whether a thing is removed by its name and
// the tree is swept then, or the thing's links are taken away by hand and the tree
// is swept then, the same is left. So what goes with a name is what only that kept,
// or was garbage before.
func TestARemovalByNameTakesOnlyGarbage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := regexp.MustCompile(` subject=\S+`).ReplaceAllString(randomSpec(t), "") + tagEach
		registrytest.Try(t, spec, func(tree *registrytest.Tree) {
			request, byHand := randomRequest(t, tree)
			registrytest.Try(t, spec+byHand, func(other *registrytest.Tree) {
				reclaimed(t, other, anything())
				opts := defaults()
				opts.Requests = []plan.Request{request}
				reclaimed(t, tree, opts)
				reclaimed(t, tree, anything())
				checkSame(t, "left without "+request.String(), nonEmpty(other.Contents()), nonEmpty(tree.Contents()))
			})
		})
	})
}

// randomRequest names something of a tree, and says how to take it away by hand.
func randomRequest(t *rapid.T, tree *registrytest.Tree) (plan.Request, string) {
	tags := matching(tree.Contents(), `^(\S+) tag (\S+)$`)
	chosen := rapid.SampledFrom(tags).Draw(t, "tag")
	repository, tag := chosen[1], chosen[2]
	links := "\nremove repositories/" + repository + "/_manifests/tags/" + tag
	switch rapid.SampledFrom([]string{"tag", "tag and history", "untagged", "repository"}).Draw(t, "request") {
	case "tag":
		return plan.Request{Repository: repository, Tag: tag}, links
	case "tag and history":
		return plan.Request{Repository: repository, Tag: tag, Untagged: true}, links
	case "untagged":
		return plan.Request{Repository: repository, Untagged: true}, ""
	}
	var byHand strings.Builder
	for _, part := range []string{"_manifests", "_layers", "_uploads"} {
		at := "repositories/" + repository + "/" + part
		fmt.Fprintf(&byHand, "\ndir %s\nremove %s", at, at) // not all are there
	}
	return plan.Request{Repository: repository}, byHand.String()
}

func anything() plan.Options {
	opts := defaults()
	opts.AllowEmpty = true
	return opts
}

// nonEmpty leaves out what is only a directory.
func nonEmpty(lines []string) (files []string) {
	for _, line := range lines {
		if !isEmpty(line) {
			files = append(files, line)
		}
	}
	return files
}
