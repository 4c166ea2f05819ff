package layout

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

const (
	hex64  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	hex96  = hex64 + "0123456789abcdef0123456789abcdef"
	hex128 = hex64 + hex64

	sha256 = digest.Digest("sha256:" + hex64)
	sha384 = digest.Digest("sha384:" + hex96)
	sha512 = digest.Digest("sha512:" + hex128)
)

// The paths are those of distribution's registry/storage/paths_test.go, below
// the prefix, and what the registry was seen to write.
func TestPathsAreTheRegistrys(t *testing.T) {
	for _, path := range []struct{ got, want string }{
		{Prefix, "docker/registry/v2"},
		{SchedulerState, "scheduler-state.json"},
		{GitLabDatabase, "docker/registry/lockfiles/database-in-use"},

		{Blob(sha256), "blobs/sha256/01/" + hex64},
		{BlobData(sha256), "blobs/sha256/01/" + hex64 + "/data"},
		{BlobData(sha384), "blobs/sha384/01/" + hex96 + "/data"},
		{BlobData(sha512), "blobs/sha512/01/" + hex128 + "/data"},

		{Repository("foo"), "repositories/foo"},
		{Repository("foo/bar"), "repositories/foo/bar"},
		{Repository("Example.COM/foo"), "repositories/Example.COM/foo"},

		{Revision("foo/bar", sha256), "repositories/foo/bar/_manifests/revisions/sha256/" + hex64},
		{Revision("a/tags", sha512), "repositories/a/tags/_manifests/revisions/sha512/" + hex128},

		{Layer("foo/bar", sha256), "repositories/foo/bar/_layers/sha256/" + hex64},
		{Layer("foo/bar", sha512), "repositories/foo/bar/_layers/sha512/" + hex128},
		{Layer("foo/bar", "tarsum+sha256:"+hex64), "repositories/foo/bar/_layers/tarsum/v0/sha256/" + hex64},
		{Layer("foo/bar", "tarsum.v1+sha256:"+hex64), "repositories/foo/bar/_layers/tarsum/v1/sha256/" + hex64},
		{Layer("foo/bar", "tarsum.dev+sha256:"+hex64), "repositories/foo/bar/_layers/tarsum/dev/sha256/" + hex64},

		{Tag("foo/bar", "thetag"), "repositories/foo/bar/_manifests/tags/thetag"},
		{Tag("a", "index"), "repositories/a/_manifests/tags/index"},
		{TagCurrent("foo/bar", "thetag"), "repositories/foo/bar/_manifests/tags/thetag/current/link"},
		{TagCurrent("a", "current"), "repositories/a/_manifests/tags/current/current/link"},
		{TagIndexEntry("foo/bar", "thetag", sha256), "repositories/foo/bar/_manifests/tags/thetag/index/sha256/" + hex64},

		{Upload("foo/bar", "asdf-asdf-asdf-adsf"), "repositories/foo/bar/_uploads/asdf-asdf-asdf-adsf"},

		{Discarded("foo/bar", "7f3a", "v1"), "repositories/foo/bar/_manifests/.regjanitor-7f3a-v1"},
		{Discarded("foo/bar", "7f3a", "…"), "repositories/foo/bar/_manifests/.regjanitor-7f3a-" + digest.FromString("…").Encoded()},
	} {
		if path.got != path.want {
			t.Errorf("got  %s\nwant %s", path.got, path.want)
		}
	}
}

func TestADiscardedTagIsToldFromTheRegistrysDirectories(t *testing.T) {
	for _, tag := range []string{"v1", "revisions", "tags", "..", "_"} {
		full := Discarded("a/b", "run", tag)
		name := full[strings.LastIndexByte(full, '/')+1:]
		if !IsDiscarded(name) {
			t.Errorf("the directory %s of a discarded tag is not recognised", name)
		}
		if !strings.HasPrefix(full, "repositories/a/b/_manifests/.") {
			t.Errorf("tag %s is discarded to %s, where a registry would list it", tag, full)
		}
	}
	for _, name := range []string{"revisions", "tags", "regjanitor-x", ".regjanitor", ""} {
		if IsDiscarded(name) {
			t.Errorf("%q counts as a discarded tag", name)
		}
	}
}

func TestNoDigestLeadsOutOfItsDirectory(t *testing.T) {
	for _, text := range []string{
		"tarsum...+sha256:" + hex64, // version ".."
		"tarsum..+sha256:" + hex64,  // version "."
		"tarsum./+sha256:" + hex64,
		"tarsum.../..+sha256:" + hex64,
		"tarsum.v1\x00+sha256:" + hex64,
		"tarsum.v1\n+sha256:" + hex64,
		"../sha256:" + hex64,
		"sha256/..:" + hex64,
		"sha256:../" + hex64[3:],
	} {
		if d, err := ParseReference(text); err == nil {
			t.Errorf("%q is taken, and its link is at %s", text, Layer("a", d))
		}
	}
}
