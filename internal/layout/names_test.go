package layout

import (
	"strings"
	"testing"
)

func TestRepositoryNames(t *testing.T) {
	long := strings.Repeat("a", 255)
	for _, name := range []string{
		"a", "0", "a/b", "a/b/c/d/e/f/g", "a/tags", "a/link", "a/sha256", "blobs", "a/manifests/b", "repositories",
		"a.b", "a_b", "a__b", "a-b", "a--b", "a-----b", "a.b_c__d-e",
		"A/x", "Example.COM/x", "x-Y.z/x", "localhost/a", "1.2.3.4/a", // the first may be a domain
		long, "a/" + strings.Repeat("b", 253),
		"a/" + long, // 257 in all: registry 3 does not count the domain
		strings.Repeat("a/", 127) + "a",
	} {
		if !ValidRepository(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{
		"", "/", "a/", "/a", "a//b", ".", "..", "a/..", "a/../b", "./a",
		"A", "a/B", "a/Example.COM/b", "Ä/x", "ä", "a b", "a\n", "\na", "a/b\n", "a\x00", "\xff/x",
		"_a", "a_", "a___b", "a/_layers", "_layers", "a/_b", ".a", "a.", "a..b", "-a", "a-", "a._b",
		"a_b/C", "A_b/c", "-a.B/c", "A-/c", "A./c",
		"host:5000/a", "[::1]/a", "a:b", "a@b", "a\\b", "a/b:tag",
		long + "a", "A/" + long + "a", "a_/" + long,
		".regjanitor-x", "lost+found",
	} {
		if ValidRepository(name) {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestReservedNamesAreNoRepository(t *testing.T) {
	for _, name := range []string{Layers, Uploads, Manifests, "_referrers", "_", "__"} {
		if !Reserved(name) {
			t.Errorf("%s is not reserved", name)
		}
		if ValidRepository(name) || ValidRepository("a/"+name) || ValidRepository(name+"/a") {
			t.Errorf("%s is both reserved and a repository's name", name)
		}
	}
	for _, name := range []string{"", "a", "a_b", "blobs", "."} {
		if Reserved(name) {
			t.Errorf("%q is reserved", name)
		}
	}
}

func TestTagNames(t *testing.T) {
	for _, name := range []string{
		"v1", "1", "_", "_x", "V1.2.3-rc.1", "link", "index", "current", "a..b", "a.", "a-", "sha256-" + hex64 + ".sig",
		strings.Repeat("a", 128),
	} {
		if !ValidTag(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{
		"", ".", "..", ".a", "-a", "a/b", "a b", "a:b", "a+b", "ä", "a\n", "a\x00", "\xff", ".DS_Store",
		strings.Repeat("a", 129),
	} {
		if ValidTag(name) {
			t.Errorf("%q is accepted", name)
		}
	}
}

const (
	uuid4 = "0b8a5c1e-7f34-4d2a-9c3b-5d6e7f8a9b0c"
	uuid7 = "0190a5c1-7f34-7d2a-9c3b-5d6e7f8a9b0c"
)

func TestUploadIDs(t *testing.T) {
	for _, id := range []string{uuid4, uuid7, "00000000-0000-0000-0000-000000000000"} {
		if !IsUploadID(id) {
			t.Errorf("%s is refused", id)
		}
	}
	for _, id := range []string{
		"", "x", strings.ToUpper(uuid4), uuid4[1:], uuid4 + "0", uuid4 + "\n", " " + uuid4, "{" + uuid4 + "}",
		strings.ReplaceAll(uuid4, "-", ""), strings.Replace(uuid4, "-", "_", 1), "g" + uuid4[1:], uuid4 + "/data", "..",
	} {
		if IsUploadID(id) {
			t.Errorf("%q is accepted", id)
		}
	}
}

func TestTemporaries(t *testing.T) {
	for _, base := range []string{"link", "data", "startedat", "0", "1048576"} {
		if name := base + "." + uuid4 + ".tmp"; !IsTemporary(name) {
			t.Errorf("%s is refused", name)
		}
	}
	for _, name := range []string{
		"", "link", "data", ".tmp", "link.tmp", "data." + uuid4, "." + uuid4 + ".tmp", "x." + uuid4 + ".tmp",
		"mydata." + uuid4 + ".tmp", "-1." + uuid4 + ".tmp", "link." + strings.ToUpper(uuid4) + ".tmp",
		"link." + uuid4 + ".tmp~", "link." + uuid4 + ".tmp\n", "\nlink." + uuid4 + ".tmp", "link-" + uuid4 + ".tmp",
		"a/link." + uuid4 + ".tmp", "link." + uuid4 + "xtmp", "linkx" + uuid4 + ".tmp",
		SchedulerState + "." + uuid4 + ".tmp", // beside the tree: not ours
	} {
		if IsTemporary(name) {
			t.Errorf("%q is accepted", name)
		}
	}
}
