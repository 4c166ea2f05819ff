package manifest

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

var a, b, c = key("a"), key("b"), key("c")

// fill puts digests for A, B and C, and saves the tests from writing them out.
func fill(text string) []byte {
	return []byte(strings.NewReplacer("<A>", a.String(), "<B>", b.String(), "<C>", c.String()).Replace(text))
}

// hexA is a without its algorithm.
var hexA = a.Digest().Encoded()

func digests(m *Manifest) []layout.Key {
	var list []layout.Key
	for _, ref := range m.References {
		list = append(list, ref.Digest)
	}
	return list
}

// 22: whichever of several keys a reader follows, what it finds is among these.
func TestEveryReadingOfAKeyCounts(t *testing.T) {
	for what, text := range map[string]string{
		"a list given twice":             `{"schemaVersion":2,"layers":[{"digest":"<A>"}],"layers":[{"digest":"<B>"}]}`,
		"a list, then null":              `{"schemaVersion":2,"layers":[{"digest":"<A>"},{"digest":"<B>"}],"layers":null}`,
		"a list, then an empty one":      `{"schemaVersion":2,"layers":[{"digest":"<A>"},{"digest":"<B>"}],"layers":[]}`,
		"a digest given twice":           `{"schemaVersion":2,"layers":[{"digest":"<A>","digest":"<B>"}]}`,
		"a config given twice":           `{"schemaVersion":2,"config":{"digest":"<A>"},"config":{"digest":"<B>"}}`,
		"capitals":                       `{"SchemaVersion":2,"LAYERS":[{"Digest":"<A>"},{"DIGEST":"<B>"}]}`,
		"capitals beside the real key":   `{"schemaVersion":2,"layers":[{"digest":"<A>","Digest":"<B>"}]}`,
		"escaped keys":                   `{"schema\u0056ersion":2,"l\u0061yers":[{"\u0064igest":"<A>"},{"digest":"<B>"}]}`,
		"escaped values":                 `{"schemaVersion":2,"layers":[{"digest":"sha256\u003a` + hexA + `"},{"digest":"<B>"}]}`,
		"letters that fold to others":    `{"\u017fchemaVersion":2,"layerſ":[{"digest":"<A>"},{"digeſt":"<B>"}]}`,
		"all lists at once":              `{"schemaVersion":2,"layers":[{"digest":"<A>"}],"manifests":[{"digest":"<B>"}]}`,
		"lists of another kind":          `{"schemaVersion":2,"mediaType":"` + mediaTypeList + `","blobs":[{"digest":"<A>"}],"config":{"digest":"<B>"}}`,
		"schema1's key in a descriptor":  `{"schemaVersion":2,"layers":[{"blobSum":"<A>"},{"digest":"<B>"}]}`,
		"a descriptor's key in schema1":  `{"schemaVersion":1,"fsLayers":[{"digest":"<A>"},{"blobSum":"<B>"}]}`,
		"both of these":                  `{"schemaVersion":1,"fsLayers":[{"digest":"<A>","blobSum":"<B>"}]}`,
		"space everywhere":               "\n\t{ \"schemaVersion\" :\r2 , \"layers\" : [ { \"digest\" : \"<A>\" } , { \"digest\":\"<B>\"\n} ] }\n ",
		"members that mean nothing here": `{"schemaVersion":2,"x":[{"digest":"<C>"}],"layers":[{"x":{"digest":"<C>"},"digest":"<A>"},{"digest":"<B>"}]}`,
		"nulls in a list":                `{"schemaVersion":2,"layers":[null,{"digest":"<A>"},null,{"digest":"<B>"}],"config":null,"subject":null}`,
		"two media types that are known": `{"schemaVersion":2,"mediaType":"` + mediaTypeList + `","mediaType":"` + mediaTypeSchema2 + `","layers":[{"digest":"<A>"},{"digest":"<B>"}]}`,
		"a media type of null":           `{"schemaVersion":2,"mediaType":null,"layers":[{"mediaType":null,"digest":"<A>"},{"digest":"<B>"}]}`,
		"an empty media type":            `{"schemaVersion":2,"mediaType":"","layers":[{"mediaType":"","digest":"<A>"},{"digest":"<B>"}]}`,
	} {
		m, err := parse(fill(text))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got := digests(m); !slices.Equal(got, []layout.Key{a, b}) {
			t.Errorf("%s: %s; want a and b", what, got)
		}
	}
}

