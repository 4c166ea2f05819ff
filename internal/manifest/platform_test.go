package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
)

func TestPlatformsOfAnIndex(t *testing.T) {
	a, b, c, d := digest.FromString("a"), digest.FromString("b"), digest.FromString("c"), digest.FromString("d")
	index := `{"manifests":[
		{"digest":"` + a.String() + `","platform":{"os":"linux","architecture":"amd64"}},
		{"digest":"` + b.String() + `","platform":{"os":"linux","architecture":"arm","variant":"v7"}},
		{"digest":"` + c.String() + `","platform":{"os":"unknown","architecture":"unknown"}},
		{"digest":"` + d.String() + `"}]}`
	want := map[digest.Digest]string{a: "linux/amd64", b: "linux/arm/v7"}
	if diff := cmp.Diff(want, Platforms([]byte(index))); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestPlatform(t *testing.T) {
	for data, want := range map[string]string{
		`{"os":"linux","architecture":"arm64","variant":"v8"}`: "linux/arm64/v8",
		`{"os":"windows","architecture":"amd64"}`:              "windows/amd64",
		`{"architecture":"amd64","fsLayers":[]}`:               "linux/amd64", // schema 1
		`{}`:                                                   "",
		`{"architecture":7}`:                                   "",
		`[]`:                                                   "",
		strings.Repeat(`[`, 10_000):                            "",
		``:                                                     "",
	} {
		if got := Platform([]byte(data)); got != want {
			t.Errorf("%.60s: got %q; want %q", data, got, want)
		}
	}
}
