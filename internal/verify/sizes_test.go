package verify_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/verify"
)

// TestAManifestThatIsWrongAboutASize: where the data is proven sound it is the
// manifest that is at fault, and removing the data would heal nothing.
func TestAManifestThatIsWrongAboutASize(t *testing.T) {
	tree := registrytest.Build(t, image)
	wrong := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":%q},"layers":[{"digest":%q,"size":5}]}`,
		tree.Digest("c"), tree.Digest("x"))
	d := digest.FromString(wrong)
	for path, text := range map[string]string{
		"blobs/sha256/" + d.Encoded()[:2] + "/" + d.Encoded() + "/data":                wrong,
		"repositories/app/_manifests/revisions/sha256/" + d.Encoded() + "/link":        d.String(),
		"repositories/app/_manifests/tags/wrong/current/link":                          d.String(),
		"repositories/app/_manifests/tags/wrong/index/sha256/" + d.Encoded() + "/link": d.String(),
	} {
		path = filepath.Join(tree.V2, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found := judge(t, tree, false)
	if len(found.damage) != 1 || inLetters(tree, found.damage[0]) != "corrupt blob x (wrong)" || !strings.Contains(found.damage[0].Detail, "has 8192 bytes, and "+d.String()+" says 5") {
		t.Errorf("unread: %+v", found.damage)
	}
	found.judge.Heard(nil, func(digest.Digest) bool { return true })
	damage := found.judge.Repository(0).Damage
	if len(damage) != 1 || damage[0].Digest != d || damage[0].Code != verify.Corrupt || fmt.Sprint(damage[0].Tags) != "[wrong]" {
		t.Errorf("read: %+v", damage)
	}
}

// TestTruncatedDataThatWasRead: what the sizes tell is told as well where the data
// has been hashed, once however many manifests say it.
func TestTruncatedDataThatWasRead(t *testing.T) {
	tree := registrytest.Build(t, image+"B = image d x\npush app:v2 B\ndamage blob x truncated")
	found := judge(t, tree, false)
	unread := found.damage[0].Detail
	size, _, _ := strings.Cut(unread, ":") // "has N bytes, and sha256"
	var blobs []verify.Unsound
	for _, b := range found.judge.Needed() {
		if b.Digest == tree.Digest("x") {
			blobs = append(blobs, verify.Unsound{Blob: b, Code: verify.Corrupt, Err: errors.New("hashes to another")})
		}
	}
	found.judge.Heard(blobs, func(digest.Digest) bool { return true })
	damage := found.judge.Repository(0).Damage
	if len(damage) != 1 || !strings.HasPrefix(damage[0].Detail, size) || strings.Count(damage[0].Detail, " bytes") != 1 || !strings.Contains(damage[0].Detail, "it hashes to another") {
		t.Errorf("unread: %s\nread: %+v", unread, damage)
	}
}