func TestSubjects(t *testing.T) {
	for text, want := range map[string][]layout.Key{
		`{"schemaVersion":2,"layers":[]}`:                                                                      nil,
		`{"schemaVersion":2,"layers":[],"subject":null}`:                                                       nil,
		`{"schemaVersion":2,"layers":[],"subject":{"digest":"<A>"}}`:                                           {a},
		`{"schemaVersion":2,"manifests":[],"Subject":{"digest":"<A>"},"subject":null}`:                         {a},
		`{"schemaVersion":2,"layers":[],"subject":{"digest":"<A>"},"subject":{"digest":"<B>","Digest":"<C>"}}`: {a, b, c},
	} {
		m, err := parse(fill(text))
		if err != nil || !slices.Equal(m.Subjects, want) || len(m.References) > 0 {
			t.Errorf("%s: %+v, %v", text, m, err)
		}
	}
}

func TestMarksOfAReference(t *testing.T) {
	for text, want := range map[string]Reference{
		`{"digest":"<A>"}`:                                                        {Digest: a},
		`{"digest":"<A>","urls":[]}`:                                              {Digest: a},
		`{"digest":"<A>","urls":null}`:                                            {Digest: a},
		`{"digest":"<A>","urls":"https://example.com"}`:                           {Digest: a},
		`{"digest":"<A>","urls":[ ]}`:                                             {Digest: a},
		`{"digest":"<A>","urls":["https://example.com"]}`:                         {Digest: a, Foreign: true},
		`{"digest":"<A>","urls":["https://example.com"],"urls":[]}`:               {Digest: a, Foreign: true},
		`{"digest":"<A>","mediaType":"` + mediaTypeSchema1Signed + `"}`:           {Digest: a, Manifest: true},
		`{"digest":"<A>","size":5120}`:                                            {Digest: a, Size: 5120},
		`{"size":999999999999999999,"digest":"<A>"}`:                              {Digest: a, Size: 999999999999999999},
		`{"size":1000000000000000000,"digest":"<A>"}`:                             {Digest: a},
		`{"size":1e3,"digest":"<A>"}`:                                             {Digest: a},
		`{"size":-12,"digest":"<A>"}`:                                             {Digest: a},
		`{"size":"12","digest":"<A>"}`:                                            {Digest: a},
		`{"mediaType":"` + mediaTypeArtifact + `","digest":"<A>"}`:                {Digest: a, Manifest: true},
		`{"digest":"<A>","mediaType":"` + mediaTypeList + `","mediaType":"x/y"}`:  {Digest: a, Manifest: true},
		`{"digest":"<A>","mediaType":"application/vnd.oci.image.config.v1+json"}`: {Digest: a},
	} {
		for _, list := range []string{"layers", "manifests", "blobs", "fsLayers"} {
			m, err := parse(fill(`{"schemaVersion":2,"config":null,"` + list + `":[` + text + `]}`))
			if list == "fsLayers" {
				m, err = parse(fill(`{"schemaVersion":1,"fsLayers":[` + text + `]}`))
			}
			if err != nil || len(m.References) != 1 || m.References[0] != want {
				t.Errorf("%s in %s: %+v, %v; want %+v", text, list, m, err, want)
			}
		}
		want.Config = true
		m, err := parse(fill(`{"schemaVersion":2,"config":` + text + `}`))
		if err != nil || len(m.References) != 1 || m.References[0] != want {
			t.Errorf("%s as config: %+v, %v; want %+v", text, m, err, want)
		}
	}
}

// Of any type that a member cannot have, a Reader says so. It never guesses, and
// the mentions are still found.
func TestWrongTypes(t *testing.T) {
	for member, wrong := range map[string][]string{
		"config":    {`5`, `true`, `"<A>"`, `[]`, `[{"digest":"<A>"}]`, `{}`, `{"digest":null}`, `{"digest":5}`, `{"digest":""}`},
		"subject":   {`5`, `"<A>"`, `[{"digest":"<A>"}]`, `{}`, `{"digest":["<A>"]}`, `{"digest":"<A> "}`},
		"layers":    {`5`, `"<A>"`, `{}`, `{"digest":"<A>"}`, `[5]`, `["<A>"]`, `[[{"digest":"<A>"}]]`, `[{}]`, `[{"digest":{"digest":"<A>"}}]`},
		"manifests": {`0`, `false`, `{"0":{"digest":"<A>"}}`, `[""]`, `[{"digest":"sha256:short"}]`, `[{"mediaType":"x/y"}]`},
		"blobs":     {`-1`, `""`, `[true]`, `[{"digest":"latest"}]`, `[{"digest":"<A>","mediaType":5}]`, `[{"digest":"<A>","mediaType":["x/y"]}]`},
		"fsLayers":  {`1e9`, `[1]`, `[{"blobSum":null}]`, `[{"blobSum":"tarsum.V1+<A>"}]`, `[{"blobSum":"md5:00"}]`},
	} {
		for _, value := range wrong {
			text := fill(`{"schemaVersion":2,"mediaType":"` + mediaTypeList + `","x":"<B>","` + member + `":` + value + `}`)
			if _, err := parse(text); !errors.Is(err, ErrDescriptor) {
				t.Errorf("%s: %v", text, err)
			}
			if !slices.Contains(Mentions(text), b) {
				t.Errorf("%s: the mention of b is lost", text)
			}
		}
	}
}

