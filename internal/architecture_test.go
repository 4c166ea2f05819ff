package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is a package of the program.
type room struct {
	name string
	pure bool // knows neither disk nor system nor time of day
}

// rooms are the packages in the order in which data flows. Each may import those
// above it and none below. A package whose name ends in test is for tests, and
// no room may import it.
var rooms = []room{
	{"internal/layout", true},
	{"internal/refusal", true},
	{"internal/age", true},
	{"internal/progress", true},
	{"internal/manifest", true},
	{"internal/store", false},
	{"internal/inventory", false},
	{"internal/graph", true},
	{"internal/retention", true},
	{"internal/plan", true},
	{"internal/listing", true},
	{"internal/why", true},
	{"internal/usage", true},
	{"internal/verify", false},
	{"internal/trash", false},
	{"internal/sweep", false},
	{"internal/repair", false},
	{"internal/guard", false},
	{"internal/treemap", true},
	{"internal/report", false},
	{"cmd/regjanitor", false},
}

const (
	module = "regjanitor/"
	door   = "internal/store"  // to the disk
	broom  = "internal/sweep"  // the only one that removes from the tree
	bin    = "internal/trash"  // moves aside, and back
	mender = "internal/repair" // writes links, copies blobs
	mouth  = "internal/report" // the only one that words figures for people
	top    = "cmd/regjanitor"  // nothing imports it
	demo   = "cmd/demo"        // writes a tree to try the program on, and is no part of it
	parent = ".."              // the module's directory
)

// file is one file of a room.
type file struct {
	room    string
	name    string
	syntax  *ast.File
	imports []string
}

func TestImportsPointUp(t *testing.T) {
	row := map[string]int{}
	for i, r := range rooms {
		row[r.name] = i
	}
	for _, f := range files(t) {
		at, ok := row[f.room]
		if !ok {
			t.Errorf("%s: package %s has no place among the rooms: give it a row", f.name, f.room)
			continue
		}
		for _, path := range f.imports {
			name, own := strings.CutPrefix(path, module)
			if !own {
				continue
			}
			if above, ok := row[name]; !ok || above >= at {
				t.Errorf("%s: %s imports %s, which does not stand above it", f.name, f.room, name)
			}
		}
	}
}

func TestPureRoomsKnowNoSystem(t *testing.T) {
	impure := []string{"os", "syscall", "net", "io/fs", "path/filepath", "log", "golang.org/x/sys", module + door}
	for _, f := range files(t) {
		if !slices.ContainsFunc(rooms, func(r room) bool { return r.name == f.room && r.pure }) {
			continue
		}
		for _, path := range f.imports {
			if slices.ContainsFunc(impure, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
				t.Errorf("%s: %s is pure and imports %s", f.name, f.room, path)
			}
		}
		for _, s := range selectors(f) {
			if s == "time.Now" || s == "time.Since" || s == "time.Sleep" {
				t.Errorf("%s: %s is pure and calls %s: the clock is handed in", f.name, f.room, s)
			}
		}
	}
}

// TestOneDoorToTheDisk: of os and the like the others may use what is not about
// files: names of errors and, at the top, what a process was started with.
func TestOneDoorToTheDisk(t *testing.T) {
	process := []string{"os.Args", "os.Environ", "os.Unsetenv", "os.Exit", "os.Stdin", "os.Stdout", "os.Stderr",
		"os.File", "os.Signal", "os.Interrupt", "syscall.SIGTERM", "syscall.SIGUSR1"}
	for _, f := range files(t) {
		if f.room == door {
			continue
		}
		for _, path := range f.imports {
			if path == "os/exec" || path == "io/ioutil" || path == "net" || strings.HasPrefix(path, "net/") || strings.HasPrefix(path, "golang.org/x/sys/") {
				t.Errorf("%s: %s imports %s", f.name, f.room, path)
			}
		}
		for _, s := range selectors(f) {
			pkg, name, _ := strings.Cut(s, ".")
			switch {
			case pkg != "os" && pkg != "syscall" && pkg != "filepath":
			case f.room == top && slices.Contains(process, s):
			case pkg == "syscall" && (name == "Errno" || strings.HasPrefix(name, "E")):
			case s == "filepath.Join", s == "filepath.FromSlash", s == "filepath.Base", s == "filepath.Dir":
			case f.room == top && s == "filepath.Abs":
			default:
				t.Errorf("%s: %s uses %s: only %s touches the disk", f.name, f.room, s, door)
			}
		}
	}
}

func TestOnlySweepRemoves(t *testing.T) {
	for _, f := range files(t) {
		if f.room == door || f.room == broom || f.room == bin || f.room == mender {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"Unlink", "Rmdir", "Rename", "RenameOver", "Mkdir", "Create"}, s.Sel.Name) {
				t.Errorf("%s: %s uses %s: only %s, %s and %s change anything", f.name, f.room, s.Sel.Name, broom, bin, mender)
			}
			return true
		})
	}
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	home := map[string]string{
		"github.com/dustin/go-humanize": mouth,
		"github.com/jedib0t/go-pretty":  mouth,
		"github.com/alecthomas/kong":    top,
		"golang.org/x/term":             top,
	}
	for _, f := range files(t) {
		for _, path := range f.imports {
			for library, room := range home {
				if f.room != room && (path == library || strings.HasPrefix(path, library+"/")) {
					t.Errorf("%s: %s imports %s, which only %s does", f.name, f.room, path, room)
				}
			}
		}
	}
}

// files are all of the program's own, tests and what is for tests apart.
func files(t *testing.T) []file {
	t.Helper()
	var all []file
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(parent, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(path), parent+"/")
			dir := filepath.ToSlash(filepath.Dir(name))
			if dir == demo || strings.HasSuffix(dir, "test") {
				return nil
			}
			syntax, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			f := file{room: dir, name: name, syntax: syntax}
			for _, spec := range syntax.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				f.imports = append(f.imports, imported)
			}
			all = append(all, f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < len(rooms) {
		t.Fatalf("found %d files: is this not the module's directory?", len(all))
	}
	return all
}

// selectors are the uses of imported packages, as in os.Open.
func selectors(f file) []string {
	var all []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				all = append(all, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return all
}
