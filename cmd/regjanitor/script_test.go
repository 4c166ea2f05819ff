package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/schematest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"regjanitor":                      main,
		"delete_docker_registry_image":    main,
		"delete_docker_registry_image.py": main,
		"clean_old_versions":              main,
		"clean_old_versions.py":           main,
		// registry is seen as a registry by its arguments, and does nothing.
		"registry": func() { time.Sleep(time.Minute) },
	})
}

// TestScripts runs the scripts of testdata/script, in which besides testscript's
// own commands there are:
//
//	tree DIR SPEC        builds the tree of a registrytest spec, as of now
//	contents DIR         prints what is on the disk now, in the spec's letters
//	snapshot DIR         remembers a tree with all its times
//	same DIR             fails unless the tree is as it was remembered
//	exits N CMD [ARG...] runs a command that has to exit with N, with that code
//	                     in words on its last line, and a valid document if any
//	json FILE KEY WANT.. compares values of a JSON file, as in found.blobs 3
//	mask FILE            prints a file with all that differs from run to run masked
//	lock DIR, unlock DIR the lock of another run
//	digest VAR DIR NAME  sets a variable to the digest of a thing of the spec
//	path VAR DIR TARGET  sets a variable to the path of a target of the spec
//	mode FILE MODE       fails unless the file has this mode
//
// A shell that leads a terminal's session waits a moment before it ends: what
// nobody has read from the terminal by then is lost.
//
// The scripts vouch for what cannot be seen ($VOUCH), so that they run in a
// container and beside registries of other tests; guard has tests of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("VOUCH", "--registry-stopped")
			env.Values[treesKey{}] = &trees{built: map[string]*registrytest.Tree{}, seen: map[string]map[string]string{}, locks: map[string]*os.File{}}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"tree": tree, "contents": contents, "snapshot": snapshot, "same": same, "exits": exits, "json": jsonValues,
			"mask": mask, "lock": lock, "unlock": unlock, "digest": digestOf, "path": pathOf, "mode": mode,
		},
	})
}

type treesKey struct{}

// trees is what one script has built.
type trees struct {
	built map[string]*registrytest.Tree
	seen  map[string]map[string]string
	locks map[string]*os.File
}

func treesOf(ts *testscript.TestScript) *trees { return ts.Value(treesKey{}).(*trees) }

// need checks the number of a command's arguments, and that it is not negated.
func need(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

func built(ts *testscript.TestScript, dir string) *registrytest.Tree {
	t := treesOf(ts).built[dir]
	if t == nil {
		ts.Fatalf("no tree %s has been built", dir)
	}
	return t
}

func tree(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "tree DIR SPEC")
	spec, err := registrytest.Parse(ts.ReadFile(args[1]))
	ts.Check(err)
	t, err := spec.Write(ts.MkAbs(args[0]), time.Now())
	ts.Check(err)
	treesOf(ts).built[args[0]] = t
}

func contents(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "contents DIR")
	fmt.Fprintln(ts.Stdout(), strings.Join(built(ts, args[0]).Contents(), "\n"))
}

func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "snapshot DIR")
	treesOf(ts).seen[args[0]] = built(ts, args[0]).Snapshot()
}

func same(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "same DIR")
	if diff := cmp.Diff(treesOf(ts).seen[args[0]], built(ts, args[0]).Snapshot()); diff != "" {
		ts.Fatalf("the tree has changed:\n%s", diff)
	}
}

func digestOf(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "digest VAR DIR NAME")
	ts.Setenv(args[0], string(built(ts, args[1]).Digest(args[2])))
}

func pathOf(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "path VAR DIR TARGET")
	ts.Setenv(args[0], built(ts, args[1]).Path(strings.Join(args[2:], " ")))
}

func lock(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "lock DIR")
	f, err := os.Open(built(ts, args[0]).V2)
	ts.Check(err)
	ts.Check(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	treesOf(ts).locks[args[0]] = f
	ts.Defer(func() { f.Close() })
}

func unlock(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "unlock DIR")
	ts.Check(treesOf(ts).locks[args[0]].Close())
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "mode FILE MODE")
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}

// exits checks what holds of every run of the program, besides the exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exits N CMD [ARG...]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
	stdout, stderr := ts.ReadFile("stdout"), strings.TrimSpace(ts.ReadFile("stderr"))
	last := stderr[strings.LastIndexByte(stderr, '\n')+1:]
	if got != 0 && args[1] == "regjanitor" && !strings.Contains(last, fmt.Sprintf("exit %d: ", got)) {
		ts.Fatalf("the last line on stderr does not say the code in words: %q", last)
	}
	if strings.HasPrefix(stdout, "{") {
		if problems := schematest.Validate([]byte(stdout)); len(problems) > 0 {
			ts.Fatalf("the document does not fit the schema:\n%s", strings.Join(problems, "\n"))
		}
	}
}

func jsonValues(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3+(len(args)+1)%2, "json FILE KEY WANT...")
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.UseNumber()
	var document any
	ts.Check(decoder.Decode(&document))
	for pair := range slices.Chunk(args[1:], 2) {
		got := lookUp(document, strings.Split(pair[0], "."))
		if got != pair[1] {
			ts.Fatalf("%s is %s, not %s", pair[0], got, pair[1])
		}
	}
}

// lookUp finds a value: a key of an object, the number of an element, len for the
// length of an array.
func lookUp(value any, keys []string) string {
	for _, key := range keys {
		switch v := value.(type) {
		case map[string]any:
			found, ok := v[key]
			if !ok {
				return "(no key " + key + ")"
			}
			value = found
		case []any:
			i, err := strconv.Atoi(key)
			switch {
			case key == "len":
				value = len(v)
			case err != nil || i >= len(v):
				return "(no element " + key + ")"
			default:
				value = v[i]
			}
		}
	}
	return fmt.Sprint(value)
}

// masks stand for what differs from run to run and from one file system to the
// next.
var masks = []struct {
	pattern *regexp.Regexp
	mask    string
}{
	{regexp.MustCompile(`\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\]`), "[TIME]"},
	{regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`), `"TIME"`},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "HEX"},
	{regexp.MustCompile(`\b[0-9a-f]{2}/HEX\b`), "HH/HEX"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "UUID"},
	{regexp.MustCompile(`\b\d{8}-\d{6}-[0-9a-f]{4}\b`), "RUN"},
	{regexp.MustCompile(` *[0-9.]+ ([KMGTPE]i)?B\b`), " SIZE"},
	{regexp.MustCompile(` \( SIZE on disk\)`), ""},
	{regexp.MustCompile(`took [0-9.]+m?s`), "took TIME"},
	{regexp.MustCompile(`[0-9]+ (months|years) ago`), "AGE ago"},
	{regexp.MustCompile(`(?m)^(regjanitor_(?:last_(?:run|success)_timestamp_seconds|last_run_duration_seconds|last_run_reclaimed_bytes|store_bytes|store_reclaimable_bytes)\{.*\}) [0-9.]+$`), "$1 NUMBER"},
}

var spaces = regexp.MustCompile(` {2,}`)

func mask(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "mask FILE")
	text := ts.ReadFile(args[0])
	work := ts.Getenv("WORK")
	text = strings.ReplaceAll(text, work, "$WORK")
	if real, err := filepath.EvalSymlinks(work); err == nil {
		text = strings.ReplaceAll(text, real, "$WORK")
	}
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.mask)
	}
	fmt.Fprint(ts.Stdout(), spaces.ReplaceAllString(text, "  "))
}
