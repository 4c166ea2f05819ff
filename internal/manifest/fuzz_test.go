package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"regjanitor/internal/layout"
)

// seeds are the examples, one manifest of every media type, and trouble.
func seeds(f *testing.F) {
	for name := range examples {
		f.Add(example(f, name))
	}
	for mediaType := range kinds {
		f.Add(fill(`{"schemaVersion":2,"mediaType":"` + mediaType + `","config":{"digest":"<A>"},"subject":{"digest":"<C>"},` +
			`"manifests":[{"mediaType":"` + mediaType + `","digest":"<B>","urls":["https://example.com"]}]}`))
	}
	for _, text := range []string{
		``, `{`, `{}`, `[]`, `null`, `{"a":1,}`, `{"schemaVersion":2}`, "\ufeff{}", `{} {}`, "{\"\xff\":\"\xff\"}",
		`{"schemaVersion":1,"fsLayers":[{"blobSum":"<A>"},{"blobSum":"tarsum.v1+<B>"}]}`,
		`{"schemaVersion":2,"mediaType":"x/y","layers":[{"digest":"<A>"}]}`,
		`{"schemaVersion":2,"layers":[{"digest":"<A>"}],"Layers":[{"DIGEST":"<B>","digest":"<C>"}],"layers":null}`,
		`{"schemaVersion":2,"l\u0061yers":[{"\u0064igest":"sha256\u003a` + hexA + `"}],"layerſ":[{"digest":"<B>"}]}`,
		`{"schemaVersion":2,"config":[{"digest":"<A>"}],"layers":{"digest":"<B>"},"subject":"<C>"}`,
		`{"n":[-0,0.5e-7,1E+9,-10.25],"w":[true,false,null],"s":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud800"}`,
		strings.Repeat("[", 200) + strings.Repeat("]", 200),
	} {
		f.Add(fill(text))
	}
}

// FuzzParse: nothing panics; the oracle agrees; and what the standard library's
// decoder takes for digests is among what is found.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := check(data); err != nil {
			t.Fatalf("%s\n%q", err, data)
		}
	})
}

// FuzzSyntax: what the scanner takes for JSON is what json.Valid does.
func FuzzSyntax(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := accepts(data), json.Valid(data); got != want {
			t.Fatalf("accepted: %v; by json.Valid: %v\n%q", got, want, data)
		}
	})
}

func accepts(data []byte) bool {
	s := scanner{data: data}
	s.value()
	return s.end()
}

// check compares a Reader and Mentions with the oracle and the standard library.
func check(data []byte) error {
	m, err := parse(data)
	if err := forgets(data, m, err); err != nil {
		return err
	}
	want := judge(data)
	if !errors.Is(err, want.err) || (m == nil) != (err != nil) {
		return fmt.Errorf("the Reader says %v, the oracle %v", err, want.err)
	}
	mentioned := Mentions(data)
	for _, text := range decoded(data) {
		d, notDigest := layout.ParseReferenceKey(text)
		if notDigest != nil {
			continue
		}
		plain := strings.Contains(string(data), text) && !layout.IsTarsum(d.Digest())
		found := m != nil && (slices.Contains(digests(m), d) || slices.Contains(m.Subjects, d))
		if m != nil && !found || m == nil && plain && !slices.Contains(mentioned, d) {
			return fmt.Errorf("a reader finds %s, which is lost", d)
		}
		if plain && !slices.Contains(mentioned, d) {
			return fmt.Errorf("%s is not mentioned", d)
		}
	}
	if m == nil {
		return nil
	}
	var subjects []layout.Key
	for _, ref := range want.subjects {
		subjects = append(subjects, ref.Digest)
	}
	if !slices.Equal(m.References, want.references) || !slices.Equal(m.Subjects, subjects) {
		return fmt.Errorf("the Reader finds %+v, the oracle %+v", *m, want)
	}
	return nil
}

// forgets compares what a fresh Reader says with what one does that has read
// other manifests: one of everything, and one that ended in the middle.
func forgets(data []byte, fresh *Manifest, freshErr error) error {
	var r Reader
	for _, before := range []string{
		`{"schemaVersion":1,"mediaType":"` + mediaTypeSchema1 + `","config":{"mediaType":"` + mediaTypeList + `","digest":"<A>","urls":[0]},` +
			`"layers":[{"digest":"<B>"}],"manifests":[],"blobs":[],"fsLayers":[],"subject":{"digest":"<C>"}}`,
		`{"schemaVersion":3,"mediaType":"x/y","subject":{"digest":"<C>"},"config":5,"manifests":[{"digest":"<A>","mediaType":"` + mediaTypeList,
	} {
		r.Read(fill(before)) //nolint:errcheck // what it leaves behind is the question
		m, err := r.Read(data)
		if fmt.Sprint(err) != fmt.Sprint(freshErr) || (m == nil) != (fresh == nil) {
			return fmt.Errorf("a used Reader says %v, a fresh one %v", err, freshErr)
		}
		if m != nil && (m.Kind != fresh.Kind || !slices.Equal(m.References, fresh.References) || !slices.Equal(m.Subjects, fresh.Subjects)) {
			return fmt.Errorf("a used Reader finds %+v, a fresh one %+v", *m, *fresh)
		}
	}
	return nil
}

// decoded is what a reader finds that has the standard library decode the
// manifest into structs. Of a value of the wrong type it keeps what it can.
func decoded(data []byte) []string {
	type descriptor struct{ Digest, BlobSum string }
	var manifest struct {
		Config, Subject                    descriptor
		Layers, Manifests, Blobs, FsLayers []descriptor
	}
	json.Unmarshal(data, &manifest) //nolint:errcheck // see above
	var found []string
	for _, list := range [][]descriptor{
		{manifest.Config, manifest.Subject}, manifest.Layers, manifest.Manifests, manifest.Blobs, manifest.FsLayers,
	} {
		for _, d := range list {
			found = append(found, d.Digest, d.BlobSum)
		}
	}
	return found
}
