package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDamageOfSeveralRepositories: a blob is told of once, with all tags; what lies
// in a repository is that one's own, and the verdict counts what is listed.
func TestDamageOfSeveralRepositories(t *testing.T) {
	t.Parallel()
	const blob = "blobs/sha256/aa/aa/data"
	v := NewVerification()
	v.Root, v.TagsChecked, v.TagsDamaged, v.Complete = "/v2", 9, 4, true
	v.Damage = []Damage{
		{Code: "corrupt", Repository: "app", Tags: []string{"v1"}, Path: "repositories/app/l", Detail: "is empty", Hint: "push"},
		{Code: "missing", Repository: "app", Tags: []string{"v1", "v2"}, Path: blob, Detail: "is gone", Hint: "push"},
		{Code: "missing", Repository: "old", Path: blob, Detail: "is gone", Hint: "push"},
		{Code: "missing", Repository: "own", Path: "blobs/sha256/bb/bb/data", Detail: "is gone", Hint: "push"},
		{Code: "missing", Repository: "web", Tags: []string{"v2"}, Path: blob, Detail: "is gone", Hint: "push"},
		{Code: "corrupt", Repository: "web", Tags: []string{"v2"}, Path: blob, Detail: "is wrong about a size", Hint: "build"},
	}
	var out strings.Builder
	ListDamage(&out, Paint{}, v, false)
	want := `in several repositories
  missing  app:v1, app:v2, old by digest, web:v2
    /v2/blobs/sha256/aa/aa/data: is gone
    hint: push

app
  corrupt  v1
    /v2/repositories/app/l: is empty
    hint: push

own
  missing  by digest
    /v2/blobs/sha256/bb/bb/data: is gone
    hint: push

web
  corrupt  v2
    /v2/blobs/sha256/aa/aa/data: is wrong about a size
    hint: build

`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if line := VerifyLine(v); !strings.HasPrefix(line, "verify: 4 of 9 tags cannot be pulled, from 4 causes: 2 missing, 2 corrupt; ") {
		t.Error(line)
	}
}
