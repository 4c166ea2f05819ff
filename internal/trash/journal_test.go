package trash_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/trash"
)

// TestOddNames: repositories and tags that no registry made come back byte by byte.
func TestOddNames(t *testing.T) {
	for _, name := range []string{`a\xff\xfeb`, `new\nline`, `<&>`, `\"quoted\"`, "\u2028", `back\\slash`, `\xed\xa0\x80`, " ", `\x01`, "ünï"} {
		t.Run(name, func(t *testing.T) {
			tree := registrytest.Build(t, app+`
				file "repositories/`+name+`/_manifests/tags/`+name+`/current/link" garbage
				file "repositories/`+name+`/_uploads/00000000-0000-4000-8000-000000000000/data" x
				dir "repositories/`+name+`/_layers/sha256"
			`)
			p := open(t, tree)
			before := state(t, tree)
			planned, err := p.survey(defaults())
			if err != nil {
				t.Fatal(err)
			}
			for _, repository := range planned.Inventory.Repositories {
				if repository.Name != "app" {
					p.mustTake(plan.Request{Repository: repository.Name})
				}
			}
			checkSame(t, "left", registrytest.Build(t, app).Contents(), inTree(tree))
			p.mustRestore("first")
			checkSame(t, "before, and after the restoring", before, state(t, tree))
		})
	}
}

// TestBadJournals: with a journal that no run wrote nothing is moved or removed.
func TestBadJournals(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(text string) string {
			if !strings.Contains(text, old) {
				panic("the journal has no " + old)
			}
			return strings.Replace(text, old, new, 1)
		}
	}
	const path = `"path":"blobs/`
	for _, c := range []struct {
		name   string
		change func(string) string
	}{
		{"empty", func(string) string { return "" }},
		{"no JSON", func(string) string { return "moved: all" }},
		{"a list", func(text string) string { return "[" + text + "]" }},
		{"cut in the header", func(text string) string { return text[:20] }},
		{"cut in an entry", func(text string) string { return text[:len(text)-20] }},
		{"cut after an entry", func(text string) string { return text[:strings.LastIndex(strings.TrimSpace(text), "\n")+1] }},
		{"cut after the header", func(text string) string { return text[:strings.Index(text, "\n")+1] }},
		{"an entry too many", func(text string) string { return text + text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:] }},
		{"something behind it", func(text string) string { return text + "x" }},
		{"another schema", replace("regjanitor-trash/1", "regjanitor-trash/2")},
		{"no schema", replace(`"schema"`, `"scheme"`)},
		{"the journal of another run", replace(`"id":"first"`, `"id":"other"`)},
		{"a count below zero", replace(`"entries":`, `"entries":-`)},
		{"an unknown kind", replace(`"kind":"blob"`, `"kind":"blub"`)},
		{"no kind", replace(`"kind":"blob"`, `"kind":""`)},
		{"an absolute path", replace(path, `"path":"/blobs/`)},
		{"a path of another place", replace(path, `"path":"docker/`)},
		{"a path without end", replace(path, `"path":"blobs//`)},
		{"a path that leads up", replace(path, `"path":"blobs/../`)},
		{"a path that leads out", replace(path, `"path":"repositories/../../../`)},
		{"a path that stays", replace(path, `"path":"blobs/./`)},
		{"a path in a file's name", replace(`data"`, `data/"`)},
		{"no path", replace(path, `"paths":"blobs/`)},
		{"the top itself", func(text string) string {
			return strings.SplitAfter(text, "\n")[0][:0] + strings.Replace(strings.SplitAfter(text, "\n")[0], `"entries":`, `"entries":1,"was":`, 1) +
				`{"stage":0,"kind":"directory","path":"blobs","uid":0,"gid":0,"mode":0}` + "\n"
		}},
		{"a stage before its time", replace(`"stage":1,`, `"stage":99,`)},
		{"a stage below zero", replace(`"stage":0,`, `"stage":-1,`)},
		{"a stage that is no number", replace(`"stage":1,`, `"stage":"1",`)},
		{"a user out of range", replace(`"uid":`, `"uid":99999999999`)},
		{"a user below zero", replace(`"uid":`, `"uid":-1`)},
		{"a mode out of range", replace(`"mode":`, `"mode":99999`)},
		{"a size below zero", replace(`"bytes":`, `"bytes":-`)},
		{"a size that is none", replace(`"bytes":`, `"bytes":1e99`)},
		{"a digest that is none", replace(`"digest":"sha256:`, `"digest":"sha256:x`)},
		{"a need that leads out", replace(`"needs":["`, `"needs":["../`)},
		{"a need that is absolute", replace(`"needs":["`, `"needs":["/`)},
		{"something beside that leads out", replace(`"beside":"`, `"beside":"../`)},
		{"something beside that leads up", replace(`"beside":"signatures`, `"beside":"..`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := registrytest.Build(t, varied)
			p := open(t, tree)
			p.mustTake()
			at := filepath.Join(tree.Root, trash.Dir, "first/journal")
			data, err := os.ReadFile(at)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(c.change(string(data))), 0o600); err != nil {
				t.Fatal(err)
			}
			before := state(t, tree)
			if kept, err := trash.Open(p.storage, "first"); err == nil {
				t.Error("it is taken for a journal")
				kept.Close()
			}
			checkSame(t, "before and after", before, state(t, tree))
		})
	}
}

