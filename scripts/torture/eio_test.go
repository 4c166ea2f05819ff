package torture

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const v2 = "docker/registry/v2/"

// failure is a disk that answers EIO.
type failure struct {
	name  string
	op    operation
	at    func(r *registry) string // path below v2; nil: anywhere
	once  bool
	rm    string // removed in place of a sweep
	exit  int
	keeps string // a directory below v2 that has to stay as it is
}

// 30, 35, 37: what a disk fails to read or to remove.
var failures = []failure{
	{name: "a tag's link once", op: opRead, at: someTag, once: true, exit: exitDone},
	{name: "a tag's link", op: opRead, at: someTag, exit: exitDoubt, keeps: "repositories/" + repository(0)},
	{name: "a tag's link, from its opening", op: opOpen, at: someTag, exit: exitDoubt, keeps: "repositories/" + repository(0)},
	{name: "a tagged manifest once", op: opRead, at: someManifest, once: true, exit: exitDone},
	{name: "a tagged manifest", op: opRead, at: someManifest, exit: exitDoubt, keeps: "repositories/" + repository(0)},
	{name: "the list of repositories once", op: opList, at: always("repositories"), once: true, exit: exitDone},
	{name: "the list of repositories", op: opList, at: always("repositories"), exit: exitRefused, keeps: "."},
	{name: "a repository's list", op: opList, at: always("repositories/" + repository(1)), exit: exitRefused, keeps: "."},
	{name: "a repository's tags once", op: opList, at: always("repositories/" + repository(1) + "/_manifests/tags"), once: true, exit: exitDone},
	{name: "a repository's tags", op: opList, at: always("repositories/" + repository(1) + "/_manifests/tags"), exit: exitRefused, keeps: "."},
	{name: "a repository's layer links", op: opList, at: always("repositories/" + repository(1) + "/_layers/sha256"), exit: exitRefused, keeps: "."},
	{name: "a shard of blobs", op: opList, at: someShard, exit: exitDoubt},
	{name: "an orphan's inode", op: opStat, at: someOrphan, exit: exitDoubt},
	{name: "the removal of one blob", op: opUnlink, at: someOrphan, exit: exitDoubt},
	{name: "all removals of files", op: opUnlink, exit: exitError, keeps: "."},
	{name: "all removals of directories", op: opRmdir, exit: exitError},
	{name: "the renaming of a tag", op: opRename, rm: repository(0) + ":multi", exit: exitDoubt, keeps: "."},
}

func always(p string) func(*registry) string { return func(*registry) string { return p } }

func someTag(*registry) string { return tagLink(repository(0), "multi") }

func someManifest(r *registry) string { return blobData(contents(r.t, r.v2)[someTag(r)]) }

func someOrphan(r *registry) string { return blobData(r.blob(r.content("orphan", 0))) }

func someShard(r *registry) string { return someOrphan(r)[:len("blobs/sha256/ab")] }

func TestFailingDisk(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name, f.run)
	}
}

func (f failure) run(t *testing.T) {
	r := newRegistry(t, t.TempDir(), shape{repositories: 2, garbage: 4})
	d := newBrokenDisk(t, r.root, false)
	needs, dropped, before := r.needs(""), r.needs(f.rm), snapshot(t, r.v2)
	if f.at != nil {
		f.name = v2 + f.at(r)
	}
	d.fails(func(op operation, path string, already int) bool {
		return op == f.op && (f.at == nil || path == f.name) && !(f.once && already > 0)
	})
	args := sweeping(d.dir)
	if f.rm != "" {
		args = removing(d.dir, f.rm)
	}
	o := janitor(t, args...).want(t, f.exit)
	if d.failed == 0 {
		t.Fatal("nothing was failed: the test is none")
	}
	left := snapshot(t, r.v2)
	if bad := violations(dropped, left); len(bad) > 0 {
		t.Errorf("violations:%s", some(bad))
	}
	if lost := without(below(before, f.keeps), left); len(lost) > 0 {
		t.Errorf("gone, though %s was to be kept:%s", f.keeps, some(lost))
	}
	f.judge(t, o, left, needs)
	d.fails(nil)
	janitor(t, args...).want(t, exitDone)
	janitor(t, sweeping(d.dir)...).want(t, exitDone)
	wantSame(t, "what a rerun leaves on a sound disk", dropped, contents(t, r.v2))
}

