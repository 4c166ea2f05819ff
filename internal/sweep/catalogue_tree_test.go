package sweep_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"regjanitor/internal/plan"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

func TestSymlinks(t *testing.T) {
	moved := func(path string) string { return app + "move " + path + " /moved\nsymlink " + path + " /moved" }
	refused := func(name, path string) row {
		return row{name: "25 " + name + " is a symbolic link", spec: moved(path), refused: "symlink"}
	}
	runRows(t, []row{
		refused("repositories", "repositories"),
		refused("blobs", "blobs"),
		refused("blobs/sha256", "blobs/sha256"),
		refused("a repository", "repositories/app"),
		refused("_layers", "repositories/app/_layers"),
		refused("_layers/sha256", "repositories/app/_layers/sha256"),
		refused("_manifests", "repositories/app/_manifests"),
		refused("the directory of revisions", "repositories/app/_manifests/revisions"),
		refused("revisions/sha256", "repositories/app/_manifests/revisions/sha256"),
		refused("a revision", "{app@A}"),
		refused("the directory of tags", "repositories/app/_manifests/tags"),
		refused("a tag", "{app:v1}"),
		refused("a tag's current", "{app:v1}/current"),
		refused("a tag's index", "{app:v1}/index"),
		refused("a layer link's directory", "{app layer x}"),
		refused("_uploads", "repositories/app/_uploads"),
		{name: "25 a symbolic link to nowhere under repositories", spec: app + `symlink repositories/far outside/nothing`, refused: "symlink"},

		{name: "26 a symbolic link in place of a shard is left alone", spec: `damage blob o symlinked-shard`, doubts: "blob-symlink", stays: "blob o"},
		{name: "26 a symbolic link in place of a blob's directory is left alone", spec: `damage blob o symlinked`, doubts: "blob-symlink", stays: "blob o"},
		{name: "26 a symbolic link in place of data is left alone", spec: `damage blob o symlink`, doubts: "blob-not-a-file", stays: "blob G, blob H, blob h.c, blob h.x, blob o"},
		{name: "26 what a symbolic link in place of another blob leads to stays", spec: `
			blob z
			blob y
			remove {blob g.x}
			symlink {blob g.x} {blob z}
			`, doubts: "blob-symlink", removed: "blob y"},
		{name: "26 a manifest that nothing links, behind a symbolic link, is not taken for gone", spec: app + `
			expire app@A
			damage blob A symlinked
			`, doubts: "blob-symlink, manifest-not-a-file, revision-without-link"},
		{name: "26 a symbolic link to another place inside is left alone", spec: `damage blob o inside`,
			doubts: "blob-symlink, digest-malformed", stays: "blob o"},
		{name: "26 a live layer behind a symbolic link is left alone", spec: app + `damage blob x symlinked`, doubts: "blob-symlink", removed: appGarbage},
		{name: "26 a manifest behind a symbolic link cannot be read and pins", spec: app + `damage blob A symlinked`, doubts: "blob-symlink, manifest-not-a-file"},
	})
}

// TestSwappedForSymlink swaps a directory for a symbolic link to what it was,
// before the first removal and in the midst of them.
func TestSwappedForSymlink(t *testing.T) {
	for _, what := range []string{"app revision B", "app layer y", "app history v1 B", "blob y", "blob o"} {
		for _, up := range []int{1, 2, 3} {
			for _, when := range []int{1, 2, 4, 8, 16, 32} {
				t.Run(fmt.Sprintf("27 %d above the file of %s, before call %d", up, what, when), func(t *testing.T) {
					t.Parallel()
					checkSwap(t, what, up, when)
				})
			}
		}
	}
}

func checkSwap(t *testing.T, what string, up, when int) {
	tree := registrytest.Build(t, ok+app)
	victim, away := filepath.Join(tree.V2, at(tree, what, up)), filepath.Join(tree.Root, "away")
	planned, calls := false, 0
	root := watched(t, tree, func(c storetest.Call) error {
		if !planned {
			return nil
		}
		if calls++; calls == when {
			return errors.Join(os.Rename(victim, away), os.Symlink(away, victim))
		}
		return nil
	})
	p, err := survey(root, 1, defaults())
	if err != nil {
		t.Fatal(err)
	}
	planned = true
	result := execute(root, p)
	if when == 1 && len(result.Failures) == 0 {
		t.Error("nothing is said of it")
	}
	if result.Stopped != nil {
		t.Errorf("stopped: %v", result.Stopped)
	}
	if _, err := os.Lstat(away); err == nil {
		if err := errors.Join(os.Remove(victim), os.Rename(away, victim)); err != nil {
			t.Fatal(err)
		}
	}
	if lost := minus(tree.Live(), tree.Contents()); len(lost) > 0 {
		t.Errorf("live things are gone: %q", lost)
	}
}

func TestHardLinks(t *testing.T) {
	t.Run("29 hard-linked data goes, and frees nothing while another name remains", func(t *testing.T) {
		tree := registrytest.Build(t, ok+"blob o2\ndamage blob o hardlink")
		p := sweepAll(t, tree)
		checkSame(t, "left", tree.Live(), tree.Contents())
		want := sizes(tree, "H", "h.c", "h.x", "o", "o2")
		checkSame(t, "bytes of content", want, p.Planned.Bytes)
		for _, a := range p.Actions {
			if item := p.Item(a); item.Digest == tree.Digest("o") && item.Disk != 0 {
				t.Errorf("removing one of two names frees %d bytes", item.Disk)
			}
		}
	})
	t.Run("29 the bytes count with the last of the names that go", func(t *testing.T) {
		tree := registrytest.Build(t, ok+"o2 = layer 64KiB\nblob o2 o3")
		if err := errors.Join(os.Remove(tree.Path("blob o3")), os.Link(tree.Path("blob o2"), tree.Path("blob o3"))); err != nil {
			t.Fatal(err)
		}
		var freed int64
		p := sweepAll(t, tree)
		for _, a := range p.Actions {
			if item := p.Item(a); item.Digest == tree.Digest("o2") || item.Digest == tree.Digest("o3") {
				freed += item.Disk
			}
		}
		checkSame(t, "bytes freed", int64(64<<10), freed)
		checkSame(t, "left", tree.Live(), tree.Contents())
	})
}

