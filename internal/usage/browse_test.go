package usage

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/inventory"
	"regjanitor/internal/registrytest"
)

// outline is what a visitor sees, a line for each folder and file, and the bytes that
// it counts as ncdu does.
type outline struct {
	tree  *registrytest.Tree
	lines []string
	depth int
	met   map[uint64]bool
	bytes int64
}

func (o *outline) look(inv *inventory.Inventory, chosen func(string) bool) int64 {
	o.met = map[uint64]bool{}
	Browse(inv, chosen, o)
	return o.bytes
}

func (o *outline) Enter(f Folder) {
	o.line(strings.TrimSpace(f.Kind + " " + o.name(f.Name)))
	o.depth++
}

func (o *outline) Leave() { o.depth-- }

func (o *outline) File(f File) {
	line := strings.TrimSpace(f.Kind + " " + o.name(string(f.Digest)) + f.Path)
	if f.Names > 1 {
		line += fmt.Sprintf(" of %d", f.Names)
	}
	o.line(line)
	if f.Inode == 0 || !o.met[f.Inode] {
		o.bytes += f.Disk
	}
	o.met[f.Inode] = true
}

func (o *outline) line(text string) {
	o.lines = append(o.lines, strings.Repeat("  ", o.depth)+text)
}

func (o *outline) name(digest string) string {
	if o.tree == nil || !strings.HasPrefix(digest, "sha256:") {
		return digest
	}
	for _, name := range []string{"A", "B", "C", "I", "S", "c", "d", "e", "s", "t", "x", "y", "z", "o"} {
		if string(o.tree.Digest(name)) == digest {
			return name
		}
	}
	return "HEX"
}

const browsed = `
	A = image c x y
	B = image d x
	C = image e z
	I = index A B
	S = image s t subject=A
	push team/app:v1 A
	push team/app@ S
	push team/app:v2 C
	push team/app:v2 B          # C is garbage
	mount team/app o
	push team/app/svc:v1 I
	push team-b:v1 B
	blob w
	upload team-b u age=1h
	temp blob x
`

func TestBrowse(t *testing.T) {
	tree := registrytest.Build(t, browsed)
	upload := tree.Path("team-b upload u")
	if err := os.WriteFile(upload, make([]byte, 10000), 0o666); err != nil {
		t.Fatal(err)
	}
	inv, sweep := look(t, tree)
	o := &outline{tree: tree}
	total := o.look(inv, nil)
	u := Of(inv, sweep, Options{})
	balanced(t, tree, inv, sweep, u)
	if total != u.Total {
		t.Errorf("who browses finds %d, of %d", total, u.Total)
	}
	for i, line := range o.lines {
		if at := strings.Index(line, "_uploads/"); at > 0 {
			o.lines[i] = line[:at] + "_uploads/UUID"
		}
		if at := strings.Index(line, "blobs/"); at > 0 {
			o.lines[i] = line[:at] + "blobs/TEMP"
		}
	}
	want := strings.TrimSpace(`
repository team
  repository app
    tag v1
      manifest A of 2
      config c of 2
      layer x of 4
      layer y of 2
      manifest S
      config s
      layer t
    tag v2
      manifest B of 3
      config d of 3
      layer x of 4
    untagged
      manifest C
        manifest C
        config e
        layer z
    unneeded
      layer o
    repository svc
      tag v1
        manifest I
        manifest B of 3
        config d of 3
        layer x of 4
        manifest A of 2
        config c of 2
        layer y of 2
repository team-b
  tag v1
    manifest B of 3
    config d of 3
    layer x of 4
orphans
  layer HEX
uploads
  uploads repositories/team-b/_uploads/UUID
leftovers
  leftovers blobs/TEMP
links
other_files`)
	if diff := cmp.Diff(want, strings.Join(o.lines, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	some := &outline{tree: tree}
	if got := some.look(inv, func(name string) bool { return name == "team-b" }); got != u.Total {
		t.Errorf("who browses one repository finds %d, of %d", got, u.Total)
	}
	if want := []string{"repository team-b", "  tag v1", "    manifest B", "    config d", "    layer x", "others"}; !slices.Equal(some.lines, want) {
		t.Errorf("one repository is %q", some.lines)
	}
}
