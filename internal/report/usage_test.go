package report

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store"
	"regjanitor/internal/usage"
)

func TestListUsage(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	const mib = 1 << 20
	repositories := []usage.Row{
		{Kind: usage.Repository, Repository: "team/app", Tags: 1200, Untagged: 3, Bytes: 8 * mib, Exclusive: 6 * mib, Shared: 4 * mib, Reclaimable: 2 * mib},
		{Kind: usage.Repository, Repository: "a\x1b\n", Bytes: 5 * mib, Exclusive: 5 * mib},
		{Kind: usage.Others, Repositories: 1500, Tags: 7000, Bytes: 3 * mib, Exclusive: 3 * mib},
		{Kind: usage.Shared, Bytes: 4 * mib},
		{Kind: usage.Links, Bytes: 4096},
	}
	tags := []usage.Row{
		{Kind: usage.Tag, Repository: "team/app", Tag: "v1", Aliases: []string{"v2"}, Bytes: 8 * mib, Exclusive: 8 * mib, Pushed: now.Add(-49 * time.Hour)},
		{Kind: usage.Tag, Repository: "team/app", Tag: "ghost", Shared: mib},
		{Kind: usage.Others, Tags: 12},
	}
	layers := []usage.Row{
		{Kind: usage.Layer, Digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Media: "layer", Tags: 3, Repositories: 2, Bytes: 3 * mib, Shared: 3 * mib},
		{Kind: usage.Garbage, Bytes: mib, Reclaimable: mib},
	}
	for _, c := range []struct {
		by     string
		rows   []usage.Row
		width  int
		blocks bool
		want   string
	}{
		{by: "repo", rows: repositories, want: `
NAME                TAGS   UNTAGGED  SIZE     EXCLUSIVE  SHARED   RECLAIMABLE
team/app            1,200  3         8.0 MiB  6.0 MiB    4.0 MiB  2.0 MiB      ################
a\x1b\n             -      -         5.0 MiB  5.0 MiB    -        -            ##########
-----------------------------------------------------------------------------------------------
others (1,500)      7,000  -         3.0 MiB  3.0 MiB    -        -            ######
shared by several   -      -         4.0 MiB  -          -        -            ########
links, directories  -      -         4.0 KiB  -          -        -
-----------------------------------------------------------------------------------------------
total               -      -         21 MiB   -          -        3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
		{by: "repo", rows: repositories[:1], blocks: true, want: `
NAME      TAGS   UNTAGGED  SIZE     EXCLUSIVE  SHARED   RECLAIMABLE
team/app  1,200  3         8.0 MiB  6.0 MiB    4.0 MiB  2.0 MiB      ████████████████
─────────────────────────────────────────────────────────────────────────────────────
total     -      -         21 MiB   -          -        3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
		{by: "tag", rows: tags, want: `
NAME             PUSHED      SIZE     EXCLUSIVE  SHARED   RECLAIMABLE
team/app:v1, v2  2 days ago  8.0 MiB  8.0 MiB    -        -            ################
team/app:ghost   -           -        -          1.0 MiB  -
---------------------------------------------------------------------------------------
others (12)      -           -        -          -        -
---------------------------------------------------------------------------------------
total            -           21 MiB   -          -        3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
		{by: "layer", rows: layers, width: 100, want: `
NAME                 KIND   REPOSITORIES  TAGS  SIZE     EXCLUSIVE  SHARED   RECLAIMABLE
sha256:0123456789ab  layer  2             3     3.0 MiB  -          3.0 MiB  -            ##########
----------------------------------------------------------------------------------------------------
garbage              -      -             -     1.0 MiB  -          -        1.0 MiB      ###
----------------------------------------------------------------------------------------------------
total                -      -             -     21 MiB   -          -        3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
		{by: "repo", rows: repositories, width: 85, blocks: true, want: `
NAME                TAGS   UNTAGGED  SIZE     EXCLUSIVE  SHARED   RECLAIMABLE
team/app            1,200  3         8.0 MiB  6.0 MiB    4.0 MiB  2.0 MiB      ██████
a\x1b\n             -      -         5.0 MiB  5.0 MiB    -        -            ███▊
─────────────────────────────────────────────────────────────────────────────────────
others (1,500)      7,000  -         3.0 MiB  3.0 MiB    -        -            ██▎
shared by several   -      -         4.0 MiB  -          -        -            ███
links, directories  -      -         4.0 KiB  -          -        -
─────────────────────────────────────────────────────────────────────────────────────
total               -      -         21 MiB   -          -        3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
		{by: "repo", rows: repositories, width: 60, want: `
NAME                TAGS   UNTAGGED  SIZE     EXCLUSIVE  SHARED   RECLAIMABLE
team/app            1,200  3         8.0 MiB  6.0 MiB    4.0 MiB  2.0 MiB
a\x1b\n             -      -         5.0 MiB  5.0 MiB    -        -
-------------------------------------------------------------------------
others (1,500)      7,000  -         3.0 MiB  3.0 MiB    -        -
shared by several   -      -         4.0 MiB  -          -        -
links, directories  -      -         4.0 KiB  -          -        -
-------------------------------------------------------------------------
total               -      -         21 MiB   -          -        3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
		{by: "repo", want: `
NAME   TAGS  UNTAGGED  SIZE    EXCLUSIVE  SHARED  RECLAIMABLE
total  -     -         21 MiB  -          -       3.0 MiB

21 MiB in all; sweep frees 3.0 MiB; 80 GiB free
`},
	} {
		u := UsageOf(&usage.Usage{Total: 21 * mib, Reclaimable: 3 * mib, Rows: c.rows}, c.by, 80<<30)
		var out bytes.Buffer
		ListUsage(&out, Paint{Width: c.width}, u, now, c.blocks)
		if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), out.String()); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", c.by, diff)
		}
	}
}

// TestNcdu: whatever bytes names are made of, the document is one, and names can be
// told apart.
func TestNcdu(t *testing.T) {
	tree := registrytest.Build(t, `
		A = image c x y
		push team/app:v1 A
		push odd:v1 A
		move repositories/odd "repositories/\xff\x1b\"q\""
		blob z
	`)
	root, err := store.OpenRoot(tree.V2, false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	inv, err := inventory.Scan(context.Background(), root, inventory.Options{Jobs: 2, EveryLink: true})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Ncdu(&out, &Header{Root: "/srv/\xfe", Version: "v9", Started: registrytest.Now}, inv, nil); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Bytes()) {
		t.Errorf("no JSON: %s", &out)
	}
	for _, want := range []string{
		`[1,2,{"progname":"regjanitor","progver":"v9","timestamp":1772366400},`,
		`[{"name":"/srv/\\xfe"}`, `[{"name":"\\xff\\x1b\\\"q\\\""}`, `"hlnkc":true,"nlink":2}`, `[{"name":"(orphan blobs)"}`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in\n%s", want, &out)
		}
	}
}
