package trash_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/sweep"
)

// TestWhatGoesComesBack makes up registries, sound and damaged ones, sweeps them
// or removes something by name, and restores.
func TestWhatGoesComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := randomSpec(t)
		if rapid.Bool().Draw(t, "damaged") {
			text += "\n" + randomDamage(t)
		}
		registrytest.Try(t, text, func(tree *registrytest.Tree) {
			p := openWith(t, tree, nil)
			defer p.close()
			p.jobs = rapid.SampledFrom([]int{1, 16}).Draw(t, "jobs")
			before := state(t, tree)
			result := p.take(defaults(randomRequest(t, tree)...))
			if result == nil {
				checkSame(t, "after a run that was refused", before, state(t, tree))
				return
			}
			if result.Stopped != nil {
				t.Fatal(result.Stopped)
			}
			if len(p.left()) == 0 { // there was nothing to move
				return
			}
			p.mustRestore("first")
			checkSame(t, "before, and after the restoring", before, state(t, tree))
		})
	})
}

// TestTrashRemovesAlike sweeps two equal trees, one of them with the trash.
func TestTrashRemovesAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := randomSpec(t)
		if rapid.Bool().Draw(t, "damaged") {
			text += "\n" + randomDamage(t)
		}
		registrytest.Try(t, text, func(tree *registrytest.Tree) {
			registrytest.Try(t, text, func(twin *registrytest.Tree) {
				requests := randomRequest(t, tree)
				p, q := openWith(t, tree, nil), openWith(t, twin, nil)
				defer p.close()
				defer q.close()
				moved := p.take(defaults(requests...))
				planned, err := q.survey(defaults(requests...))
				if moved == nil {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				removed := sweep.Execute(context.Background(), q.root, planned, sweep.Options{Jobs: 1, Run: "first"})
				if len(removed.Failures) > 0 { // it cannot take something apart that the other moves as it is
					return
				}
				checkSame(t, "left by a plain run, and by one with the trash", inTree(twin), inTree(tree))
				checkSame(t, "counted by a plain run, and by one with the trash", removed.Removed, moved.Removed)
			})
		})
	})
}

func TestEveryKindComesBack(t *testing.T) {
	for _, request := range []plan.Request{{}, {Repository: "app"}, {Repository: "app", Tag: "multi"}, {Repository: "app", Tag: "v1"}, {Repository: "team/svc"}} {
		t.Run(request.String(), func(t *testing.T) {
			tree := registrytest.Build(t, varied)
			p := open(t, tree)
			before, contents := state(t, tree), tree.Contents()
			var requests []plan.Request
			if request.Repository != "" {
				requests = append(requests, request)
			}
			p.mustTake(requests...)
			checkSame(t, "come into being in the tree", nil, minus(inTree(tree), contents))
			if len(requests) == 0 {
				checkSame(t, "left", tree.Live(), inTree(tree))
			}
			p.mustRestore("first")
			checkSame(t, "before, and after the restoring", before, state(t, tree))
			checkSame(t, "left in the trash", nil, p.left())
		})
	}
	t.Run("a digest", func(t *testing.T) {
		tree := registrytest.Build(t, app)
		p := open(t, tree)
		before := state(t, tree)
		p.mustTake(plan.Request{Repository: "app", Digest: tree.Digest("B")})
		p.mustRestore("first")
		checkSame(t, "before, and after the restoring", before, state(t, tree))
	})
	t.Run("two runs, the last first", func(t *testing.T) {
		tree := registrytest.Build(t, varied)
		p := open(t, tree)
		before := state(t, tree)
		p.mustTake(plan.Request{Repository: "app", Tag: "multi"})
		p.run = "second"
		p.mustTake()
		checkSame(t, "in the trash", []string{"first", "second"}, p.left())
		p.mustRestore("second")
		p.mustRestore("first")
		checkSame(t, "before, and after the restoring", before, state(t, tree))
	})
}

