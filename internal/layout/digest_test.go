package layout

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

// notDigests are neither digests nor tarsums.
var notDigests = map[string]string{
	"nothing":                     "",
	"a colon":                     ":",
	"no algorithm":                ":" + hex64,
	"no hex":                      "sha256:",
	"no colon":                    "sha256" + hex64,
	"hex alone":                   hex64,
	"a newline behind":            "sha256:" + hex64 + "\n",
	"a newline before":            "\nsha256:" + hex64,
	"a space behind":              "sha256:" + hex64 + " ",
	"a space within":              "sha256: " + hex64,
	"a NUL behind":                "sha256:" + hex64 + "\x00",
	"a byte order mark":           "\ufeffsha256:" + hex64,
	"quotes":                      `"sha256:` + hex64 + `"`,
	"too short":                   "sha256:" + hex64[1:],
	"too long":                    "sha256:" + hex64 + "0",
	"the hex of another":          "sha256:" + hex128,
	"the hex of another, shorter": "sha512:" + hex64,
	"upper-case hex":              "sha256:" + strings.ToUpper(hex64),
	"one upper-case digit":        "sha256:" + hex64[:63] + "F",
	"upper-case algorithm":        "SHA256:" + hex64,
	"not hex":                     "sha256:" + hex64[:63] + "g",
	"not hex, first":              "sha256:/" + hex64[1:],
	"not ASCII":                   "sha256:" + hex64[:62] + "é",
	"not UTF-8":                   "sha256:" + hex64[:63] + "\xff",
	"an unknown algorithm":        "md5:0123456789abcdef0123456789abcdef",
	"an algorithm with parts":     "sha256+b64:" + hex64,
	"two digests":                 "sha256:" + hex64 + ",sha256:" + hex64,
	"twice the algorithm":         "sha256:sha256:" + hex64,
	"a path":                      "sha256/" + hex64,
	"a tag":                       "latest",
	"bare tarsum":                 "tarsum",
	"tarsum without algorithm":    "tarsum:" + hex64,
	"tarsum, empty algorithm":     "tarsum+:" + hex64,
	"tarsum, unknown algorithm":   "tarsum+md5:0123456789abcdef0123456789abcdef",
	"tarsum, short":               "tarsum.v1+sha256:" + hex64[1:],
	"tarsum, upper case":          "tarsum.v1+sha256:" + strings.ToUpper(hex64),
	"tarsum, empty version":       "tarsum.+sha256:" + hex64,
	"tarsum, no dot":              "tarsumv1+sha256:" + hex64,
	"tarsum, odd version":         "tarsum.v1.2+sha256:" + hex64,
	"tarsum, upper-case version":  "tarsum.V1+sha256:" + hex64,
	"tarsum in tarsum":            "tarsum+tarsum+sha256:" + hex64,
	"tarsum, newline behind":      "tarsum.v1+sha256:" + hex64 + "\n",
}

func TestMalformedDigests(t *testing.T) {
	for what, text := range notDigests {
		if d, err := ParseDigest(text); err == nil || d != "" {
			t.Errorf("%s: ParseDigest(%q) = %q, %v", what, text, d, err)
		}
		if d, err := ParseReference(text); err == nil || d != "" {
			t.Errorf("%s: ParseReference(%q) = %q, %v", what, text, d, err)
		}
	}
}

func TestDigestsOfEveryAlgorithm(t *testing.T) {
	for _, want := range []digest.Digest{sha256, sha384, sha512} {
		if d, err := ParseDigest(string(want)); d != want || err != nil {
			t.Errorf("ParseDigest(%s) = %s, %v", want, d, err)
		}
		if d, err := ParseReference(string(want)); d != want || err != nil {
			t.Errorf("ParseReference(%s) = %s, %v", want, d, err)
		}
		if d, err := ParseLeaf(want.Algorithm().String(), want.Encoded()); d != want || err != nil {
			t.Errorf("ParseLeaf(%s) = %s, %v", want, d, err)
		}
		if IsTarsum(want) {
			t.Errorf("%s counts as a tarsum", want)
		}
	}
}

func TestALeafIsTwoNames(t *testing.T) {
	for _, names := range [][2]string{
		{"sha256", hex64 + "x"}, {"sha256:" + hex64, ""}, {"", string(sha256)}, {"sha256", ":" + hex64}, {"..", ".."}, {"sha256", "link"},
	} {
		if d, err := ParseLeaf(names[0], names[1]); err == nil {
			t.Errorf("ParseLeaf(%q, %q) = %s", names[0], names[1], d)
		}
	}
}

func TestTarsums(t *testing.T) {
	for text, directories := range map[string][3]string{
		"tarsum+sha256:" + hex64:     {"v0", "sha256", hex64},
		"tarsum.v1+sha256:" + hex64:  {"v1", "sha256", hex64},
		"tarsum.dev+sha256:" + hex64: {"dev", "sha256", hex64},
		"tarsum.v1+sha512:" + hex128: {"v1", "sha512", hex128},
	} {
		want := digest.Digest(text)
		if d, err := ParseReference(text); d != want || err != nil {
			t.Errorf("ParseReference(%s) = %s, %v", text, d, err)
		}
		if d, err := TarsumDigest(directories[0], directories[1], directories[2]); d != want || err != nil {
			t.Errorf("TarsumDigest(%q) = %s, %v; want %s", directories, d, err, want)
		}
		if !IsTarsum(want) {
			t.Errorf("%s is not told from a digest", want)
		}
		if d, err := ParseDigest(text); err == nil {
			t.Errorf("ParseDigest(%s) = %s: a link never holds a tarsum", text, d)
		}
	}
	for _, directories := range [][3]string{
		{"", "sha256", hex64}, {"..", "sha256", hex64}, {"v1", "sha256", hex64[1:]}, {"v1", "", hex64},
		{"v1+sha256", "sha256", hex64}, {"v1", "sha256:" + hex64, hex64}, {"sha256", hex64, "link"},
	} {
		if d, err := TarsumDigest(directories[0], directories[1], directories[2]); err == nil {
			t.Errorf("TarsumDigest(%q) = %s", directories, d)
		}
	}
}

// Else the link of a layer that a manifest needs would seem to be another's.
func TestTarsumsOfOneDirectoryAreOneDigest(t *testing.T) {
	plain, err := ParseReference("tarsum+sha256:" + hex64)
	if err != nil {
		t.Fatal(err)
	}
	versioned, err := ParseReference("tarsum.v0+sha256:" + hex64)
	if plain != versioned || err != nil {
		t.Errorf("%s and %s (%v) both lie in %s", plain, versioned, err, Layer("a", plain))
	}
}

func TestAnErrorQuotesLittle(t *testing.T) {
	_, err := ParseDigest(strings.Repeat("x", 1<<20))
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("%d bytes of message", len(err.Error()))
	}
}
