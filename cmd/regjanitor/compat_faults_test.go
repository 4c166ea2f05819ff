package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/registrytest"
)

// images are several that share manifests and layers, below several names.
const images = `
	A = docker ca base a
	B = docker cb base b
	I = index A B
	push app:multi I
	push app:amd64 A
	push one:v1 B
	push team:v1 B
	push team/svc:v1 A
	push deep/er/app:v1 A
	U = docker cu u
`

// faults are those of delete_docker_registry_image: what is done in its name, what
// the script did then, and what happens now.
var faults = []struct {
	name, script string
	spec         string // images where it is empty
	args         string // of a command line; "" is an empty argument
	code         int
	says         string   // a pattern of what is on stderr
	gone         []string // files, with a prefix of a letter's line for all that begin so
}{
	{
		name:   "a tag mistyped",
		script: "it counted the repository's tags, and of a repository with one tag deleted the whole",
		args:   "-i one:v2", code: 1,
		says: `^CRITICAL \[.*\]  No repository 'one' tag 'v2' found in repositories directory \S+/v2/repositories\n$`,
	}, {
		name:   "an empty tag",
		script: "it took it for no tag, and deleted the repository",
		args:   "-i app:", code: 2, says: `^CRITICAL .*"app:" has no tag behind the colon`,
	}, {
		name:   "an empty name",
		script: "it deleted the directory of all repositories",
		args:   `-i ""`, code: 2, says: `^CRITICAL .*"" names no repository`,
	}, {
		name:   "an empty name with a tag",
		script: "it looked for the tag in the directory of all repositories",
		args:   "-i :v1", code: 2, says: `^CRITICAL .*names no repository`,
	}, {
		name:   "a name of several colons",
		script: "it took all of it for a repository's name, and so do we",
		args:   "-i app:v1:v2", code: 1, says: `No repository 'app:v1:v2' found`,
	}, {
		name:   "an empty tag with --untagged",
		script: "it was about the repository all the same",
		args:   "-i app: -u", code: 2, says: `^CRITICAL .*has no tag behind the colon`,
	}, {
		name:   "an absolute path",
		script: "it deleted that directory, wherever it was",
		args:   "-i CANARY", code: 2, says: `^CRITICAL .*is not the name of a repository`,
	}, {
		name:   "a path upwards",
		script: "it deleted the directory that it led to",
		args:   "-i ../../../../../canary", code: 2, says: `^CRITICAL .*is not the name of a repository`,
	}, {
		name:   "a path upwards from within",
		script: "it deleted the directory that it led to",
		args:   "-i one/../app", code: 2, says: `^CRITICAL .*is not the name of a repository`,
	}, {
		name:   "a tag that is a path",
		script: "it deleted the directory that it led to",
		args:   "-i app:../../../one", code: 2, says: `^CRITICAL .*has no tag behind the colon`,
	}, {
		name:   "a tag that is the directory above",
		script: "it deleted _manifests, and all tags with it",
		args:   "-i app:..", code: 2, says: `^CRITICAL .*has no tag behind the colon`,
	}, {
		name:   "an inner directory of a repository",
		script: "it deleted that, and with it all that the repository had linked",
		args:   "-i app/_layers", code: 2, says: `^CRITICAL .*is not the name of a repository`,
	}, {
		name:   "a directory above repositories",
		script: "it deleted all of them",
		args:   "-i deep", code: 1, says: `^CRITICAL .*No repository 'deep' found in repositories directory \S+/v2/repositories\n$`,
	}, {
		name:   "a repository above another",
		script: "it deleted both",
		args:   "-i team", code: 0,
		says: `/repositories/team/_manifests\n`,
		gone: []string{"team tag", "team history", "team revision", "team layer"},
	}, {
		name:   "a repository three levels down",
		script: "it took the repository for another, whose links kept the blobs",
		spec:   "U = docker cu u\npush deep/er/app:v1 U", args: "-i deep/er/app", code: 0,
		gone: []string{"blob", "deep/er/app"},
	}, {
		name:   "a pattern",
		script: "it found no directory of that name, and nor do we, though regjanitor rm takes patterns",
		args:   "-i *", code: 1, says: `No repository '\*' found`,
	}, {
		name:   "a pattern for a tag",
		script: "it found no directory of that name either",
		args:   "-i app:*", code: 1, says: `No repository 'app' tag '\*' found`,
	}, {
		name:   "a tag whose manifest is a child of another's index",
		script: "it deleted the child: it took an index for a manifest without layers",
		args:   "-i app:amd64", code: 0,
		gone: []string{"app tag amd64", "app history amd64"},
	}, {
		name:   "children of a tagged index",
		script: "it took them for untagged, and deleted them",
		args:   "-i app -u", code: 0,
	}, {
		name:   "an untagged manifest that has a tag in another repository",
		script: "it deleted its data, and the other tag could not be pulled",
		spec:   "A = docker ca base a\nB = docker cb base b\npush app:v1 A\npush app:v1 B\npush other:v1 A",
		args:   "-i app -u", code: 0,
		gone: []string{"app revision A", "app history v1 A", "app layer ca", "app layer a"},
	}, {
		name:   "the layers of an untagged image that stays",
		script: "it deleted their links: it asked only what tags need",
		spec:   "A = docker ca base a\nB = docker cb base a b\nU = docker cu base\npush app:v1 U\npush app@ A\npush app:v2 B",
		args:   "-i app:v2", code: 0,
		gone: []string{"app tag v2", "app history v2", "app revision B", "app layer cb", "app layer b", "blob B", "blob cb", "blob b"},
	}, {
		name:   "a signature",
		script: "it took what is about a tagged image for untagged",
		spec:   "A = docker ca base a\nS = image {} s subject=A\npush app:v1 A\npush app@ S", args: "-i app -u", code: 0,
	}, {
		name:   "an index that goes",
		script: "it deleted the index alone, and its children stayed for ever",
		spec:   "A = docker ca base a\nI = index A\nU = docker cu base u\npush app:multi I\npush app:v1 U", args: "-i app:multi", code: 0,
		gone: []string{"app tag multi", "app history multi", "app revision I", "app revision A", "app layer ca", "app layer a", "blob I", "blob A", "blob ca", "blob a"},
	}, {
		name:   "a manifest that cannot be read",
		script: "it took it for one without layers, and deleted those that it shares",
		spec:   "A = docker ca base a\nB = docker cb base b\npush app:v1 A\npush app:v2 B\ndamage blob B truncated", args: "-i app:v1", code: 3,
		says: `\nWARNING  \[.*\]  \S+/blobs/sha256/\S+: the manifest does not hash to its digest`,
		gone: []string{"app tag v1", "app history v1"},
	}, {
		name:   "a link that is empty",
		script: "it took it for the digest of nothing, and deleted the directory of all blobs",
		spec:   "A = docker ca base a\nB = docker cb base b\npush app:v1 A\npush other:v1 B\npush app:bad A\ndamage app:bad empty", args: "-i app", code: 0,
		gone: []string{"app", "blob A", "blob ca", "blob a"},
	}, {
		name:   "a tag whose link is empty",
		script: "it deleted the directory of all of the repository's revisions",
		spec:   "A = docker ca base a\npush app:v1 A\npush app:bad A\ndamage app:bad empty", args: "-i app:bad", code: 0,
		gone: []string{"app tag bad", "app history bad"},
	}, {
		name:   "doubt in another repository",
		script: "nothing: a doubt holds back its own repository only",
		spec:   "A = docker ca base a\nB = docker cb b\npush app:v1 A\npush other:v1 B\ndamage other:v1 empty", args: "-i app", code: 0,
		gone: []string{"app", "blob A", "blob ca", "blob a", "blob base"},
	}, {
		name:   "what cannot be deleted",
		script: "it said so, and that all was well (exit 0)",
		spec:   "A = docker ca base a\nB = docker cb base\npush app:v1 A\npush app:v2 B\nfile {app layer a}/inside stray", args: "-i app:v1", code: 3,
		says: `\nCRITICAL \[.*\]  Failed to delete directory:\S+/_layers/sha256/[0-9a-f]{64}: .*directory not empty`,
		gone: []string{"app tag v1", "app history v1", "app revision A", "app layer ca", "blob A", "blob ca", "app layer a", "blob a"}, // the link is gone, its directory stays
	}, {
		name:   "a dry run with --prune",
		script: "it deleted the empty directories",
		spec:   "A = docker ca base a\npush app:v1 A\ndir repositories/left/behind", args: "-i app -n -p", code: 0,
		says: `DRY_RUN: would have deleted \S+/repositories/left/behind\n`,
	}, {
		name:   "no tree",
		script: "the same message, but only if the directory itself was not there",
		spec:   "remove repositories\nremove blobs", args: "-i app", code: 1,
		says: `^CRITICAL \[.*\]  No repositories directory found inside REGISTRY_DATA_DIR '\S+/v2'\.\n$`,
	}, {
		name:   "garbage of others",
		script: "it left it alone, and so do we: only what the operation releases goes",
		spec:   "A = docker ca base a\nB = docker cb b\npush app:v1 A\npush other:v1 B\npush other:v1 A\nblob o\nupload other u age=30d", args: "-i app", code: 0,
		gone: []string{"app"},
	}, {
		name:   "the history of a tag",
		script: "it deleted all that the tag alone had pointed to, the child of an index too",
		spec:   "A = docker ca base a\nB = docker cb base b\nC = docker cc c\nI = index C\npush app:v1 C\npush app:v1 B\npush app:v1 A\npush app:v2 A\npush app@ I", args: "-i app:v1", code: 0,
		// C stays: an index that stays lists it.
		gone: []string{"app tag v1", "app history v1", "app revision B", "app layer cb", "app layer b", "blob B", "blob cb", "blob b"},
	},
}

