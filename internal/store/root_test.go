//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"regjanitor/internal/refusal"
)

// 45: what a user may name, and what it stands for; an empty answer is a refusal.
func TestLocate(t *testing.T) {
	const v2 = "docker/registry/v2"
	for _, c := range []struct {
		what        string
		files       map[string]string
		named, want string
		code        string
	}{
		{"a storage root", map[string]string{v2 + "/repositories/": "", v2 + "/blobs/": ""}, ".", v2, ""},
		{"the v2 directory", map[string]string{v2 + "/repositories/": "", v2 + "/blobs/": ""}, v2, v2, ""},
		{"a slash behind it", map[string]string{v2 + "/repositories/": ""}, v2 + "/", v2, ""},
		{"a detour", map[string]string{v2 + "/repositories/": ""}, "docker/../" + v2 + "/../v2", v2, ""},
		{"a copy of v2 elsewhere", map[string]string{"copy/repositories/": "", "copy/blobs/": ""}, "copy", "copy", ""},
		{"no blobs yet", map[string]string{v2 + "/repositories/": ""}, ".", v2, ""},
		{"blobs alone, which 46 refuses later", map[string]string{v2 + "/blobs/": ""}, ".", v2, ""},
		{"a symbolic link to a root", map[string]string{"real/" + v2 + "/repositories/": "", "link": "->real"}, "link", "real/" + v2, ""},
		{"a symbolic link to v2", map[string]string{"real/repositories/": "", "docker/registry/v2": "->../../real"}, ".", "real", ""},
		{"links in place of its directories, which 25 refuses later",
			map[string]string{"far/": "", v2 + "/repositories": "->../../../far", v2 + "/blobs": "->../../../far"}, ".", v2, ""},
		{"a root with a stray directory", map[string]string{v2 + "/repositories/": "", "repositories/": ""}, ".", v2, ""},

		{"nothing there", nil, "none", "", "root-missing"},
		{"a dangling link", map[string]string{"link": "->none"}, "link", "", "root-missing"},
		{"a link to itself", map[string]string{"link": "->link"}, "link", "", "root-missing"},
		{"below a file", map[string]string{"file": "x"}, "file/x", "", "root-missing"},
		{"an empty directory", nil, ".", "", "root-wrong"},
		{"a file", map[string]string{"file": "x"}, "file", "", "root-wrong"},
		{"a home directory", map[string]string{".bashrc": "x", "docker/compose.yml": "x"}, ".", "", "root-wrong"},
		{"the docker parent", map[string]string{v2 + "/repositories/": "", v2 + "/blobs/": ""}, "docker", "", "root-wrong"},
		{"the registry parent", map[string]string{v2 + "/repositories/": ""}, "docker/registry", "", "root-wrong"},
		{"the parent of a root", map[string]string{"registry/" + v2 + "/repositories/": ""}, ".", "", "root-wrong"},
		{"the blobs", map[string]string{v2 + "/repositories/": "", v2 + "/blobs/sha256/": ""}, v2 + "/blobs", "", "root-wrong"},
		{"a repository", map[string]string{v2 + "/repositories/a/_manifests/": ""}, v2 + "/repositories/a", "", "root-wrong"},
		{"files where directories should be", map[string]string{"repositories": "x", "blobs": "x"}, ".", "", "root-wrong"},
		{"registry 1", map[string]string{"images/0123/layer": "x", "repositories/library/app/tag_latest": "0123"}, ".", "", "root-wrong"},
		{"an empty v2, as of an unmounted volume", map[string]string{v2 + "/": ""}, ".", "", "root-empty"},
		{"v2 with a file", map[string]string{v2 + "/x": ""}, ".", "", "root-empty"},
	} {
		t.Run(c.what, func(t *testing.T) {
			top, err := filepath.EvalSymlinks(plant(t, c.files).Dir)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Locate(top + "/" + c.named)
			if c.want != "" {
				if got != filepath.Join(top, c.want) || err != nil {
					t.Errorf("%s, %v; want %s", got, err, c.want)
				}
				return
			}
			wantRefusal(t, got, err, c.code)
		})
	}
}

func wantRefusal(t *testing.T, got string, err error, code string) {
	t.Helper()
	var refused *refusal.Error
	if got != "" || !errors.As(err, &refused) || refused.Code != code || refused.Hint == "" {
		t.Errorf("%q, %v; want the refusal %s with a hint", got, err, code)
	}
}

func TestLocateRefusesTheRootOfTheSystemAndNothing(t *testing.T) {
	got, err := Locate("/")
	wantRefusal(t, got, err, "root-wrong")
	got, err = Locate("")
	wantRefusal(t, got, err, "root-missing")
}

