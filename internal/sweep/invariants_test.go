package sweep_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

// The invariants of every run, on registries that rapid makes up. Each case is
// made a few hundred times by default; -rapid.checks=N asks for more.

func TestWhatGoesIsWhatIsDead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		registrytest.Try(t, randomSpec(t), func(tree *registrytest.Tree) {
			before := tree.Contents()
			opts := defaults()
			opts.AllowEmpty = true
			reclaimed(t, tree, opts)
			checkSame(t, "left", tree.Live(), tree.Contents())
			checkSame(t, "removed", tree.Dead(), minus(before, tree.Contents()))
			again, _ := surveyTree(t, tree, 16, opts)
			checkSame(t, "what a second run removes", nil, again)
		})
	})
}

func TestOneWorkerIsLikeMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		registrytest.Try(t, randomSpec(t)+"\n"+randomDamage(t), func(tree *registrytest.Tree) {
			snapshot := tree.Snapshot()
			one, _ := surveyTree(t, tree, 1, defaults())
			many, _ := surveyTree(t, tree, 16, defaults())
			checkSame(t, "with one worker and with many", one, many)
			checkSame(t, "before and after planning", snapshot, tree.Snapshot())
		})
	})
}

// TestATagKeeps adds a tag. A repository without a directory of tags is another
// thing, and so is one without any tag: there revisions are roots by themselves.
func TestATagKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := randomSpec(t) + tagEach
		registrytest.Try(t, spec, func(tree *registrytest.Tree) {
			revisions := matching(tree.Contents(), `^(\S+) revision (\S+)$`)
			chosen := rapid.SampledFrom(revisions).Draw(t, "revision")
			less := removedOf(t, tree)
			retag := fmt.Sprintf("\nfile repositories/%s/_manifests/tags/new/current/link %s", chosen[1], tree.Digest(chosen[2]))
			registrytest.Try(t, spec+retag, func(tree *registrytest.Tree) {
				checkNoMore(t, less, removedOf(t, tree))
			})
		})
	})
}

// TestDamageKeeps damages something that a tag reaches. That may refuse the run
// or pin a repository; it may not show more as garbage. Where links were missing
// before, or a subject is all that holds a referrer, a lost file is what makes
// garbage of the rest, and no trace of it is left: not so here.
func TestDamageKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := sober(randomSpec(t)) + tagEach
		registrytest.Try(t, spec, func(tree *registrytest.Tree) {
			less := removedOf(t, tree)
			targets := matching(tree.Live(), `^(?:\S+ (?:layer|revision|tag) \S+|blob \S+)$`)
			target := rapid.SampledFrom(targets).Draw(t, "target")[0]
			registrytest.Try(t, spec+"\ndamage "+target+" "+randomHow(t, target), func(tree *registrytest.Tree) {
				checkNoMore(t, less, removedOf(t, tree))
			})
		})
	})
}

// tagEach gives every repository a tag.
const tagEach = "\npush a:keep M1\npush a/b:keep M1\npush c:keep M1"

// sober leaves out what makes a registry sparse.
func sober(spec string) string {
	spec = regexp.MustCompile(` subject=\S+`).ReplaceAllString(spec, "")
	spec = strings.ReplaceAll(spec, " ~M", " M")
	return regexp.MustCompile(`(?m)^(delete|expire|history) .*$`).ReplaceAllString(spec, "")
}

func randomSpec(t *rapid.T) string {
	return registrytest.Random(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
}

// randomDamage is what happens to the first manifest or to a layer of it.
func randomDamage(t *rapid.T) string {
	target := rapid.SampledFrom([]string{"blob M1", "a:keep", "a@M1"}).Draw(t, "target")
	return "push a:keep M1\ndamage " + target + " " + randomHow(t, target)
}

func randomHow(t *rapid.T, target string) string {
	hows := []string{"empty", "garbage", "fifo", "directory", "symlink", "hardlink"}
	switch {
	case strings.HasPrefix(target, "blob "):
		hows = append(hows, "missing", "gone", "truncated", "corrupt", "altered", "huge", "symlinked", "inside",
			"dirname=upper", "dirname=short", "symlinked-shard")
	case strings.HasPrefix(target, "a:"), strings.Contains(target, " tag "):
		hows = append(hows, "missing", "no-current", "newline", "spaces", "huge", "uppercase", "short")
	default:
		hows = append(hows, "missing", "gone", "newline", "spaces", "huge", "uppercase", "short",
			"symlinked", "dirname=upper", "dirname=short")
	}
	return rapid.SampledFrom(hows).Draw(t, "how")
}

// matching are the submatches of the lines that match.
func matching(lines []string, pattern string) (found [][]string) {
	expression := regexp.MustCompile(pattern)
	for _, line := range lines {
		if match := expression.FindStringSubmatch(line); match != nil {
			found = append(found, match)
		}
	}
	return found
}

// surveyTree is what a plan says, and nil where the run is refused.
func surveyTree(t *rapid.T, tree *registrytest.Tree, jobs int, opts plan.Options) ([]string, *plan.Plan) {
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	p, err := survey(root, jobs, opts)
	return items(p, err), p
}

// reclaimed carries out the plan for a tree.
func reclaimed(t *rapid.T, tree *registrytest.Tree, opts plan.Options) {
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	p, err := survey(root, 4, opts)
	if err != nil {
		t.Fatal(err)
	}
	result := execute(root, p)
	if result.Stopped != nil || len(result.Failures) > 0 {
		t.Fatalf("stopped %v, failures %v", result.Stopped, result.Failures)
	}
	checkSame(t, "planned and removed", p.Planned, result.Removed)
}

// removedOf is what a run removes, or nothing where it is refused.
func removedOf(t *rapid.T, tree *registrytest.Tree) []string {
	before := tree.Contents()
	if _, p := surveyTree(t, tree, 4, defaults()); p == nil {
		return nil
	}
	reclaimed(t, tree, defaults())
	return minus(before, tree.Contents())
}

// checkNoMore lets nothing be removed that was not before, but directories that
// the damage has emptied.
func checkNoMore(t *rapid.T, before, now []string) {
	for _, line := range minus(now, before) {
		if !isEmpty(line) {
			t.Errorf("%s is removed too", line)
		}
	}
}
