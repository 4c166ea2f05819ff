package registrytest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseErrorsNameTheLine(t *testing.T) {
	for _, test := range []struct{ name, spec, want string }{
		{"unknown statement", "\npsuh a:v A", `line 2: unknown statement "psuh"`},
		{"unknown kind", "A = picture x", `line 1: unknown kind "picture"`},
		{"unknown option", "A = image c x subjekt=B", `line 1: unknown option "subjekt"`},
		{"defined twice", "A = image c\nA = image d", "line 2: A is defined twice (first on line 1)"},
		{"no config", "A = image", "line 1: image needs a config"},
		{"loop", "I = index J\nJ = index I", "I contains itself"},
		{"leaf in an index", "I = index x", "line 1: define I: x is no manifest"},
		{"tarsum in an image", "A = image c tarsum:x", "line 1: define A: only schema1 knows tarsum:x"},
		{"leaf pushed", "A = image c x\npush r:v x", "line 2: push: x is no manifest"},
		{"push of the unknown", "push r:v A", "line 1: push: A is not known here"},
		{"push without a tag", "A = image c\npush r A", `"r" is neither REPO:TAG nor REPO@`},
		{"bad repository", "A = image c\npush _r:v A", `"_r" is no name for a repository`},
		{"target of the unknown", "damage blob z missing", "line 1: damage: z is not known here"},
		{"unknown damage", "A = image c\ndamage r@A truncated", `unknown damage "truncated" to r revision A`},
		{"bad size", "x = layer 7 KB", "layer takes one size"},
		{"layer too small", "x = layer 10", "line 1: define x: a layer has between"},
		{"bad age", "blob x age=old", `"old" is not an age`},
		{"ranges of two lengths", "push a:t[1..3] A[1..2]", "line 1: range [1..2]"},
		{"no quote", `file "x`, "line 1: quoted word"},
		{"no brace", "file {team/app@A", "line 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.spec)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestWriteErrorsNameTheLine(t *testing.T) {
	spec, err := Parse("A = image c x\n\nuntag team/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = spec.Write(t.TempDir()+"/root", Now); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") {
		t.Errorf("got %v, want line 3", err)
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"  push a:v A  # all of it":       {"push", "a:v", "A"},
		"# nothing":                       nil,
		`file "a b\xff" "#x"`:             {"file", "a b\xff", "#x"},
		"dir {team/app layer x}/y {}":     {"dir", "{team/app layer x}/y", "{}"},
		"upload team/app u#1\tage=200h\r": {"upload", "team/app", "u#1", "age=200h"},
	} {
		got, err := cutWords(line)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", line, err, diff)
		}
	}
}

func TestRanges(t *testing.T) {
	got, err := spellOut("I[9..11] = index I[8..10]")
	want := []string{"I9 = index I8", "I10 = index I9", "I11 = index I10"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestDigestsDependOnNothingButTheDefinition(t *testing.T) {
	one := Build(t, "A = image c x y\npush a:v A")
	two := Build(t, "Z = docker d x\nA = image c x y\nblob q\npush b:w Z\npush b:w A")
	for _, name := range []string{"A", "c", "x", "y", "sha512:x"} {
		if one.Digest(name) != two.Digest(name) {
			t.Errorf("%s is %s here and %s there", name, one.Digest(name), two.Digest(name))
		}
	}
	// A change of these bytes is a change of every golden file that shows a digest.
	const want = "sha256:a1c17249cdd4ff0e4082d58a0e0aa36c657d074e407c5b7784a633e800466e27"
	if got := one.Digest("A").String(); got != want {
		t.Errorf("A is %s, want %s", got, want)
	}
}

func TestSizedLayersAreExact(t *testing.T) {
	tree := Build(t, "a = layer 8KiB\nb = layer 65537\nc = layer 3MiB\nd = sparse 5GiB\nblob a b c d")
	for name, want := range map[string]int64{"a": 8 << 10, "b": 65537, "c": 3 << 20, "d": 5 << 30} {
		if got := tree.Size(name); got != want {
			t.Errorf("%s has %d bytes, want %d", name, got, want)
		}
	}
}