// TestJournalIsNoFile: nor is anything followed or waited for.
func TestJournalIsNoFile(t *testing.T) {
	for _, spec := range []string{"dir /.regjanitor/trash/r/journal", "fifo /.regjanitor/trash/r/journal", "symlink /.regjanitor/trash/r/journal /elsewhere"} {
		t.Run(spec, func(t *testing.T) {
			p := open(t, registrytest.Build(t, app+spec))
			if kept, err := trash.Open(p.storage, "r"); err == nil {
				t.Error("it is taken for a journal")
				kept.Close()
			}
		})
	}
}

// TestUnfinished: a run that died in its journal has nothing, and can be emptied
// or restored away, however many shelves it had made.
func TestUnfinished(t *testing.T) {
	const dir = "dir /.regjanitor/trash/r/"
	for _, spec := range []string{"dir /.regjanitor/trash/r", "file /.regjanitor/trash/r/journal.tmp {", dir + "0",
		"file /.regjanitor/trash/r/journal.tmp {\n" + dir + "0", "file /.regjanitor/trash/r/journal.tmp {\n" + dir + "0\n" + dir + "1\n" + dir + "2"} {
		for _, name := range []string{"restore", "empty"} {
			t.Run(name+" "+spec, func(t *testing.T) {
				tree := registrytest.Build(t, app)
				before := state(t, tree)
				tree = registrytest.Build(t, app+spec)
				p := open(t, tree)
				do := p.restore
				if name == "empty" {
					do = p.empty
				}
				if result := do("r"); result.Stopped != nil || len(result.Failures) > 0 {
					t.Errorf("%+v", result)
				}
				checkSame(t, "left", before, state(t, tree))
			})
		}
	}
}

func TestFind(t *testing.T) {
	p := open(t, registrytest.Build(t, app+`
		dir /.regjanitor/trash/20260301-120000-aaaa
		dir /.regjanitor/trash/20260301-120000-aabb
		dir /.regjanitor/trash/20260302-120000-cccc
		dir /.regjanitor/trash/20260302
		file /.regjanitor/trash/stray
	`))
	ids, err := trash.IDs(p.storage)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ prefix, found string }{
		{"20260301-120000-aaaa", "20260301-120000-aaaa"},
		{"20260301-120000-aab", "20260301-120000-aabb"},
		{"20260302-", "20260302-120000-cccc"},
		{"20260302", "20260302"}, // in full
		{"2026030", ""}, {"20260301-120000-aa", ""}, {"", ""}, {"x", ""}, {"stray", ""}, {"..", ""}, {"20260302/../20260302", ""},
	} {
		id, err := trash.Find(ids, c.prefix)
		if id != c.found || (err == nil) != (c.found != "") {
			t.Errorf("%q finds %q (%v), want %q", c.prefix, id, err, c.found)
		}
	}
}

// TestTotals: what is told of a run is what its sweep told.
func TestTotals(t *testing.T) {
	tree := registrytest.Build(t, varied)
	p := open(t, tree)
	result := p.take(defaults(plan.Request{Repository: "app", Tag: "multi"}))
	kept, err := trash.Open(p.storage, "first")
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	want := result.Removed
	want.Directories, want.Repositories = 0, 0 // are not kept: they are made again
	checkSame(t, "moved, and in the trash", want, kept.Total())
	if !kept.Started.Equal(registrytest.Now.Truncate(time.Second)) || kept.Command != "sweep" {
		t.Errorf("begun at %v by %s", kept.Started, kept.Command)
	}
}
