package plan

import (
	"path"
	"strings"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// directories dooms what the other actions leave empty, and what was empty
// already, from the deepest up. It never dooms blobs and repositories
// themselves, nor _layers and tags of a repository in which anything remains:
// without these the registry's own collector takes the rest for garbage.
func (b *builder) directories() {
	left := b.remaining()
	folders := map[string]int{}
	for i, folder := range b.inv.Folders {
		folders[folder.Path] = i
	}
	ends, within := b.ends(), b.doomedTagDirs()
	gone := make([]int, len(b.inv.Folders))
	for parent, n := range b.emptied() {
		if i, ok := folders[parent]; ok {
			gone[i] += n
		}
	}
	// In the order of paths a directory comes before those in it.
	for i := len(b.inv.Folders) - 1; i >= 0; i-- {
		folder := b.inv.Folders[i]
		if within(folder.Path) || gone[i] < folder.Entries || b.opts.young(folder.Stamp.MTime, b.opts.MinAge) || !b.removable(folder.Path, left) {
			continue
		}
		kind, r := Directory, b.owner(folder.Path)
		if gone[i] == 0 && !b.takesEmpty(r, left) {
			continue // it was empty before, and nobody asked for it
		}
		if r >= 0 && layout.Repository(b.inv.Repositories[r].Name) == folder.Path {
			kind = Repository
		}
		b.add(kind, Empty, r, i, 0)
		last := &b.plan.Actions[len(b.plan.Actions)-1]
		last.Level = deepest - uint16(min(strings.Count(folder.Path, "/"), int(deepest)))
		if parent, ok := folders[path.Dir(folder.Path)]; ok {
			gone[parent]++
		}
		ends.lose(r, len(b.plan.Actions)-1, kind, folder.Path)
	}
	ends.book(b.plan.Actions)
}

// takesEmpty tells whether directories of a repository go that were empty before:
// in a sweep all of them, else those of what is named or loses its last tag.
func (b *builder) takesEmpty(r int, left []int) bool {
	return b.named == nil || b.opts.Prune || r >= 0 && b.named.touches[r] && left[r] == 0
}

// doomedTagDirs tells the directories that go with their tag: of one without a
// link these were seen.
func (b *builder) doomedTagDirs() func(folder string) bool {
	doomed := map[string]bool{}
	for _, a := range b.plan.Actions {
		if a.Kind == Tag && b.inv.Repositories[a.Repository].Tags[a.At].Current.State == inventory.LinkAbsent {
			doomed[b.plan.Item(a).Path] = true
		}
	}
	return func(folder string) bool {
		for at := folder; len(doomed) > 0 && strings.Contains(at, "/"+layout.Tags+"/"); at = path.Dir(at) {
			if doomed[at] {
				return true
			}
		}
		return false
	}
}

// ends follows which repositories come to an end: one ends with the last of its
// reserved directories, even if its own stays for the sake of those below it.
type ends struct {
	parts []int // by repository: its reserved directories that stay
	last  []int // by repository: the action that removed one last
	own   []bool
}

func (b *builder) ends() ends {
	n := len(b.inv.Repositories)
	e := ends{make([]int, n), make([]int, n), make([]bool, n)}
	for _, folder := range b.inv.Folders {
		if r := b.owner(folder.Path); r >= 0 && isPart(folder.Path) {
			e.parts[r]++
		}
	}
	return e
}

func isPart(folder string) bool {
	name := path.Base(folder)
	return name == layout.Layers || name == layout.Manifests || name == layout.Uploads
}

// lose books that the action at the given place removes a directory.
func (e ends) lose(r, action int, kind Kind, folder string) {
	switch {
	case r < 0:
	case kind == Repository:
		e.own[r] = true
	case isPart(folder):
		e.parts[r]--
		e.last[r] = action
	}
}

// book turns the removal of a last reserved directory into its repository's.
func (e ends) book(actions []Action) {
	for r, left := range e.parts {
		if left == 0 && !e.own[r] {
			actions[e.last[r]].Kind = Repository
		}
	}
}

// emptied counts the names that the actions take out of each directory.
func (b *builder) emptied() map[string]int {
	counts := map[string]int{}
	var last siblings
	var parent string
	n := 0
	for _, a := range b.plan.Actions {
		// A path costs more than all else here, and links of one kind in one
		// repository share theirs.
		if now := b.siblings(a); now != last {
			counts[parent] += n
			last, parent, n = now, path.Dir(b.plan.Item(a).Path), 0
		}
		n++
	}
	counts[parent] += n
	if held := b.held(); len(held) > 0 {
		for _, a := range b.plan.Actions {
			if at := b.plan.Item(a).Path; held[at] {
				counts[path.Dir(at)]--
			}
		}
	}
	return counts
}

// held are the directories in which a temporary file stays, and they with it.
func (b *builder) held() map[string]bool {
	doomed := map[int32]bool{}
	for _, a := range b.plan.Actions {
		if a.Kind == Leftover {
			doomed[a.At] = true
		}
	}
	held := map[string]bool{}
	for i, leftover := range b.inv.Leftovers {
		if !doomed[int32(i)] {
			held[path.Dir(leftover.Path)] = true
		}
	}
	return held
}

// siblings are actions whose paths have the same parent.
type siblings struct {
	kind           Kind
	repository, at int32
	algorithm      string
	shard          byte
}

func (b *builder) siblings(a Action) siblings {
	s := siblings{kind: a.Kind + 1, repository: a.Repository}
	switch a.Kind {
	case Blob:
		s.algorithm, s.shard = b.inv.Digests.Shard(b.inv.Blobs[a.At].Digest)
	case Revision:
		s.algorithm = b.inv.Digests.Algorithm(b.inv.Repositories[a.Repository].Revisions[a.At].Digest)
	case LayerLink:
		s.algorithm = b.inv.Digests.Algorithm(b.inv.Repositories[a.Repository].Layers[a.At].Digest)
	case TagIndexEntry:
		s.at = a.At
		s.algorithm = b.inv.Digests.Algorithm(b.inv.Repositories[a.Repository].Tags[a.At].History[a.Entry].Digest)
	case Leftover, Discarded:
		s.at = a.At
	}
	return s
}

// remaining counts the revisions and tags that each repository keeps.
func (b *builder) remaining() []int {
	left := make([]int, len(b.inv.Repositories))
	for r, repo := range b.inv.Repositories {
		left[r] = len(repo.Tags) + len(repo.Revisions)
		for _, tag := range repo.Tags {
			if isLitter(&tag) {
				left[r]--
			}
		}
	}
	for _, a := range b.plan.Actions {
		litter := a.Kind == Tag && isLitter(&b.inv.Repositories[a.Repository].Tags[a.At])
		if (a.Kind == Tag || a.Kind == Revision) && !litter {
			left[a.Repository]--
		}
	}
	return left
}

// isLitter tells the empty directory of a tag that once was.
func isLitter(tag *inventory.Tag) bool {
	return tag.Current.State == inventory.LinkAbsent && len(tag.History) == 0
}

func (b *builder) removable(folder string, left []int) bool {
	if folder == layout.Repositories || folder == layout.Blobs {
		return false
	}
	r := b.owner(folder)
	if r < 0 {
		return len(b.opts.Scope) == 0 || strings.HasPrefix(folder, layout.Repositories+"/") && b.opts.inScope(strings.TrimPrefix(folder, layout.Repositories+"/"))
	}
	if !b.open(r) {
		return false
	}
	return left[r] == 0 || !isFrame(b.inv.Repositories[r].Name, folder)
}

// isFrame tells the directories that a repository has to have, empty or not,
// while there is a revision or a tag in it.
func isFrame(repository, folder string) bool {
	within := strings.TrimPrefix(folder, layout.Repository(repository)+"/")
	return within == layout.Layers || within == layout.Tags
}

// owner is the repository to which a directory belongs: the one whose reserved
// names it is below, or whose own directory it is.
func (b *builder) owner(folder string) int {
	name, ok := strings.CutPrefix(folder, layout.Repositories+"/")
	if !ok {
		return -1
	}
	for _, reserved := range []string{layout.Layers, layout.Manifests, layout.Uploads} {
		if at := strings.Index(name+"/", "/"+reserved+"/"); at >= 0 {
			name = name[:at]
			break
		}
	}
	r, found := b.inv.Find(name)
	if !found {
		return -1
	}
	return r
}
