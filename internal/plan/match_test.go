package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
)

func scan(t *testing.T, spec string) (*registrytest.Tree, *inventory.Inventory) {
	t.Helper()
	tree := registrytest.Build(t, spec)
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	inv, err := inventory.Scan(t.Context(), root, inventory.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return tree, inv
}

// What bears the very name comes before what a glob would match, and a name means
// nothing that only begins with it.
func TestFind(t *testing.T) {
	tree, inv := scan(t, `
		A = image c x
		B = image d x
		push app:v1 A
		push app:v2 B
		push team/app:v1 A
		push team/app:v10 A
		push team/svc/api:v1 B
		upload empty u
		file repositories/odd/_manifests/tags/v*/current/link x
		push odd:v1 A
	`)
	for _, c := range []struct {
		of   Request
		want string
	}{
		{Request{Repository: "app"}, "app"},
		{Request{Repository: "empty"}, "empty"},
		{Request{Repository: "team/*"}, "team/app"},
		{Request{Repository: "team/**"}, "team/app, team/svc/api"},
		{Request{Repository: "*"}, "app, empty, odd"},
		{Request{Repository: "app", Tag: "v2"}, "app:v2"},
		{Request{Repository: "**", Tag: "v1"}, "app:v1, odd:v1, team/app:v1, team/svc/api:v1"},
		{Request{Repository: "team/app", Tag: "v1*"}, "team/app:v1, team/app:v10"},
		{Request{Repository: "odd", Tag: "v*"}, "odd:v*"},
		{Request{Repository: "{app,team/app}", Digest: tree.Digest("A")}, "app@A, team/app@A"},
		{Request{Repository: "**", Digest: tree.Digest("B")}, "app@B, team/svc/api@B"},

		{Request{Repository: "team"}, "team is not there, below it team/app"},
		{Request{Repository: "example.com/app", Tag: "v1"}, "example.com/app:v1 is not there, meant app:v1"},
		{Request{Repository: "team/*", Tag: "v9"}, "nothing matches team/*:v9"},
		{Request{Repository: "nothing*"}, "nothing matches nothing*"},
		{Request{Repository: "empty", Tag: "*"}, "nothing matches empty:*"},
		{Request{Repository: "team/app", Digest: tree.Digest("B")}, "team/app@B is not there, meant app@B"},
		{Request{Repository: "app", Digest: digest.FromString("never met")}, "app@" + digest.FromString("never met").String() + " is not there"},
	} {
		matches, err := Find(inv, c.of)
		var got []string
		for _, m := range matches {
			repo := inv.Repositories[m.Repository]
			if m.Tags == nil && m.Revisions == nil {
				got = append(got, repo.Name)
			}
			for _, i := range m.Tags {
				got = append(got, repo.Name+":"+repo.Tags[i].Name)
			}
			for _, i := range m.Revisions {
				got = append(got, repo.Name+"@"+tree.Name(inv.Digests.Digest(repo.Revisions[i].Digest)))
			}
		}
		said := strings.Join(got, ", ")
		var unknown *UnknownError
		if errors.As(err, &unknown) {
			said = unknown.Error()
			if unknown.Meant != "" {
				said += ", meant " + unknown.Meant
			}
			if unknown.Below != "" {
				said += ", below it " + unknown.Below
			}
			said = strings.ReplaceAll(said, tree.Digest("B").String(), "B")
		}
		if diff := cmp.Diff(c.want, said); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", c.of, diff)
		}
	}
}
