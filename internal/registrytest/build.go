package registrytest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Now is the moment at which Build writes its trees.
var Now = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// Build writes the registry that spec describes below a directory which goes
// with the test, at the time Now, and fails the test where it cannot.
func Build(t testing.TB, spec string) *Tree {
	t.Helper()
	parsed, err := Parse(spec)
	if err != nil {
		t.Fatalf("parse spec: %v", err)
	}
	tree, err := parsed.Write(filepath.Join(t.TempDir(), "registry"), Now)
	if err != nil {
		t.Fatalf("write spec: %v", err)
	}
	return tree
}

// Reporter is as much of a test as Try needs: rapid's tests are no testing.TB.
type Reporter interface {
	Fatalf(format string, args ...any)
	Failed() bool
	Log(args ...any)
}

// Try writes the registry that spec describes, calls f with it, and removes it
// again: for properties, which try many. Of one that fails the spec is logged.
func Try(t Reporter, spec string, f func(*Tree)) {
	parsed, err := Parse(spec)
	if err != nil {
		t.Fatalf("%v\n%s", err, spec)
	}
	dir, err := os.MkdirTemp("", "regjanitor-try")
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer os.RemoveAll(dir)
	tree, err := parsed.Write(filepath.Join(dir, "root"), Now)
	if err != nil {
		t.Fatalf("%v\n%s", err, spec)
	}
	defer func() {
		if t.Failed() {
			t.Log(spec)
		}
	}()
	f(tree)
}

// Varied is a spec with garbage of every kind, and things that stay of every kind.
const Varied = `
	A = image c x
	B = image d y
	C = image e sha512:z
	D = image f sha512:q
	I = index A C
	J = index D ~B
	S = image {} s subject=J
	O = schema1 x tarsum:p
	push app:v1 B
	push app:v1 A
	push app:multi J
	push app:multi I
	push app@ S
	push app:old O
	signatures app@O
	untag app:old
	push app:keep C
	push team/svc:v1 J
	push team/svc:v1 C
	upload app u age=30d
	upload app v age=1h
	temp app@B age=30d
	temp blob x age=30d
	delete app@D
`