func TestTheFirstBadDescriptorDoesNotHideThatTheRestIsNoJSON(t *testing.T) {
	if _, err := parse([]byte(`{"schemaVersion":2,"config":5,"layers":[}`)); !errors.Is(err, ErrNotJSON) {
		t.Errorf("got %v", err)
	}
}

// 17
func TestUnknownMediaTypesAndVersions(t *testing.T) {
	for text, want := range map[string]error{
		`{"schemaVersion":2,"mediaType":"application/vnd.example.manifest.v9+json","layers":[{"digest":"<A>"}]}`:   ErrMediaType,
		`{"schemaVersion":2,"mediaType":"` + mediaTypeList + `","mediaType":"x/y","manifests":[{"digest":"<A>"}]}`: ErrMediaType,
		`{"schemaVersion":2,"mediaType":"x/y","mediaType":"` + mediaTypeList + `","manifests":[{"digest":"<A>"}]}`: ErrMediaType,
		`{"schemaVersion":2,"mediaType":5,"layers":[{"digest":"<A>"}]}`:                                            ErrMediaType,
		`{"schemaVersion":2,"mediaType":["` + mediaTypeList + `"],"layers":[{"digest":"<A>"}]}`:                    ErrMediaType,
		`{"schemaVersion":2,"note":"<A>"}`:                                                                         ErrMediaType,
		`{"schemaVersion":2,"subject":{"digest":"<A>"}}`:                                                           ErrMediaType,
		`{"layers":[{"digest":"<A>"}]}`:                                                                            ErrSchemaVersion,
		`{"schemaVersion":3,"layers":[{"digest":"<A>"}]}`:                                                          ErrSchemaVersion,
		`{"schemaVersion":1,"layers":[{"digest":"<A>"}]}`:                                                          ErrSchemaVersion,
		`{"schemaVersion":"2","layers":[{"digest":"<A>"}]}`:                                                        ErrSchemaVersion,
		`{"schemaVersion":2.0,"layers":[{"digest":"<A>"}]}`:                                                        ErrSchemaVersion,
		`{"schemaVersion":null,"layers":[{"digest":"<A>"}]}`:                                                       ErrSchemaVersion,
		`{"schemaVersion":2,"schemaVersion":3,"layers":[{"digest":"<A>"}]}`:                                        ErrSchemaVersion,
		`{"schemaVersion":[` + strings.Repeat("9", 1<<16) + `],"layers":[{"digest":"<A>"}]}`:                       ErrSchemaVersion,
		`{"schemaVersion":2,"mediaType":"` + strings.Repeat("x", 1<<16) + `","fsLayers":[{"blobSum":"<A>"}]}`:      ErrMediaType,
		`{"schemaVersion":2,"mediaType":"\ud800\u0000\u001b[2J","layers":[{"digest":"sha256\u003a` + hexA + `"}]}`: ErrMediaType,
	} {
		data := fill(text)
		m, err := parse(data)
		if m != nil || !errors.Is(err, want) {
			t.Errorf("%.100s: %+v, %v; want that it %v", text, m, err, want)
		} else if len(err.Error()) > 300 {
			t.Errorf("%.100s: %d bytes of message", text, len(err.Error()))
		}
		if !slices.Contains(Mentions(data), a) {
			t.Errorf("%.100s: the mention is lost", text)
		}
	}
}