func TestLocateTakesARelativePath(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/docker/registry/v2/repositories/": ""})
	t.Chdir(top)
	for _, named := range []string{".", "../tree", "docker/registry/v2"} {
		if got, err := Locate(named); !filepath.IsAbs(got) || filepath.Base(got) != "v2" || err != nil {
			t.Errorf("%s: %s, %v", named, got, err)
		}
	}
}

func TestOpenRoot(t *testing.T) {
	top := plantTree(t, map[string]string{"outside/x": "", "tree/docker/registry/v2/file": "x", "tree/scheduler-state.json": "{}", "tree/link": "->docker"})
	root := openRoot(t, filepath.Join(top, "docker/registry/v2"), false)
	if root.StorageRoot() != top || root.Info.Type != Directory {
		t.Errorf("storage root %s, %+v", root.StorageRoot(), root.Info)
	}
	for path, want := range map[string]bool{"scheduler-state.json": true, "link": true, "docker/registry/v2/file": true, "none": false, "docker/none": false} {
		if root.Beside(path) != want {
			t.Errorf("%s beside the tree: %v", path, !want)
		}
	}
	bare := openRoot(t, top, false)
	if bare.StorageRoot() != "" || bare.Beside("docker") {
		t.Errorf("a tree by itself has the storage root %q", bare.StorageRoot())
	}
	if free, err := root.Free(); free <= 0 || err != nil {
		t.Errorf("%d bytes free, %v", free, err)
	}
	for path, want := range map[string]error{"none": fs.ErrNotExist, "scheduler-state.json": unix.ENOTDIR} {
		_, err := OpenRoot(filepath.Join(top, path), false)
		wantError(t, "open "+path, err, want)
	}
}

// 44
func TestTheLockIsForOne(t *testing.T) {
	top := t.TempDir()
	first, second := openRoot(t, top, false), openRoot(t, top, false)
	if err := first.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := first.Lock(); err != nil {
		t.Errorf("to lock twice is no more than once: %v", err)
	}
	if err := second.Lock(); !errors.Is(err, ErrLocked) {
		t.Errorf("the second: %v", err)
	}
	if said := lockElsewhere(t, top); said != "another run holds the lock" {
		t.Errorf("another process: %q", said)
	}
	if got := names(t, first); len(got) > 0 {
		t.Errorf("a lock writes %q", got)
	}
	first.Close()
	if said := lockElsewhere(t, top); said != "locked" {
		t.Errorf("another process, after the end of the first: %q", said)
	}
	if err := second.Lock(); err != nil {
		t.Errorf("the second, after the end of the first: %v", err)
	}
}

const lockVariable = "REGJANITOR_TEST_LOCK"

// lockElsewhere has another process lock a tree, and is what that says of it.
func lockElsewhere(t *testing.T, top string) string {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestLockFromAnotherProcess$")
	command.Env = append(os.Environ(), lockVariable+"="+top)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	said, _, _ := strings.Cut(string(out), "\n")
	return said
}

func TestLockFromAnotherProcess(t *testing.T) {
	top := os.Getenv(lockVariable)
	if top == "" {
		t.Skip("runs in a process of its own")
	}
	say := "locked"
	if err := openRoot(t, top, false).Lock(); err != nil {
		say = err.Error()
	}
	os.Stdout.WriteString(say + "\n")
}

func TestCheckWritable(t *testing.T) {
	for what, files := range map[string]map[string]string{
		"whole": {"tree/repositories/": "", "tree/blobs/": ""}, "without blobs": {"tree/repositories/": ""}, "empty": {"tree/": ""},
	} {
		if err := openRoot(t, plantTree(t, files), false).CheckWritable(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere; see the read-only mount")
	}
	for _, name := range []string{".", "repositories", "blobs"} {
		top := plantTree(t, map[string]string{"tree/repositories/": "", "tree/blobs/": ""})
		forbid(t, filepath.Join(top, name), 0o555)
		wantError(t, name, openRoot(t, top, false).CheckWritable(), unix.EACCES)
	}
}

// forbid takes permissions away from a directory until the test ends.
func forbid(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(path, 0o755) })
}

func TestAbove(t *testing.T) {
	top := plantTree(t, map[string]string{"tree/docker/registry/v2/blobs/": "", "tree/beside": "x", "tree/blobs/": ""})
	above, err := openRoot(t, filepath.Join(top, "docker/registry/v2"), false).Above()
	if err != nil {
		t.Fatal(err)
	}
	defer above.Close()
	if got := names(t, above); !slices.Equal(got, []string{"beside", "blobs", "docker"}) {
		t.Errorf("in the storage root: %q", got)
	}
	_, err = openRoot(t, top, false).Above()
	wantError(t, "above a tree that is not laid out below one", err, ErrOutside)
}
