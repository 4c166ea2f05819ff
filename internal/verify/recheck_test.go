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
	dir, err := memory.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	stays := []Damage{
		{Code: Corrupt, Path: "old"}, {Code: Corrupt, Path: "ahead"}, {Code: Unreadable, Path: "old"}, {Code: Missing, Path: "none"},
		{Code: Dangling, Path: "old", Repository: "app", Digest: digest.FromString("gone")},
	}
	moves := []Damage{
		{Code: Corrupt, Path: "new"}, {Code: Corrupt, Path: "none"}, {Code: Missing, Path: "old"}, {Code: Missing, Path: "new"},
		{Code: Dangling, Path: "new", Repository: "app", Digest: digest.FromString("gone")},
		{Code: Dangling, Path: "old", Repository: "app", Digest: pushed},
	}
	for _, d := range stays {
		if damage, moving := Recheck(dir, began, now, []Damage{d}); len(damage) != 1 || len(moving) != 0 {
			t.Errorf("%+v is taken for changed", d)
		}
	}
	for _, d := range moves {
		if damage, moving := Recheck(dir, began, now, []Damage{d}); len(damage) != 0 || len(moving) != 1 {
			t.Errorf("%+v is taken for damage", d)
		}
	}
}
