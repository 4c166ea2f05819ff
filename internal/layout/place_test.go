package layout

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

func TestPlaces(t *testing.T) {
	d := digest.FromString("a")
	hex := d.Encoded()
	tarsum := digest.Digest("tarsum.v1+sha256:" + hex)
	for _, c := range []struct {
		path string
		want Place
	}{
		{Blob(d), Place{Kind: OfBlob, Digest: d}},
		{BlobData(d), Place{Kind: OfBlob, Digest: d, Rest: "data"}},
		{"blobs/sha256/00/" + hex, Place{}},
		{"blobs/sha256//" + hex, Place{}},
		{"blobs/sha256/" + hex[:2], Place{}},
		{"blobs/sha256/" + hex[:2] + "/" + strings.ToUpper(hex), Place{}},
		{"blobs", Place{}},
		{"", Place{}},
		{"elsewhere/app", Place{}},
		{Layer("team/app", d), Place{Kind: OfLayer, Repository: "team/app", Digest: d}},
		{Layer("app", tarsum) + "/link", Place{Kind: OfLayer, Repository: "app", Digest: tarsum, Rest: "link"}},
		{Revision("app", d) + "/signatures/sha256/x/link", Place{Kind: OfRevision, Repository: "app", Digest: d, Rest: "signatures/sha256/x/link"}},
		{Tag("app", "v1"), Place{Kind: OfTag, Repository: "app", Tag: "v1"}},
		{TagCurrent("app", "v1"), Place{Kind: OfTag, Repository: "app", Tag: "v1", Rest: "current/link"}},
		{Tag("app", "v1") + "/index", Place{Kind: OfTag, Repository: "app", Tag: "v1", Rest: "index"}},
		{TagIndexEntry("app", "index", d) + "/link", Place{Kind: OfTagEntry, Repository: "app", Tag: "index", Digest: d, Rest: "link"}},
		{Upload("app", "x") + "/hashstates/sha256/0", Place{Kind: OfUpload, Repository: "app", ID: "x", Rest: "hashstates/sha256/0"}},
		{Repository("a/tags/b"), Place{Kind: OfRepository, Repository: "a/tags/b"}},
		{Repository("app") + "/_manifests/tags", Place{Repository: "app"}},
		{Repository("app") + "/_layers/sha256/zz", Place{Repository: "app"}},
		{Repository("app") + "/_referrers/sha256/" + hex, Place{Repository: "app"}},
		{"repositories", Place{}},
	} {
		if got := ParsePlace(c.path); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.path, got, c.want)
		}
	}
}