// TestHalfATagComesBack: a push that was killed leaves a tag with a directory in
// which nothing is; that is no reason to keep the rest back.
func TestHalfATagComesBack(t *testing.T) {
	for _, request := range []plan.Request{{Repository: "app", Tag: "v1"}, {Repository: "app"}} {
		for _, damage := range []string{"damage app:v1 missing", "damage app history v1 B missing", "dir {app:v1}/other/deep"} {
			t.Run(request.String()+" "+damage, func(t *testing.T) {
				tree := registrytest.Build(t, app+"N = image n m\npush other:v1 N\n"+damage)
				p := open(t, tree)
				before := state(t, tree)
				p.mustTake(request)
				p.mustRestore("first")
				checkSame(t, "before, and after the restoring", before, state(t, tree))
			})
		}
	}
}

// TestOddities are trees that a run touches although not all in them is sound.
func TestOddities(t *testing.T) {
	for _, c := range []struct{ name, spec string }{
		{"a revision that dangled before", app + `damage blob B gone`},
		{"a layer link that dangled before", app + `damage blob y gone`},
		{"an alias that dangled before", app + "C = image e sha512:z\npush app@ C\ndamage blob z gone"},
		{"what an earlier run left of a tag", app + "file repositories/app/_manifests/.regjanitor-x-v9/current/link x"},
		{"what an earlier run left of signatures", app + "dir {app@B}/signatures/sha256"},
		{"empty directories", app + "delete app@B\ndir blobs/sha256/ab\ndir repositories/old/_layers/sha256"},
		{"a stray beside a link", app + "file {app@B}/stray"},
		{"the last of a repository", app + "push old@ B\ndir repositories/old/_manifests/tags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, c.spec)
			p := open(t, tree)
			before := state(t, tree)
			if result := p.take(defaults()); result == nil || result.Stopped != nil {
				t.Fatalf("%+v", result)
			}
			p.mustRestore("first")
			checkSame(t, "before, and after the restoring", before, state(t, tree))
		})
	}
}

// TestOwners: directories come back with owner and mode, whoever restores them.
func TestOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give directories away")
	}
	for _, request := range []plan.Request{{}, {Repository: "app"}} {
		t.Run(request.String(), func(t *testing.T) {
			tree := registrytest.Build(t, varied)
			number := 0
			err := filepath.Walk(tree.V2, func(path string, info os.FileInfo, err error) error {
				if err != nil || !info.IsDir() {
					return err
				}
				number++
				if err := os.Chown(path, 1000+number, 3000+number); err != nil {
					return err
				}
				return os.Chmod(path, []os.FileMode{0o700, 0o755, 0o2775, 0o1777, 0o750}[number%5]|os.FileMode(number%2)*os.ModeSetgid)
			})
			if err != nil {
				t.Fatal(err)
			}
			p := open(t, tree)
			before := state(t, tree)
			if request.Repository == "" {
				p.mustTake()
			} else {
				p.mustTake(request)
			}
			p.mustRestore("first")
			checkSame(t, "before, and after the restoring", before, state(t, tree))
		})
	}
}

func randomSpec(t *rapid.T) string {
	return registrytest.Random(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
}

// randomDamage is what happens to the first manifest, to a layer or to a link.
func randomDamage(t *rapid.T) string {
	target := rapid.SampledFrom([]string{"blob M1", "a:keep", "a@M1", "a@K", "a layer k", "blob x"}).Draw(t, "target")
	hows := []string{"empty", "garbage", "fifo", "directory", "hardlink", "missing", "gone"}
	if strings.HasPrefix(target, "blob ") {
		hows = append(hows, "truncated", "corrupt", "altered", "dirname=upper")
	}
	how := rapid.SampledFrom(hows).Draw(t, "how")
	return "K = image k x\npush a:keep M1\npush a@ K\ndamage " + target + " " + how
}

// randomRequest is nothing, for a sweep, or a repository or tag of the tree.
func randomRequest(t *rapid.T, tree *registrytest.Tree) []plan.Request {
	var all []plan.Request
	for _, line := range tree.Contents() {
		if match := regexp.MustCompile(`^(\S+) tag (\w+)$`).FindStringSubmatch(line); match != nil {
			all = append(all, plan.Request{Repository: match[1], Tag: match[2]}, plan.Request{Repository: match[1]})
		}
	}
	n := rapid.IntRange(-len(all)-1, len(all)-1).Draw(t, "request")
	if n < 0 {
		return nil
	}
	return all[n : n+1]
}
