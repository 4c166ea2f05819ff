package repair_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/repair"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// The trees of these tests are others each time, unless REGJANITOR_TEST_SEED, which
// a failure names, brings them back.
const seedVariable = "REGJANITOR_TEST_SEED"

func seed(t *testing.T) uint64 {
	if text := os.Getenv(seedVariable); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return uint64(time.Now().UnixMicro())
}

// damaged is a random registry with several things broken, and another tree to
// take from, which is damaged as well.
type damaged struct {
	seed  uint64
	spec  string
	tree  *storetest.Memory
	good  map[string]string // files of before the damage
	other *storetest.Memory
}

func (d *damaged) options(t testing.TB) repair.Options {
	from, err := d.other.Dir(layout.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	return repair.Options{Jobs: 1, TagsFromHistory: d.seed%2 == 0, From: from, FromName: "the other tree"}
}

// draw makes one; the damage is the disk's: files are emptied, cut short, changed
// or lost.
func draw(t testing.TB, seed uint64) *damaged {
	t.Helper()
	choose := rand.New(rand.NewPCG(seed, 0)).IntN
	spec := strings.ReplaceAll(registrytest.Random(choose), "= artifact", "= image") // to verify those are damage
	parsed, err := registrytest.Parse(spec)
	if err != nil {
		t.Fatalf("%v\n%s", err, spec)
	}
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	on, err := parsed.Write(path.Join(dir, "r"), registrytest.Now)
	if err != nil {
		t.Fatalf("%v\n%s", err, spec)
	}
	memory, err := storetest.Load(on.Root)
	if err != nil {
		t.Fatal(err)
	}
	d := &damaged{seed: seed, spec: spec, tree: memory, good: files(memory), other: memory.Clone()}
	d.hurt(d.tree, choose, 1+choose(8))
	d.hurt(d.other, choose, choose(4))
	return d
}

func (d *damaged) hurt(tree *storetest.Memory, choose func(int) int, times int) {
	var targets []string
	for _, at := range slices.Sorted(maps.Keys(d.good)) {
		if base := path.Base(at); base == layout.Link || base == layout.Data && !strings.Contains(at, layout.Uploads) {
			targets = append(targets, at)
		}
	}
	for range times {
		if len(targets) == 0 {
			return
		}
		at := targets[choose(len(targets))]
		text, there := tree.Text(at)
		if !there {
			continue
		}
		switch choose(5) {
		case 0:
			tree.Put(at, storetest.Thing{Type: store.Regular})
		case 1:
			tree.Put(at, storetest.Thing{Type: store.Regular, Text: text[:len(text)/2]})
		case 2:
			tree.Put(at, storetest.Thing{Type: store.Regular, Text: text + "\n"})
		case 3:
			tree.Remove(at)
		default:
			tree.Remove(path.Dir(at))
		}
	}
}

// wrong lists what of a tree no repair may leave: what was good must be as it was,
// what is bad must be what it was before, in its place or in the trash, and what is
// new must be what it was before the damage, or a link that proves itself.
func (d *damaged) wrong(now *storetest.Memory, before map[string]string) (wrong []string) {
	is := files(now)
	for at, was := range before {
		switch text, there := is[at]; {
		case text == was:
		case was == d.good[at]:
			wrong = append(wrong, "changed, and was good: "+at)
		case there && text != d.good[at] && !d.pointed(at, text):
			wrong = append(wrong, "neither as it was nor as it should be: "+at)
		case !there && path.Base(at) != layout.Data:
			wrong = append(wrong, "gone: "+at)
		case path.Base(at) == layout.Data && !trashed(now, was):
			wrong = append(wrong, "not in the trash: "+at)
		}
	}
	for at, text := range is {
		if _, there := before[at]; !there && text != d.good[at] && !plain(at, text) {
			wrong = append(wrong, "new, and not as it was before the damage: "+at)
		}
	}
	return append(wrong, dangling(is, before)...)
}

// pointed tells the link of a tag to where it pointed once: where the last entry of
// its history is lost with the link, that is the last.
func (d *damaged) pointed(at, text string) bool {
	tag, current := strings.CutSuffix(at, "/"+layout.Current+"/"+layout.Link)
	_, hex, _ := strings.Cut(text, ":")
	_, once := d.good[path.Join(tag, layout.Index, "sha256", hex, layout.Link)]
	return current && once
}

// plain tells the link of a revision or of a layer that says what its path says:
// of a tag that leads to it, it may have been missing before the damage.
func plain(at, text string) bool {
	hex := path.Base(path.Dir(at))
	return path.Base(at) == layout.Link && len(hex) == 64 && text == "regular file sha256:"+hex && !strings.Contains(at, "/"+layout.Tags+"/")
}

func trashed(now *storetest.Memory, content string) bool {
	for at, info := range now.All() {
		text, _ := now.Text(at)
		if strings.HasPrefix(at, ".regjanitor/trash/") && fmt.Sprintf("%s %s", info.Type, text) == content {
			return true
		}
	}
	return false
}

// dangling lists the links that were written and lead to no sound blob.
func dangling(is, before map[string]string) (wrong []string) {
	for at, text := range is {
		if path.Base(at) != layout.Link || text == before[at] || strings.Contains(at, "/sha512/") || strings.Contains(at, "/tarsum/") {
			continue
		}
		_, hex, _ := strings.Cut(text, "sha256:")
		if len(hex) < 2 {
			continue
		}
		data := path.Join(layout.Prefix, layout.Blobs, "sha256", hex[:2], hex, layout.Data)
		if _, there := is[data]; !there {
			wrong = append(wrong, "dangling: "+at)
		}
		if !strings.HasSuffix(path.Dir(at), "/"+layout.Current) {
			continue
		}
		repository, _, _ := strings.Cut(at, "/"+layout.Tags+"/")
		link := path.Join(repository, layout.Revisions, "sha256", hex, layout.Link)
		layer := path.Join(repository, layout.Layers, "sha256", hex, layout.Link)
		if !strings.HasSuffix(is[link], hex) && !strings.HasSuffix(is[layer], hex) {
			wrong = append(wrong, "a tag without its revision: "+at)
		}
	}
	return wrong
}

// 41
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	first, states, actions := seed(t), 0, 0
	for n := range uint64(storetest.Scale(100)) {
		d := draw(t, first+n)
		fail := func(when string, wrong []string) {
			t.Fatalf("%s=%d: %s:\n  %s\n%s", seedVariable, d.seed, when, strings.Join(wrong, "\n  "), d.spec)
		}
		before := files(d.tree)
		whole := d.tree.Clone()
		actions += d.mend(t, whole, "whole", nil)
		if wrong := d.wrong(whole, before); len(wrong) > 0 {
			fail("after the whole run", wrong)
		}
		want := files(whole)
		if again := d.mend(t, whole, "again", nil); again > 0 {
			fail("after the whole run", []string{fmt.Sprintf("a second one does %d things", again)})
		}
		stopped := d.tree.Clone()
		stopped.Record()
		choose := rand.New(rand.NewPCG(d.seed, 1)).IntN
		check := func(state *storetest.Memory, when string) {
			states++
			if wrong := d.wrong(state, before); len(wrong) > 0 {
				fail(when, wrong)
			}
			d.mend(t, state, "rerun", nil)
			if got := files(state); !maps.Equal(got, want) {
				fail(when, []string{"a rerun ends elsewhere than the whole run", fmt.Sprint(differing(want, got))})
			}
		}
		d.mend(t, stopped, "whole", func(call storetest.Call) error {
			if call.Op.Mutates() && call.Op != storetest.Write || call.Op == storetest.Sync { // what is written to has a name of its own
				when := fmt.Sprintf("%s %s", call.Op, call.Path)
				check(stopped.Clone(), "killed before "+when)
				check(stopped.Unsynced().InOrder(stopped.Unsynced().Sample(choose)...), "power lost before "+when)
			}
			return nil
		})
	}
	t.Logf("%d states of %d actions, from %s=%d on", states, actions, seedVariable, first)
	if actions < 100 {
		t.Errorf("only %d actions: is nothing damaged?", actions)
	}
}

func differing(want, got map[string]string) (all []string) {
	for at := range want {
		if got[at] != want[at] {
			all = append(all, at)
		}
	}
	for at := range got {
		if _, there := want[at]; !there {
			all = append(all, at)
		}
	}
	return all
}

// mend repairs a tree, and returns how much there was to do. A run that is made to
// fail may not begin at all.
func (d *damaged) mend(t testing.TB, tree *storetest.Memory, name string, hook storetest.Hook) int {
	t.Helper()
	storage, err := tree.Dir("")
	if err != nil {
		t.Fatal(err)
	}
	p, result, err := mend(storage, d.options(t), hook, name)
	if err != nil {
		t.Fatalf("%s=%d: %v", seedVariable, d.seed, err)
	}
	for i, err := range result.Errors {
		if err != nil && hook == nil {
			t.Fatalf("%s=%d: %s: %v", seedVariable, d.seed, p.Actions[i].Path, err)
		}
	}
	return len(p.Actions)
}
