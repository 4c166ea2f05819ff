package sweep_test

import (
	"context"
	"path"
	"slices"
	"strings"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// gone are the files that are neither in the tree nor in the trash.
func (o faultOutcome) gone() (wrong []string) {
	left := map[uint64]bool{}
	for _, info := range o.tree.All() {
		left[info.Inode] = true
	}
	for inode, at := range o.files {
		if !left[inode] {
			wrong = append(wrong, "gone for good: "+at)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// undone brings back what is in the trash: nothing dangles that did not before
// and, unless some of it is gone for good, all files are there again.
func (o faultOutcome) undone() (wrong []string) {
	back := o.tree.Clone()
	said := restoring(healthy(back), "test")
	was := slices.Concat(o.was, broken(o.tree))
	for _, line := range minus(broken(back), was) {
		if !amongLinks(line) && !o.wasIll(line) {
			wrong = append(wrong, "brought back "+line)
		}
	}
	if !o.bin {
		return wrong
	}
	lost := slices.DeleteFunc(o.before.Diff(back), func(line string) bool {
		return line[0] != '-' || !strings.HasPrefix(line[1:], layout.Prefix) || strings.HasSuffix(line, "/")
	})
	if len(lost) > 0 {
		wrong = append(wrong, append([]string{"not brought back: " + strings.Join(said, "; ")}, lost...)...)
	}
	return wrong
}

// lost is what a run on a healthy disk leaves and this one did not, and what
// dangles now.
func (o faultOutcome) lost() (wrong []string) {
	linked := o.linked()
	for _, line := range o.frame.check(o.tree) {
		at, lost := strings.CutPrefix(line, "lost: ")
		if lost && (unlinkedBlob(linked, at) || o.takenForDamaged(at)) || o.brings && (amongLinks(line) || o.wasIll(line)) {
			continue
		}
		wrong = append(wrong, line)
	}
	return wrong
}

// takenForDamaged tells what is the manifest's whose file was cut short before an
// rm. It looks as one that was damaged long before, of which nobody can say any
// more that it is about an image that stays; to get rid of such is what rm is for.
func (o faultOutcome) takenForDamaged(at string) bool {
	if o.fault.tear == nil || !o.fault.tear.cut || !strings.HasPrefix(o.kind, "rm ") {
		return false
	}
	its, found := "/"+path.Base(path.Dir(o.fault.path))+"/", false
	for file, info := range o.after.All() { // a directory with nothing else in it goes too
		if info.Type != store.Regular || file != at && !strings.HasPrefix(file, strings.TrimSuffix(at, "/")+"/") {
			continue
		}
		if found = strings.Contains(file, its); !found {
			return false
		}
	}
	return found
}

// linked are the blobs, in hex, that links lead to. Of others only a manifest
// tells whose repository does not link them, so that no registry serves them:
// where that manifest cannot be read, they are garbage.
func (o faultOutcome) linked() map[string]bool {
	linked := map[string]bool{}
	for _, tree := range []*storetest.Memory{o.after, o.tree} {
		for at, info := range tree.Clone().All() {
			if info.Type == store.Regular && path.Base(at) == layout.Link && !strings.Contains(at, "/"+layout.Index+"/") {
				text, _ := tree.Text(at)
				_, hex, _ := strings.Cut(strings.TrimSpace(text), ":")
				linked[hex] = true
			}
		}
	}
	return linked
}

// unlinkedBlob tells a path that is the blob's, or that of a directory of such.
func unlinkedBlob(linked map[string]bool, at string) bool {
	words := strings.Split(strings.TrimPrefix(at, layout.Prefix+"/"), "/")
	if words[0] != layout.Blobs {
		return false
	}
	for hex := range linked {
		if len(words) < 3 || strings.HasPrefix(hex, words[min(3, len(words)-1)]) {
			return false
		}
	}
	return true
}

// illTags are the current links of tags that cannot be pulled as it is.
func illTags(registry *storetest.Memory) map[string]bool {
	ill := map[string]bool{}
	inv, err := inventory.Scan(context.Background(), healthy(registry).v2, inventory.Options{Jobs: 1})
	if err != nil {
		return ill
	}
	for i, r := range inv.Repositories {
		pull := graph.PullFrom(inv, i)
		for _, tag := range r.Tags {
			if tag.Current.Points() && len(pull.Lacks(tag.Current.Target, nil)) > 0 {
				ill[layout.TagCurrent(r.Name, tag.Name)] = true
			}
		}
	}
	return ill
}

// wasIll tells a line about a tag that could not be pulled before either.
func (o faultOutcome) wasIll(line string) bool {
	link, _, _ := strings.Cut(strings.TrimPrefix(line, "dangling: "), ",")
	return o.ill[link]
}
