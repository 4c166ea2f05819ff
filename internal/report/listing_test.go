package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/listing"
)

func TestListings(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	repositories := []listing.Repository{
		{Name: "team/app", Tags: 1200, Untagged: 3, Bytes: 5 << 30, Pushed: now.Add(-49 * time.Hour)},
		{Name: "a\x1b[31m\n"},
	}
	const hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	signed := listing.Manifest{
		Repository: "team/app", Tag: "v1", Digest: "sha256:" + hex, Kind: "index(2)", Bytes: 1 << 20,
		Referrers: []listing.Referrer{{Purpose: "sbom", Digest: "a"}, {Purpose: "index", Digest: "b"}, {Purpose: "signature", Digest: "c"}, {Purpose: "signature", Digest: "d"}, {Purpose: "signature", Digest: "d", Tag: "again"}},
		Pushed:    now.Add(-time.Hour), Created: now.Add(-24 * time.Hour), Platforms: []string{"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386"},
	}
	signature := listing.Manifest{Repository: "team/app", Tag: "sha256-" + hex + ".sig", Digest: "sha256:ee", Kind: "artifact", Purpose: "signature"}
	rows := []listing.Row{
		{Manifest: signed, Beneath: []listing.Manifest{signature}},
		{Manifest: listing.Manifest{Repository: "team/app", Tag: "bad", Kind: "broken link", Pushed: now.Add(time.Hour)}},
		{Manifest: listing.Manifest{Repository: "team/app", Digest: "sha256:ff", Kind: "image", Referrers: []listing.Referrer{{Purpose: "referrer"}}, Platforms: []string{"windows/amd64\x1b"}}},
	}
	var out bytes.Buffer
	ListRepositories(&out, Paint{}, repositories, now)
	ListManifests(&out, Paint{}, rows, Look{Now: now})
	ListManifests(&out, Paint{}, rows[:1], Look{Now: now, Beneath: true})
	ListManifests(&out, Paint{}, rows[:1], Look{Now: now, Digests: true})
	NameRepositories(&out, repositories)
	NameManifests(&out, []*listing.Manifest{&rows[0].Manifest, &rows[2].Manifest})
	const want = `REPOSITORY   TAGS   UNTAGGED  SIZE     PUSHED
team/app     1,200  3         5.0 GiB  2 days ago
a\x1b[31m\n  0      0         0 B      -
NAME                 DIGEST               KIND                             PLATFORM                    SIZE     PUSHED           CREATED
team/app:v1          sha256:0123456789ab  index(2) + 2 signatures, 1 sbom  linux/amd64,linux/arm64,+2  1.0 MiB  1 hour ago       1 day ago
team/app:bad         -                    broken link                      -                           0 B      1 hour from now  -
team/app (untagged)  sha256:ff            image + 1 referrer               windows/amd64\x1b           0 B      -                -
NAME                                 DIGEST               KIND                             PLATFORM                                        SIZE     PUSHED      CREATED
team/app:v1                          sha256:0123456789ab  index(2) + 2 signatures, 1 sbom  linux/amd64,linux/arm64,linux/arm/v7,linux/386  1.0 MiB  1 hour ago  1 day ago
  team/app:sha256-0123456789ab….sig  sha256:ee            signature                        -                                               0 B      -           -
NAME         DIGEST                                                                   KIND                             PLATFORM                    SIZE     PUSHED      CREATED
team/app:v1  sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  index(2) + 2 signatures, 1 sbom  linux/amd64,linux/arm64,+2  1.0 MiB  1 hour ago  1 day ago
team/app
a\x1b[31m\n
team/app:v1
team/app@sha256:ff
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	out.Reset()
	if err := Write(&out, ListingOf(nil, nil)); err != nil || !bytes.Contains(out.Bytes(), []byte(`"repositories": []`)) || !bytes.Contains(out.Bytes(), []byte(`"tags": []`)) {
		t.Errorf("an empty listing is %s, %v", &out, err)
	}
}
