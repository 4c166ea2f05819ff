package layout

import (
	stdsha256 "crypto/sha256"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"
)

// sameKey tells how a key and the digest that it stands for disagree.
func sameKey(t rapid.TB, what string, key Key, keyErr error, d digest.Digest, err error) {
	t.Helper()
	if (keyErr == nil) != (err == nil) || err != nil && keyErr.Error() != err.Error() {
		t.Fatalf("%s: the key %v, the digest %v", what, keyErr, err)
	}
	if err != nil {
		return
	}
	if key.Digest() != d || key.String() != string(d) || key != KeyOf(d) {
		t.Fatalf("%s: the key of %s is that of %s", what, d, key)
	}
	sum, short := key.Sum()
	if short != strings.HasPrefix(string(d), "sha256:") || short && KeyOfSum(sum) != key {
		t.Fatalf("%s: the sum of %s is %x, %v", what, d, sum, short)
	}
}

func keysAgree(t rapid.TB, text string) {
	t.Helper()
	d, err := ParseDigest(text)
	key, keyErr := ParseKey(text)
	sameKey(t, "ParseKey, text", key, keyErr, d, err)
	key, keyErr = ParseKey([]byte(text))
	sameKey(t, "ParseKey, bytes", key, keyErr, d, err)

	d, err = ParseReference(text)
	key, keyErr = ParseReferenceKey(text)
	sameKey(t, "ParseReferenceKey, text", key, keyErr, d, err)
	key, keyErr = ParseReferenceKey([]byte(text))
	sameKey(t, "ParseReferenceKey, bytes", key, keyErr, d, err)

	names := strings.Split(text, ":")
	for i := range names {
		alg, name := strings.Join(names[:i], ":"), strings.Join(names[i:], ":")
		d, err = ParseLeaf(alg, name)
		key, keyErr = ParseLeafKey(alg, name)
		sameKey(t, "ParseLeafKey, text", key, keyErr, d, err)
		key, keyErr = ParseLeafKey(alg, []byte(name))
		sameKey(t, "ParseLeafKey, bytes", key, keyErr, d, err)
	}
}

func TestKeysOfWhatIsNoDigest(t *testing.T) {
	for _, text := range notDigests {
		keysAgree(t, text)
	}
}

func TestAKeyStandsForItsDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alg := rapid.SampledFrom([]string{
			"sha256", "sha256", "sha384", "sha512", "tarsum+sha256", "tarsum.v0+sha256", "tarsum.v1+sha512", "SHA256", "md5", "",
		}).Draw(t, "alg")
		hex := []byte(rapid.StringMatching(`[0-9a-f]{64}([0-9a-f]{32}){0,2}`).Draw(t, "hex"))
		if rapid.Bool().Draw(t, "flawed") {
			hex[rapid.IntRange(0, len(hex)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		keysAgree(t, alg+":"+string(hex))
		keysAgree(t, rapid.String().Draw(t, "anything"))
	})
}

// Each byte of the hex counts, and so does each of its values.
func TestEveryDigitOfAKey(t *testing.T) {
	for at := range 64 {
		for c := range 256 {
			text := []byte(sha256)
			text[len("sha256:")+at] = byte(c)
			key, err := ParseKey(text)
			if valid := digest.Digest(text).Validate() == nil; valid != (err == nil) || valid && key.String() != string(text) {
				t.Fatalf("%q: %s, %v", text, key, err)
			}
		}
	}
}

func TestKeysAreEqualWhereTheirDigestsAre(t *testing.T) {
	keys := map[Key]string{}
	for _, text := range []string{
		"sha256:" + hex64, "sha384:" + hex96, "sha512:" + hex128, "tarsum+sha256:" + hex64, "tarsum.v1+sha256:" + hex64,
		"sha256:" + strings.Repeat("0", 64), "sha512:" + strings.Repeat("0", 128),
	} {
		key, err := ParseReferenceKey(text)
		if other, met := keys[key]; met || err != nil {
			t.Errorf("%s has the key of %q, %v", text, other, err)
		}
		keys[key] = text
	}
	plain, _ := ParseReferenceKey("tarsum+sha256:" + hex64)
	if v0, err := ParseReferenceKey("tarsum.v0+sha256:" + hex64); v0 != plain || err != nil {
		t.Errorf("two keys for what lies in one directory: %s, %s, %v", plain, v0, err)
	}
}

func TestTheKeyOfASumIsThatOfItsDigest(t *testing.T) {
	content := []byte("content")
	if got, want := KeyOfSum(stdsha256.Sum256(content)), KeyOf(digest.FromBytes(content)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAKeyOfASHA256AllocatesNothing(t *testing.T) {
	text, name := []byte(sha256), []byte(hex64)
	if n := testing.AllocsPerRun(100, func() {
		one, _ := ParseKey(text)
		two, _ := ParseReferenceKey(text)
		three, _ := ParseLeafKey("sha256", name)
		if one != two || two != three {
			t.Errorf("%s, %s, %s", one, two, three)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