func TestUnreadableDirectories(t *testing.T) {
	for _, place := range []string{"repositories", "repositories/app", "repositories/app/_manifests/tags",
		"repositories/app/_manifests/tags/v1", "repositories/app/_layers/sha256"} {
		for _, op := range []storetest.Op{storetest.Open, storetest.List} {
			t.Run(fmt.Sprintf("30 %s fails at %s", place, op), func(t *testing.T) {
				tree := registrytest.Build(t, ok+app)
				_, err := survey(watched(t, tree, fails(op, place, syscall.EACCES)), 4, defaults())
				row{refused: "unreadable-directory"}.checkRefusal(t, err)
			})
		}
	}
	t.Run("30 an unreadable shard of blobs is skipped", func(t *testing.T) {
		tree := registrytest.Build(t, ok+app)
		before := tree.Contents()
		shard, _ := filepath.Rel(tree.V2, filepath.Dir(filepath.Dir(tree.Path("blob o"))))
		root := watched(t, tree, fails(storetest.Open, shard, syscall.EACCES))
		p, err := survey(root, 4, defaults())
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, "doubts", []string{"shard-unreadable"}, codes(p.Doubts))
		carryOut(t, root, p)
		checkSame(t, "removed", minus(tree.Dead(), []string{"blob o"}), minus(before, tree.Contents()))
	})
}

func TestOddNames(t *testing.T) {
	runRows(t, []row{
		{name: "31 names that are not UTF-8 or hold a new line", spec: app + `
			file "repositories/\xff/x"
			file "repositories/app/_manifests/tags/a\nb"
			file "blobs/sha256/\xfe\n"
			`, warnings: "stray", removed: appGarbage},
		{name: "31 a tag whose name no registry takes keeps what it points to", spec: app + `
			push app:w B
			move {app:w} "repositories/app/_manifests/tags/\xff\n"
			`},
		{name: "31 links below a name that no registry takes are kept", spec: app + `
			push other:v1 B
			push other:v1 A
			move repositories/other "repositories/o\xffther"
			`, doubts: "repository-name", removed: but(appGarbage, "blob B, blob d, blob y")},
		{name: "31 paths beyond PATH_MAX", spec: app + `
			deep repositories/deep 30
			deep blobs/sha256/deep 30
			`, doubts: "digest-malformed", removed: appGarbage},

		{name: "33 what is not the registry's stays and is reported", spec: app + `
			file blobs/sha256/ab/data
			file blobs/data
			file {blob x}/data.bak
			dir lost+found
			dir blobs/lost+found
			dir repositories/lost+found
			dir repositories/app/lost+found
			file repositories/.snapshot/app/_layers/x
			file repositories/app/_referrers/sha256/x
			file repositories/_catalog/x
			file README
			`, warnings: "reserved, stray", removed: appGarbage},
		{name: "33 a file named data where a blob's directory could be", spec: `file blobs/sha256/ab/notadigest/data`, doubts: "digest-malformed"},

		removal("34 removing a repository does not touch those nested in it", "team",
			"team tag v1, team history v1 A, team revision A, team layer c, team layer x, blob A, blob c"),
		removal("34 removing a nested repository does not touch the one above", "team/svc",
			"team/svc tag v1, team/svc history v1 B, team/svc revision B, team/svc layer d, team/svc layer x, blob B, blob d"),
	})
	t.Run("34 what was empty in other repositories is none of a removal's business", func(t *testing.T) {
		empty := removal("", "team/svc", "").spec + `
			dir repositories/other/_layers/sha256
			dir repositories/team/_layers/sha512
		`
		tree := registrytest.Build(t, empty)
		root := open(t, tree.V2)
		opts := defaults()
		opts.Requests = []plan.Request{{Repository: "team/svc"}}
		p, err := survey(root, 4, opts)
		if err != nil {
			t.Fatal(err)
		}
		carryOut(t, root, p)
		for _, path := range []string{"repositories/other/_layers/sha256", "repositories/team/_layers/sha512"} {
			if _, err := os.Stat(filepath.Join(tree.V2, path)); err != nil {
				t.Error(err)
			}
		}
	})
}

// removal is a row in which one of two repositories is removed by name.
func removal(name, repository, removed string) row {
	return row{name: name, alone: true, removed: removed, lost: removed,
		options: func(o *plan.Options) { o.Requests = []plan.Request{{Repository: repository}} },
		spec: `
			A = image c x
			B = image d x
			push team:v1 A
			push team/svc:v1 B
		`}
}

// sweepAll is a run that nothing gets in the way of.
func sweepAll(t *testing.T, tree *registrytest.Tree) *plan.Plan {
	t.Helper()
	root := open(t, tree.V2)
	p, err := survey(root, 4, defaults())
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, root, p)
	return p
}

func sizes(tree *registrytest.Tree, names ...string) int64 {
	var total int64
	for _, name := range names {
		total += tree.Size(name)
	}
	return total
}
