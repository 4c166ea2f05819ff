package registrytest

import (
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
