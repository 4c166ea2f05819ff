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
	manifests := []listing.Manifest{
		{Repository: "team/app", Tag: "v1", Digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Kind: "index(2)", Referrers: 2, Bytes: 1 << 20, Pushed: now.Add(-time.Hour), Created: now.Add(-24 * time.Hour)},
		{Repository: "team/app", Tag: "bad", Kind: "broken link", Pushed: now.Add(time.Hour)},
		{Repository: "team/app", Digest: "sha256:ff", Kind: "image", Referrers: 1},
	}
	l := ListingOf(repositories, manifests)
	var out bytes.Buffer
	ListRepositories(&out, Paint{}, l.Repositories, now)
	ListManifests(&out, Paint{}, l.Tags, now, false)
	const want = `REPOSITORY   TAGS   UNTAGGED  SIZE     PUSHED
team/app     1,200  3         5.0 GiB  2 days ago
a\x1b[31m\n  0      0         0 B      -
NAME                 DIGEST               KIND                     SIZE     PUSHED           CREATED
team/app:v1          sha256:0123456789ab  index(2) + 2 signatures  1.0 MiB  1 hour ago       1 day ago
team/app:bad         -                    broken link              0 B      1 hour from now  -
team/app (untagged)  sha256:ff            image + 1 signature      0 B      -                -
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	out.Reset()
	if err := Write(&out, ListingOf(nil, nil)); err != nil || !bytes.Contains(out.Bytes(), []byte(`"repositories": []`)) || !bytes.Contains(out.Bytes(), []byte(`"tags": []`)) {
		t.Errorf("an empty listing is %s, %v", &out, err)
	}
}
