package layout

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

func FuzzParseDigest(f *testing.F) {
	for _, text := range notDigests {
		f.Add(text)
	}
	f.Add(string(sha256))
	f.Add(string(sha384))
	f.Add(string(sha512))
	f.Fuzz(func(t *testing.T, text string) {
		keysAgree(t, text)
		d, err := ParseDigest(text)
		if valid := digest.Digest(text).Validate() == nil; valid != (err == nil) {
			t.Fatalf("ParseDigest(%q): %v; the library says %v", text, err, valid)
		}
		if err != nil {
			return
		}
		if string(d) != text {
			t.Fatalf("ParseDigest(%q) = %q", text, d)
		}
		names := strings.Split(BlobData(d), "/")
		if len(names) != 5 || names[2] != names[3][:2] {
			t.Fatalf("the blob of %q is at %q", d, names)
		}
		if back, err := ParseLeaf(names[1], names[3]); back != d || err != nil {
			t.Fatalf("the path of %q reads as %q, %v", d, back, err)
		}
	})
}

func FuzzParseReference(f *testing.F) {
	for _, text := range notDigests {
		f.Add(text)
	}
	for _, text := range []string{string(sha256), "tarsum+sha256:" + hex64, "tarsum.v0+sha256:" + hex64, "tarsum.v1+sha512:" + hex128} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keysAgree(t, text)
		d, err := ParseReference(text)
		if err != nil {
			return
		}
		if again, err := ParseReference(string(d)); again != d || err != nil {
			t.Fatalf("%q reads as %q, and that as %q, %v", text, d, again, err)
		}
		for _, full := range []string{Layer("a/b", d), Revision("a/b", d), TagIndexEntry("a/b", "v1", d)} {
			if back := parseLink(t, full); back != d {
				t.Fatalf("%q lies at %s, which reads as %q", d, full, back)
			}
		}
	})
}

// parseLink reads the digest back from the directory of a link, as a scan
// does, by the names below the last directory that is not a digest's.
func parseLink(t *testing.T, full string) digest.Digest {
	t.Helper()
	if path.Clean(full) != full {
		t.Fatalf("%s is not the shortest path", full)
	}
	names := strings.Split(full, "/")
	var d digest.Digest
	var err error
	if at := slices.Index(names, Tarsum); at >= 0 {
		if len(names) != at+4 {
			t.Fatalf("%s has too many names or too few", full)
		}
		d, err = TarsumDigest(names[at+1], names[at+2], names[at+3])
	} else {
		d, err = ParseLeaf(names[len(names)-2], names[len(names)-1])
	}
	if err != nil {
		t.Fatalf("%s: %v", full, err)
	}
	return d
}

func FuzzNames(f *testing.F) {
	for _, name := range []string{"", "a", "a/b", "A/b", "a/_b", "..", "a/../b", "_layers", "link." + uuid4 + ".tmp", uuid7, "a\n"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if ValidRepository(name) {
			if full := Repository(name); path.Clean(full) != full || !strings.HasPrefix(full, "repositories/") {
				t.Fatalf("repository %q is at %q", name, full)
			}
			for component := range strings.SplitSeq(name, "/") {
				if Reserved(component) || component == "" {
					t.Fatalf("repository %q has the component %q", name, component)
				}
			}
		}
		if ValidTag(name) {
			if full := TagCurrent("a", name); path.Clean(full) != full || strings.Count(full, "/") != 6 {
				t.Fatalf("tag %q is at %q", name, full)
			}
		}
		if (IsUploadID(name) || IsTemporary(name)) && strings.ContainsAny(name, "/\x00\n") {
			t.Fatalf("%q is a name of the registry's", name)
		}
	})
}