func TestFaultsOfTheScript(t *testing.T) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			if fault.spec == "" {
				fault.spec = images
			}
			tree := registrytest.Build(t, fault.spec)
			outside := filepath.Join(filepath.Dir(tree.V2[:strings.Index(tree.V2, "/docker/")]), "canary")
			if err := os.MkdirAll(filepath.Join(outside, "below"), 0o755); err != nil {
				t.Fatal(err)
			}
			before, want := tree.Snapshot(), []string{}
			for _, file := range files(tree) {
				if !slices.ContainsFunc(fault.gone, func(gone string) bool { return file == gone || strings.HasPrefix(file, gone+" ") }) {
					want = append(want, file)
				}
			}
			args := strings.Fields(fault.args)
			for i := range args {
				args[i] = strings.ReplaceAll(strings.ReplaceAll(args[i], "CANARY", outside), `""`, "")
			}
			code, stderr := callScript(t, tree, "delete_docker_registry_image", args...)
			if code != fault.code {
				t.Errorf("exit code %d; want %d\n%s", code, fault.code, stderr)
			}
			if !regexp.MustCompile(fault.says).MatchString(stderr) {
				t.Errorf("it says\n%swant %s", stderr, fault.says)
			}
			if diff := cmp.Diff(want, files(tree)); diff != "" {
				t.Errorf("the script's fault: %s\nwant -, got +:\n%s", fault.script, diff)
			}
			if len(fault.gone) == 0 {
				if diff := cmp.Diff(before, tree.Snapshot()); diff != "" {
					t.Errorf("nothing was to change:\n%s", diff)
				}
			}
			if _, err := os.Stat(filepath.Join(outside, "below")); err != nil {
				t.Errorf("outside the tree: %v", err)
			}
		})
	}
}

// files are a tree's contents without the directories that are empty.
func files(tree *registrytest.Tree) []string {
	return slices.DeleteFunc(tree.Contents(), func(line string) bool { return strings.HasSuffix(line, " (empty)") })
}

// callScript runs the program by the name of a script.
func callScript(t *testing.T, tree *registrytest.Tree, name string, args ...string) (code int, stderr string) {
	t.Helper()
	cmd := exec.Command(name, append(args, "--registry-stopped")...)
	cmd.Env = append(os.Environ(), "REGISTRY_DATA_DIR="+tree.V2)
	var out, text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &text
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if out.Len() > 0 {
		t.Errorf("%s writes to stdout: %q", name, &out)
	}
	return cmd.ProcessState.ExitCode(), text.String()
}
