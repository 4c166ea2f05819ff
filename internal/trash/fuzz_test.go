package trash

import (
	"bytes"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"regjanitor/internal/plan"
)

const fuzzHead = `{"schema":"regjanitor-trash/1","id":"r","command":"sweep","started":"2026-03-01T12:00:00Z","entries":`

// FuzzJournal: whatever lies there, reading it ends; what is accepted is what is
// written again, and leads nowhere but into blobs and repositories.
func FuzzJournal(f *testing.F) {
	for _, seed := range []string{
		fuzzHead + "0}\n",
		fuzzHead + "1}\n" + `{"stage":0,"kind":"blob","path":"blobs/sha256/ab/abcd/data","bytes":1,"disk_bytes":4096,"uid":0,"gid":0,"mode":493}` + "\n",
		fuzzHead + "2}\n" + `{"stage":0,"kind":"tag","path":"repositories/a/_manifests/tags/v","repository":"a","tag":"v","history":1,"uid":1,"gid":2,"mode":448}` + "\n" +
			`{"stage":1,"kind":"revision","path":"repositories/a/x/link","uid":1,"gid":2,"mode":448,"beside":"signatures","needs":["blobs/x"]}` + "\n",
		fuzzHead + "1}\n" + `{"stage":0,"kind":"upload","path":{"bytes":"cmVwb3NpdG9yaWVzL/8vdQ=="},"uid":0,"gid":0,"mode":0}` + "\n",
		fuzzHead + "1}\n" + `{"stage":0,"kind":"directory","path":"repositories/../../etc","uid":0,"gid":0,"mode":0}` + "\n",
		fuzzHead + "1}\n" + `{"stage":0,"kind":"leftover","path":"blobs//x/./y","uid":0,"gid":0,"mode":4294967295}` + "\n",
		fuzzHead + "-1}\n", `{"schema":"regjanitor-trash/2"}`, "", "[]", "null",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		header, entries, err := decode(data)
		if err != nil {
			return
		}
		for _, e := range entries {
			checkInside(t, e.Path)
			for _, file := range e.Needs {
				checkInside(t, file)
			}
			if strings.Contains(e.Beside, "/") || e.Beside == "." || e.Beside == ".." {
				t.Errorf("%q lies beside", e.Beside)
			}
			if e.Bytes < 0 || e.Disk < 0 || e.History < 0 || e.Owner.Mode&^0o7777 != 0 {
				t.Errorf("%+v", e)
			}
		}
		checkIdentity(t, header, entries)
	})
}

func checkInside(t *testing.T, name string) {
	t.Helper()
	if path.Clean(name) != name || !strings.HasPrefix(name, "blobs/") && !strings.HasPrefix(name, "repositories/") {
		t.Errorf("%q is accepted", name)
	}
}

func checkIdentity(t *testing.T, header Header, entries []Entry) {
	t.Helper()
	var out bytes.Buffer
	all := Entries{len(entries), func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}}
	if err := encode(&out, header, all); err != nil {
		t.Fatal(err)
	}
	again, same, err := decode(out.Bytes())
	if err != nil {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
	if diff := cmp.Diff(entries, same, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("entries (-was +is):\n%s", diff)
	}
	if diff := cmp.Diff(header, again); diff != "" {
		t.Errorf("header (-was +is):\n%s", diff)
	}
}

// TestKinds: each kind is told from the others when it is read again.
func TestKinds(t *testing.T) {
	for kind := plan.Tag; kind <= plan.Repository; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			checkIdentity(t, Header{Schema: Schema, Entries: 1}, []Entry{{Kind: kind, Path: "repositories/a/b"}})
		})
	}
}
