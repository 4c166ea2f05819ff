package sweep_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
	"regjanitor/internal/trash"
)

// faultTrial is one kind of run on one registry, and what it does on a disk
// that is well.
type faultTrial struct {
	spec faultSpec
	faultRun

	before *storetest.Memory // where the run starts
	after  *storetest.Memory // and ends
	want   *storetest.Memory // where what comes after it ends
	said   []string
	frame  frame
	ill    map[string]bool   // see illTags
	was    []string          // broken in the registry from which all began
	files  map[uint64]string // those of before, by inode, which the trash may hold
	calls  []site
}

func newFaultTrial(spec faultSpec, registry *storetest.Memory, run faultRun) *faultTrial {
	t := &faultTrial{spec: spec, faultRun: run, before: registry.Clone()}
	if run.stage != nil {
		run.stage(healthy(t.before), "test")
	}
	t.after = t.before.Clone()
	well := watchedDisk(t.after)
	t.said = t.run(well, "test")
	t.calls = slices.SortedFunc(maps.Keys(well.seen), site.compare)
	t.want = t.after.Clone()
	run.finish(healthy(t.want), "again")
	t.frame = frameOf(t.before, t.after)
	t.ill, t.was = illTags(registry), broken(registry)
	if run.brings {
		for _, line := range broken(t.after) {
			t.frame.broken[line] = true
		}
	}
	t.files = map[uint64]string{}
	for at, info := range t.before.All() {
		if info.Type == store.Regular && !isJournal(at) {
			t.files[info.Inode] = at
		}
	}
	return t
}

func isJournal(at string) bool {
	return strings.HasPrefix(at, trash.Dir+"/") && strings.HasPrefix(at[strings.LastIndexByte(at, '/')+1:], "journal")
}

// faultOutcome is what a run made of a fault.
type faultOutcome struct {
	*faultTrial
	fault fault
	tree  *storetest.Memory
	said  []string
	late  bool // the run had begun to change the tree
}

// try injects a fault, and tells whether it came to that.
func (t *faultTrial) try(f fault) (fired bool, wrong []string, excused string) {
	tree := t.before.Clone()
	d := failing(tree, &f)
	said, panicked := t.careful(d)
	o := faultOutcome{faultTrial: t, fault: f, tree: tree, said: said, late: d.late}
	if panicked != nil {
		wrong = append(wrong, fmt.Sprintf("panic: %v", panicked))
	}
	if !d.fired {
		return false, nil, ""
	}
	same := tree.Equal(t.after)
	if len(minus(o.said, t.said)) == 0 && panicked == nil {
		wrong, excused = o.silent(same)
	}
	if same || tree.Equal(t.before) {
		return true, wrong, excused
	}
	wrong = append(wrong, o.lost()...)
	if t.bin {
		wrong = append(wrong, o.gone()...)
	}
	if t.undo {
		wrong = append(wrong, o.undone()...)
	}
	rerun := tree.Clone()
	said = t.finish(healthy(rerun), "again")
	if differs := o.afterwards(rerun, said); len(differs) > 0 {
		wrong = append(wrong, append([]string{"rerun: ends elsewhere: " + strings.Join(said, "; ")}, differs...)...)
	}
	return true, wrong, excused
}

// careful runs on a failing disk.
func (t *faultTrial) careful(d *disk) (said []string, panicked any) {
	defer func() { panicked = recover() }()
	return t.run(d, "test"), nil
}

// silent is what is wrong with a run that says no more than one without a fault:
// where it ends elsewhere. And what was to be durable and is not shows nowhere.
func (o faultOutcome) silent(same bool) (wrong []string, excused string) {
	if o.fault.op == storetest.Sync || o.fault.op == storetest.Write {
		return []string{"silent: it is not durable"}, ""
	}
	if same {
		return nil, ""
	}
	differs := differences(o.after, o.tree)
	if len(differs) == 0 {
		return nil, ""
	}
	if excused = o.excuse(differs); excused != "" {
		return nil, excused
	}
	return append([]string{"silent: " + strings.Join(o.said, "; ")}, differs...), ""
}

// differences leaves out that the trash may leave its own place empty.
func differences(want, tree *storetest.Memory) []string {
	return slices.DeleteFunc(want.Diff(tree), func(line string) bool {
		return line == "+.regjanitor/" || line == "+"+trash.Dir+"/"
	})
}

// afterwards is how a rerun ends elsewhere than a run without a fault. What a
// damaged tag has lost of its removal, only a person can name again.
func (o faultOutcome) afterwards(rerun *storetest.Memory, said []string) []string {
	if rerun.Equal(o.want) {
		return nil
	}
	differs := differences(o.want, rerun)
	if o.stage == nil {
		differs = slices.DeleteFunc(differs, func(line string) bool { return strings.HasPrefix(line[1:], ".regjanitor/") })
	}
	linked := o.linked()
	differs = slices.DeleteFunc(differs, func(line string) bool {
		at, _, _ := strings.Cut(strings.TrimSuffix(line, "/"), " ")
		return line[0] == '-' && (unlinkedBlob(linked, at[1:]) || o.takenForDamaged(at[1:]))
	})
	lost := slices.ContainsFunc(differs, func(line string) bool { return line[0] == '-' })
	if !o.spec.sound && strings.HasPrefix(o.kind, "rm ") && len(said) > 0 && !lost {
		return nil
	}
	return differs
}
