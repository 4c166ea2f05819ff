package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// without are the paths of a that b lacks or has with another content, sorted.
func without(a, b map[string]string) []string {
	var missing []string
	for p, content := range a {
		if other, there := b[p]; !there || other != content {
			missing = append(missing, p)
		}
	}
	slices.Sort(missing)
	return missing
}

// difference is in words how two trees differ; empty where they do not.
func difference(want, got map[string]string) string {
	missing, surplus := without(want, got), without(got, want)
	if len(missing)+len(surplus) == 0 {
		return ""
	}
	return fmt.Sprintf("missing: %d%s\nsurplus: %d%s", len(missing), some(missing), len(surplus), some(surplus))
}

func some(paths []string) string {
	const enough = 10
	text := ""
	for _, p := range paths[:min(len(paths), enough)] {
		text += "\n\t" + p
	}
	return text
}

// wantSame fails the test where the tree is not as it was.
func wantSame(t testing.TB, what string, want, got map[string]string) {
	t.Helper()
	if d := difference(want, got); d != "" {
		t.Errorf("%s:\n%s", what, d)
	}
}

// violations are what a run that ended in any way may not have done, seen in what
// it left: whatever needs stays as it was, and no link dangles.
func violations(needs, left map[string]string) []string {
	bad := resolve(filesOf(left)).broken
	for _, p := range without(needs, left) {
		bad = append(bad, "a tag needs "+p+", which is gone or changed")
	}
	return bad
}

// needs are the files that the tags need, but for the tags of what is dropped:
// a repository, or one tag of it.
func (r *registry) needs(dropped string) map[string]string {
	r.t.Helper()
	files := contents(r.t, r.v2)
	h := resolve(files)
	if len(h.broken) > 0 {
		r.t.Fatalf("the tree is broken from the start:%s", some(h.broken))
	}
	if repo, tag, oneTag := strings.Cut(dropped, ":"); repo != "" {
		below := "repositories/" + repo + "/"
		if oneTag {
			below += "_manifests/tags/" + tag + "/"
		}
		h = resolve(but(files, below))
	}
	needs := map[string]string{}
	for p := range h.needed {
		needs[p] = files[p]
	}
	return needs
}

// but is files without those below a path.
func but(files map[string]string, below string) map[string]string {
	rest := maps.Clone(files)
	maps.DeleteFunc(rest, func(p, _ string) bool { return strings.HasPrefix(p, below) })
	return rest
}