// judge wants a failure to be told of, and one that concerns a single place to
// leave the rest of the sweep alone.
func (f failure) judge(t *testing.T, o outcome, left, needs map[string]string) {
	switch {
	case f.exit == exitDone:
		wantSame(t, "what a run leaves that had to try twice", needs, filesOf(left))
		return
	case f.exit == exitDoubt && f.rm == "":
		if rest := without(below(left, "repositories/"+repository(1)), needs); slices.ContainsFunc(rest, isFile) && f.op != opUnlink {
			t.Errorf("a repository that has nothing to do with it is not swept:%s", some(rest))
		}
	}
	if !strings.Contains(o.stderr, "input/output error") {
		t.Errorf("it does not say what is wrong:\n%s", o.complaint())
	}
}

func isFile(p string) bool { return !strings.HasSuffix(p, "/") }

// below are the paths of a tree in one directory; in "." are all, in "" none.
func below(all map[string]string, dir string) map[string]string {
	some := map[string]string{}
	for p, content := range all {
		if dir == "." || dir != "" && strings.HasPrefix(p, dir+"/") {
			some[p] = content
		}
	}
	return some
}

// 35, 37: a disk that fails here and there, now and then.
func TestFlakyDisk(t *testing.T) {
	exits := map[int]int{}
	runs := scaled(30)
	for range runs {
		r := newRegistry(t, t.TempDir(), shape{repositories: 2, garbage: 4})
		d := newBrokenDisk(t, r.root, false)
		needs := r.needs("")
		odds := 1 << (4 + rand.IntN(8))
		d.fails(func(operation, string, int) bool { return rand.IntN(odds) == 0 })
		o := janitor(t, sweeping(d.dir)...)
		exits[o.code]++
		d.fails(nil)
		left := snapshot(t, r.v2)
		if bad := violations(needs, left); len(bad) > 0 {
			t.Errorf("one of %d operations fails, exit %d, violations:%s", odds, o.code, some(bad))
		}
		if rest := without(filesOf(left), needs); o.code == exitDone && len(rest) > 0 {
			t.Errorf("exit 0, though things stay that could not be removed:%s", some(rest))
		}
		janitor(t, sweeping(d.dir)...).want(t, exitDone)
		wantSame(t, "what a rerun leaves on a sound disk", needs, contents(t, r.v2))
	}
	t.Logf("flaky disks: %d, exit codes %v, 0 violations", runs, exits)
}

// 35: where listings do not tell files from directories, the janitor looks.
func TestUntypedListings(t *testing.T) {
	r := newRegistry(t, t.TempDir(), shape{repositories: 2, garbage: 4})
	d := newBrokenDisk(t, r.root, true)
	if kinds := listedKinds(t, d.dir+"/"+v2); slices.ContainsFunc(kinds, func(kind byte) bool { return kind != unix.DT_UNKNOWN }) {
		t.Fatalf("the listing tells the kinds %v", kinds)
	}
	needs := r.needs("")
	janitor(t, sweeping(d.dir)...).want(t, exitDone)
	wantSame(t, "what is left", needs, contents(t, r.v2))
}

// listedKinds are the d_type of a directory's entries, but for . and ..
func listedKinds(t testing.TB, dir string) []byte {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	n, err := unix.Getdents(fd, buf)
	if err != nil || n == 0 {
		t.Fatalf("list %s: %d bytes, %v", dir, n, err)
	}
	const lengthAt, typeAt, nameAt = 16, 18, 19
	var kinds []byte
	for block := buf[:n]; len(block) > 0; block = block[block[lengthAt]:] { // short names, short entries
		if block[nameAt] != '.' {
			kinds = append(kinds, block[typeAt])
		}
	}
	return kinds
}
