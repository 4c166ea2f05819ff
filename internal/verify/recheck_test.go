package verify

import (
	"testing"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"

	"github.com/opencontainers/go-digest"
)

// TestRecheck: what somebody is pushing meanwhile is not damaged.
func TestRecheck(t *testing.T) {
	began, now := time.Unix(1000, 0), time.Unix(2000, 0)
	pushed := digest.FromString("pushed")
	memory := storetest.NewMemory()
	for path, at := range map[string]int64{"old": 500, "new": 1500, "ahead": 9000} {
		memory.Put(path, storetest.Thing{Type: store.Regular, Text: "x", MTime: time.Unix(at, 0).UnixNano()})
	}
	memory.Put(layout.Revision("app", pushed)+"/link", storetest.Thing{Type: store.Regular, Text: "x"})
	memory.Put("symlink", storetest.Thing{Type: store.Symlink, Text: "old"})
	dir, err := memory.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	stays := []Damage{
		{Code: Corrupt, Path: "old"}, {Code: Corrupt, Path: "ahead"}, {Code: Unreadable, Path: "old"}, {Code: Missing, Path: "none"},
		{Code: Dangling, Path: "old", Repository: "app", Digest: digest.FromString("gone")},
		{Code: Missing, Path: "old", witness: "none"},
	}
	moves := []Damage{
		{Code: Corrupt, Path: "new"}, {Code: Corrupt, Path: "none"}, {Code: Missing, Path: "old"}, {Code: Missing, Path: "new"},
		{Code: Dangling, Path: "new", Repository: "app", Digest: digest.FromString("gone")},
		{Code: Dangling, Path: "old", Repository: "app", Digest: pushed},
		{Code: Missing, Path: "none", witness: "old"},
		{Code: Unreadable, Path: "symlink"},
	}
	for _, d := range stays {
		if damage, unsure := Recheck(dir, began, now, []Damage{d}); len(damage) != 1 || len(unsure) != 0 {
			t.Errorf("%+v is taken for changed", d)
		}
	}
	for _, d := range moves {
		if damage, unsure := Recheck(dir, began, now, []Damage{d}); len(damage) != 0 || len(unsure) != 1 {
			t.Errorf("%+v is taken for damage", d)
		}
	}
}