// 16
func TestWhatIsNoJSONObject(t *testing.T) {
	for _, text := range []string{
		"", " ", "{", "}", "{}}", "[]", "null", "5", `"x"`, "true", "[{}]", "\x00", "PK\x03\x04", "<html>",
		"\ufeff" + `{"schemaVersion":2,"layers":[]}`, // a byte order mark
		`{"schemaVersion":2,"layers":[]} {}`,         // data behind it
		`{"schemaVersion":2,"layers":[]}x`,
		`{"schemaVersion":2,"layers":[]}` + "\x00",
		"\v" + `{"schemaVersion":2,"layers":[]}`,
		`{"schemaVersion":2,"layers":[],}`, `{"schemaVersion":2,"layers":[{},]}`, `{,}`, `{"layers"}`, `{"layers":}`, `{layers:[]}`, `{'layers':[]}`,
		`{"schemaVersion":02,"layers":[]}`, `{"schemaVersion":+2,"layers":[]}`, `{"schemaVersion":2.,"layers":[]}`, `{"schemaVersion":.2,"layers":[]}`,
		`{"layers":[] // none` + "\n}", `{"layers":nul}`, `{"layers":nulll}`, `{"layers":NaN}`,
		"{\"layers\n\":[]}", `{"layers":"\x"}`, `{"layers":"\u12"}`, `{"layers":"\u123g"}`, `{"layers":"\`, `{"layers":"\u`,
	} {
		if m, err := parse([]byte(text)); m != nil || !errors.Is(err, ErrNotJSON) {
			t.Errorf("%q: %+v, %v", text, m, err)
		}
	}
}

func TestMentionsNeedNoJSON(t *testing.T) {
	for what, text := range map[string]string{
		"truncated":                 `{"layers":[{"digest":"<A>"},{"digest":"sha256:0123`,
		"truncated in a string":     `{"layers":[{"digest":"<A>`,
		"a byte order mark":         "\ufeff" + `{"layers":[{"digest":"<A>"}]}`,
		"text":                      "needs <A>, and that is all",
		"a stray quote":             `"<A>`,
		"a backslash at the end":    `{"digest":"<A>","x":"\`,
		"escaped":                   `{"digest":"sha256\u003a` + hexA + `"}`,
		"escaped, behind a quote":   `{"x":"\"","digest":"\u0073ha256:` + hexA + `"}`,
		"JSON in a string":          `{"history":[{"v1Compatibility":"{\"x\":\"<A>\"}"}]}`,
		"nested":                    strings.Repeat("[", 50) + `"<A>"` + strings.Repeat("]", 50),
		"as a key":                  `{"<A>":{}}`,
		"glued to other characters": `xx<A>yy`,
		"of a tarsum":               `tarsum.v1+<A>`,
		"among bytes":               "\x00\xff<A>\xff",
	} {
		if got := Mentions(fill(text)); !slices.Contains(got, a) {
			t.Errorf("%s: %s", what, got)
		}
	}
	for _, d := range []digest.Digest{digest.SHA384.FromString("x"), digest.SHA512.FromString("x")} {
		if got := Mentions([]byte(`{"x":"` + string(d) + `"}`)); !slices.Contains(got, layout.KeyOf(d)) {
			t.Errorf("%s: %s", d, got)
		}
	}
	if got := Mentions(fill(`{"x":"sha256:0123","y":"md5:00","z":["latest","\ud800"]}`)); len(got) > 0 {
		t.Errorf("mentions of nothing: %s", got)
	}
}

// 19
func TestAMillionOfAnything(t *testing.T) {
	const million = 1_000_000
	defer debug.SetMaxStack(debug.SetMaxStack(64 << 20))
	for what, text := range map[string]string{
		"arrays":            `{"schemaVersion":2,"x":` + strings.Repeat("[", million) + strings.Repeat("]", million) + `,"layers":[{"digest":"<A>"}]}`,
		"objects":           `{"schemaVersion":2,"layers":[{"digest":"<A>"}],"x":` + strings.Repeat(`{"x":`, million) + "5" + strings.Repeat("}", million) + "}",
		"layers in layers":  `{"schemaVersion":2,"x":"<A>","layers":` + strings.Repeat(`[{"layers":`, million),
		"opening brackets":  strings.Repeat("[", million) + "<A>",
		"opening braces":    strings.Repeat("{", million) + "<A>",
		"quotes":            strings.Repeat(`"`, million) + "<A>",
		"backslashes":       `{"` + strings.Repeat(`\\`, million) + `":"<A>"}x`,
		"config in configs": strings.Repeat(`{"config":`, million) + `"<A>"` + strings.Repeat("}", million),
	} {
		data := fill(text)
		if _, err := parse(data); !errors.Is(err, ErrNotJSON) {
			t.Errorf("%s: %v; what a registry's decoder refuses is not JSON", what, err)
		}
		if !slices.Contains(Mentions(data), a) {
			t.Errorf("%s: the mention is lost", what)
		}
	}
	many, err := parse(fill(`{"schemaVersion":2,"layers":[` + strings.Repeat(`{"digest":"<A>"},`, million-1) + `{"digest":"<B>"}]}`))
	if err != nil || len(many.References) != million || many.References[million-1].Digest != b {
		t.Errorf("a million descriptors: %v", err)
	}
	keys, err := parse(fill(`{"schemaVersion":2` + strings.Repeat(`,"layers":[{"digest":"<A>"}]`, million/10) + `}`))
	if err != nil || len(keys.References) != million/10 {
		t.Errorf("a key given 100,000 times: %v", err)
	}
}

func TestReadingOneAfterAnotherAllocatesNothing(t *testing.T) {
	for name, data := range benchmarked() {
		var r Reader
		if n := testing.AllocsPerRun(100, func() { r.Read(data) }); n > 0 { //nolint:errcheck // BenchmarkParse checks it
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func ExampleReader() {
	var r Reader
	m, err := r.Read([]byte(`{"schemaVersion": 2, "config": {"digest": "sha256:` + strings.Repeat("0", 64) + `"}, "layers": []}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Kind, len(m.References), m.References[0].Config)
	// Output: image 1 true
}
