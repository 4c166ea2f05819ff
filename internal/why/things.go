package why

import (
	"path"
	"slices"
	"strings"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
)

// tag answers for a tag, which stays; what goes is what is left of one.
func (a *asker) tag(r int) {
	repo := a.inv.Repositories[r]
	at, _ := repo.FindTag(a.Target.Tag)
	tag := &repo.Tags[at]
	dir := layout.Tag(repo.Name, tag.Name)
	a.State, a.What, a.Reason, a.Since = Kept, "tag", ByTag, moment(tag.Current.Stamp.MTime)
	a.paths = append(a.paths, dir)
	if !tag.Current.Points() {
		a.State = Doubt
		if tag.Current.State == inventory.LinkAbsent && len(tag.History) == 0 {
			a.folder(dir)
		}
		return
	}
	a.Pointed = a.inv.Digests.Digest(tag.Current.Target)
	a.paths = append(a.paths, layout.Blob(a.Pointed), layout.Revision(repo.Name, a.Pointed))
	a.chains(tag.Current.Target, []int{r})
	a.What = "tag"
}

// entry answers for a link of a tag's history.
func (a *asker) entry(r int, id inventory.ID) {
	repo := a.inv.Repositories[r]
	tag, entry, _ := findEntry(repo, a.Target.Tag, id)
	a.State, a.Reason = Kept, ""
	for _, action := range a.plan.Actions {
		if action.Kind == plan.TagIndexEntry && action.Repository == int32(r) && action.At == int32(tag) && action.Entry == int32(entry) {
			a.State, a.Reason = Garbage, action.Reason.String()
		}
	}
	a.paths = append(a.paths, layout.Tag(repo.Name, a.Target.Tag))
	a.chains(id, []int{r})
	a.What, a.Since = "history entry", moment(repo.Tags[tag].History[entry].MTime)
	a.needed(graph.Via{})
	if a.Reason == "" {
		a.pinOr(ByHistory)
	}
}

// repository answers for a repository: its tags keep it, or what else is in it.
func (a *asker) repository(r int) {
	repo := a.inv.Repositories[r]
	a.State, a.What, a.Reason = Kept, "repository", ByFrame
	dir := layout.Repository(repo.Name)
	for _, action := range a.plan.Actions {
		if action.Kind == plan.Repository {
			if at := a.plan.Item(action).Path; at == dir || path.Dir(at) == dir && layout.Reserved(path.Base(at)) {
				a.State, a.Reason = Garbage, action.Reason.String()
			}
		}
	}
	var tags []root
	n := newNet(a.inv)
	n.enter(repo)
	for i := range repo.Tags {
		if tag := &repo.Tags[i]; tag.Current.Points() {
			c := Chain{Root: RootTag, Tag: tag.Name, Since: moment(tag.Current.Stamp.MTime)}
			c.About, c.AboutGone = a.about(r, tag)
			tags = append(tags, root{n.place(tag.Current.Target, asManifest), c})
		}
	}
	n.far = make([]int32, len(n.knots))
	a.ChainsTotal, a.Chains = len(tags), a.spell(n, nil, tags, byLength)
}

// upload answers for an unfinished upload.
func (a *asker) upload(r int) {
	uploads := a.inv.Repositories[r].Uploads
	at := slices.IndexFunc(uploads, func(u inventory.Upload) bool { return u.ID == a.Target.ID })
	upload := uploads[at]
	a.What, a.Bytes, a.Disk, a.Since = "upload", upload.Bytes, upload.Disk, moment(upload.Newest)
	a.judge(plan.Upload, r, at)
	a.paths = append(a.paths, layout.Upload(a.Target.Repository, upload.ID))
	switch {
	case a.State != Kept:
	case upload.Odd != "":
		a.Reason = ByNobody
	case a.plan.Graph.Repositories[r].Pinned:
		a.State, a.Reason = Doubt, ByPin
		a.pins[a.Target.Repository] = true
	default:
		a.Reason = ByYouth
	}
}

// path answers for what is none of the above.
func (a *asker) path() {
	at := a.Target.Path
	a.State, a.What, a.Reason = Kept, "directory", ByFrame
	a.paths = append(a.paths, at)
	if i, found := slices.BinarySearchFunc(a.inv.Leftovers, at, func(l inventory.Leftover, at string) int { return strings.Compare(l.Path, at) }); found {
		a.leftover(i)
		return
	}
	if r, found := a.inv.Find(a.Target.Repository); found {
		for i, discarded := range a.inv.Repositories[r].Discarded {
			if dir := layout.Repository(a.Target.Repository) + "/" + layout.Manifests + "/" + discarded.Name; below(at, dir) {
				a.judge(plan.Discarded, r, i)
				a.What = "leftover"
				a.pinOr(ByFrame)
				return
			}
		}
	}
	if slices.ContainsFunc(a.inv.Oddities, func(o inventory.Oddity) bool { return below(at, o.Path) }) {
		a.What, a.Reason = "stray", ByNobody
		return
	}
	a.folder(at)
}

// leftover answers for a temporary file.
func (a *asker) leftover(i int) {
	leftover := a.inv.Leftovers[i]
	r := -1
	if at, found := a.inv.Find(leftover.Repository); found {
		r = at
	}
	a.judge(plan.Leftover, r, i)
	a.What, a.Bytes, a.Disk, a.Since = "leftover", leftover.Stamp.Size, leftover.Disk, moment(leftover.Stamp.MTime)
	a.Target.Repository = leftover.Repository
	a.pinOr(ByYouth)
}

// pinOr gives the reason for what stays in a repository.
func (a *asker) pinOr(reason string) {
	r, found := a.inv.Find(a.Target.Repository)
	switch {
	case a.State != Kept:
	case found && a.plan.Graph.Repositories[r].Pinned:
		a.State, a.Reason = Doubt, ByPin
		a.pins[a.Target.Repository] = true
	default:
		a.Reason = reason
	}
}

// folder answers for a directory: the plan removes it, or something is in it.
func (a *asker) folder(dir string) {
	for _, action := range a.plan.Actions {
		if action.Kind != plan.Directory && action.Kind != plan.Repository {
			continue
		}
		if item := a.plan.Item(action); item.Path == dir {
			a.State, a.Reason = Garbage, action.Reason.String()
		}
	}
}

// below tells whether a path is a directory's, or of something in it.
func below(at, dir string) bool {
	return at == dir || strings.HasPrefix(at, dir) && at[len(dir)] == '/'
}

// concerns gathers what the plan doubts or mentions about the target and, where it
// stays only for that, why nobody can tell.
func (a *asker) concerns() {
	of := func(all []graph.Doubt) (found []graph.Doubt) {
		for _, d := range all {
			if a.isAbout(d) || a.State == Doubt && a.explains(d) {
				found = append(found, d)
			}
		}
		return found
	}
	a.Doubts, a.Warnings = of(a.plan.Doubts), of(a.plan.Warnings)
	a.Links = a.Links[:a.most(len(a.Links))]
}

func (a *asker) isAbout(d graph.Doubt) bool {
	return a.Target.Digest != "" && strings.Contains(d.Problem, string(a.Target.Digest)) ||
		slices.ContainsFunc(a.paths, func(at string) bool { return below(d.Path, at) || below(at, d.Path) && d.Path != "" })
}

// explains tells whether a doubt is why the target stays.
func (a *asker) explains(d graph.Doubt) bool {
	switch a.Reason {
	case ByUnknown:
		return d.Code == "layer-link-missing"
	case BySymlink:
		return d.Code == "blob-symlink" || d.Code == "blob-not-a-file"
	}
	return d.Pins && a.pins[d.Repository]
}
