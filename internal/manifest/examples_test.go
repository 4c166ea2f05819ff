package manifest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

// named is the digest that testdata gives to a thing of this name.
func named(name string) digest.Digest {
	if name == "{}" {
		return digest.FromString(name)
	}
	return digest.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name))))
}

func key(name string) layout.Key { return layout.KeyOf(named(name)) }

func leaf(name string) Reference    { return Reference{Digest: key(name)} }
func config(name string) Reference  { return Reference{Digest: key(name), Config: true} }
func foreign(name string) Reference { return Reference{Digest: key(name), Foreign: true} }
func child(name string) Reference   { return Reference{Digest: key(name), Manifest: true} }

var examples = map[string]Manifest{
	"schema1": {Kind: Schema1, References: []Reference{
		leaf("empty layer"), leaf("base layer"), leaf("empty layer"),
		{Digest: layout.KeyOf("tarsum.v1+" + named("old layer"))},
	}},
	"schema2": {Kind: Schema2, References: []Reference{config("docker config"), foreign("windows base"), leaf("docker layer")}},
	"list":    {Kind: List, References: []Reference{child("amd64"), child("ppc64")}},
	"image": {Kind: Image, References: []Reference{
		config("oci config"), leaf("oci layer 1"), leaf("oci layer 2"), foreign("oci foreign"),
	}},
	// An attestation is a child like the others; that it names its sibling is no edge.
	"index": {Kind: Index, References: []Reference{
		child("linux/amd64"), child("linux/arm64"), child("attestation"), child("nested index"),
	}},
	// Inline data does not spare the empty descriptor its blob.
	"referrer": {
		Kind:       Image,
		References: []Reference{config("{}"), leaf("sbom")},
		Subjects:   []layout.Key{key("linux/amd64")},
		Artifact:   "application/vnd.example.sbom.v1+json",
	},
	"referrers-index": {
		Kind:       Index,
		References: []Reference{child("signature")},
		Subjects:   []layout.Key{key("multi-arch")},
		Artifact:   "application/vnd.example.set",
	},
	"artifact": {
		Kind:       Artifact,
		References: []Reference{leaf("scan report"), leaf("scan log")},
		Subjects:   []layout.Key{key("linux/amd64")},
		Artifact:   "application/vnd.example.scan",
	},
	// The children of a cache index are layers, and say so.
	"buildkit-cache": {Kind: Index, References: []Reference{leaf("cached layer 1"), leaf("cached layer 2"), leaf("cache config")}},
}

// asText lets a difference show digests.
var asText = cmp.Transformer("digest", layout.Key.Digest)

var whateverSize = cmpopts.IgnoreFields(Reference{}, "Size")

// parse reads with a Reader that has read nothing before.
func parse(data []byte) (*Manifest, error) { return new(Reader).Read(data) }

func example(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEachKindRefersToWhatItsPullNeeds(t *testing.T) {
	for name, want := range examples {
		t.Run(name, func(t *testing.T) {
			got, err := parse(example(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got, asText, whateverSize); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestEveryExampleIsInTheTable(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(examples) {
		t.Errorf("%d files, %d examples, %v", len(files), len(examples), err)
	}
}

// Registries before 2.3 and many clients leave the media type out.
func TestTheKindShowsWithoutAMediaType(t *testing.T) {
	for name, want := range examples {
		text := string(example(t, name))
		_, after, ok := strings.Cut(text, "\n   \"mediaType\": \"")
		if !ok {
			continue
		}
		mediaType, _, _ := strings.Cut(after, `"`)
		text = strings.Replace(text, fmt.Sprintf("\n   \"mediaType\": %q,", mediaType), "", 1)
		if want.Kind == Artifact { // the one kind without a schema version
			text = `{"schemaVersion":2,` + strings.TrimPrefix(text, "{")
		}
		switch want.Kind {
		case Schema2:
			want.Kind = Image
		case List:
			want.Kind = Index
		}
		got, err := parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(&want, got, asText, whateverSize); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// What a Reader finds is no more than what the text mentions, a tarsum's name apart.
func TestMentionsOfTheExamples(t *testing.T) {
	for name, want := range examples {
		mentioned := Mentions(example(t, name))
		for _, ref := range want.References {
			text := strings.TrimPrefix(ref.Digest.String(), "tarsum.v1+")
			if !slices.Contains(mentioned, layout.KeyOf(digest.Digest(text))) {
				t.Errorf("%s: %s is not mentioned", name, text)
			}
		}
		for _, subject := range want.Subjects {
			if !slices.Contains(mentioned, subject) {
				t.Errorf("%s: subject %s is not mentioned", name, subject)
			}
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	names := map[string]bool{}
	for k := Unknown; k <= Artifact; k++ {
		names[k.String()] = true
	}
	if len(names) != 7 {
		t.Errorf("names of the kinds: %v", names)
	}
}

func TestAMediaTypeMayHaveParametersAndCapitals(t *testing.T) {
	for _, mediaType := range []string{
		"application/vnd.oci.image.index.v1+json; charset=utf-8",
		" application/vnd.oci.image.index.v1+json ",
		"Application/VND.oci.image.index.v1+JSON",
		"application/vnd.oci.image.index.v1+json;",
		`application\/vnd.oci.image.index.v1\u002bjson`,
	} {
		got, err := parse([]byte(`{"schemaVersion":2,"mediaType":"` + mediaType + `","manifests":[` +
			`{"mediaType":"` + mediaType + `","digest":"` + string(named("x")) + `"}]}`))
		if err != nil {
			t.Errorf("%q: %v", mediaType, err)
			continue
		}
		if got.Kind != Index || len(got.References) != 1 || !got.References[0].Manifest {
			t.Errorf("%q: %+v", mediaType, got)
		}
	}
}
