package retention_test

import (
	"fmt"
	"testing"
)

func TestShadows(t *testing.T) {
	for _, c := range []struct {
		what  string
		rules []string
		want  string
	}{
		{"the first takes all", []string{"keep_last: 1", "tags: [v*], keep_last: 9"}, "2 by 1;"},
		{"so do these words", []string{"repositories: ['**'], tags: ['*'], keep_last: 1", "keep_last: 9"}, "2 by 1;"},
		{"one star of repositories is not all", []string{"repositories: ['*'], keep_last: 1", "keep_last: 9"}, ""},
		{"the narrower first", []string{"tags: [v*], keep_last: 9", "keep_last: 1"}, ""},
		{"the same globs", []string{"repositories: [ci/*, web], keep_last: 1", "repositories: [web], tags: [v*], keep_last: 9"}, "2 by 1;"},
		{"one more repository", []string{"repositories: [ci/*], keep_last: 1", "repositories: [ci/*, web], keep_last: 9"}, ""},
		{"two rules together take more than is told", []string{"tags: [a*], keep_last: 1", "tags: ['[!a]*'], keep_last: 1", "keep_last: 1"}, ""},
		{"each that gets none", []string{"keep_last: 1", "tags: [a*], keep_last: 1", "tags: [b*], keep_last: 1"}, "2 by 1;3 by 1;"},
	} {
		got := ""
		for _, s := range policyOf(t, c.rules...).Shadows() {
			got += fmt.Sprintf("%s by %s;", s.Rule.Name, s.By.Name)
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}
