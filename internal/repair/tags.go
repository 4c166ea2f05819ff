package repair

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// tag is where a tag points, or is to point again.
type tag struct {
	target ID
	known  bool   // target is
	reason string // what proves it, where the link is to be written; else empty
	source string // the other tree, if that tells
	why    string // it is not known
	hint   string
}

// followTags finds out where tags point, and with that what is needed.
func (p *planner) followTags() error {
	for _, r := range p.repositories {
		for again := true; again; {
			r.had = r.met
			r.needs, r.met, r.sparse, r.passed = nil, map[need]bool{}, false, map[ID][]ID{}
			p.followAll(r)
			again = r.sparse && len(r.met) > len(r.had) // of a child that was passed over something may be here by now
		}
		p.remember(r)
		if err := p.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// followAll follows the tags of which it is known where they point: more and more,
// for what one needs may prove where another pointed. Where there is no directory of
// tags, images are pulled by digest.
func (p *planner) followAll(r *repository) {
	if !r.HasTags {
		for _, revision := range r.Revisions {
			p.follow(r, revision.Digest)
		}
	}
	followed := make([]bool, len(r.Tags))
	for more := true; more; {
		more = false
		for i, t := range r.Tags {
			if followed[i] {
				continue
			}
			if !r.tags[i].known {
				r.tags[i] = p.pointed(r, i, t)
			}
			if r.tags[i].known {
				p.follow(r, r.tags[i].target)
				followed[i], more = true, true
			}
		}
	}
}

// pointed tells where a tag points. A digest with white space around it proves
// itself; of a link that is lost or unreadable the other tree may tell, or the
// tag's history.
func (p *planner) pointed(r *repository, at int, t inventory.Tag) tag {
	switch t.Current.State {
	case inventory.LinkGood, inventory.LinkSpaced:
		if !p.isHad(r, t) {
			r.sparse = true
			return tag{why: "names a manifest, and nothing shows that this repository ever had it rather than another one", hint: pushOrRemove(r, t)}
		}
	}
	switch t.Current.State {
	case inventory.LinkGood:
		return tag{target: t.Current.Target, known: true}
	case inventory.LinkSpaced:
		if p.manifest(t.Current.Target) == nil {
			return tag{target: t.Current.Target, known: true}
		}
		return tag{target: t.Current.Target, known: true, reason: "has white space around its digest"}
	case inventory.LinkNotFile, inventory.LinkUnreadable:
		return tag{why: problemOf(t.Current.State), hint: hintFor(codeOf(t.Current.State))}
	}
	if p.opts.Proxy && t.Current.State == inventory.LinkAbsent {
		return tag{}
	}
	if there, ok := p.pointedThere(r, at, t); ok {
		return there
	}
	return p.pointedLast(r, at, t)
}

// isHad tells whether a repository has had what a tag of it names, as isMissed does
// for what an index lists. The tag's own history shows it as well. What is no
// manifest is never linked, and only told of.
func (p *planner) isHad(r *repository, t inventory.Tag) bool {
	target := t.Current.Target
	m := p.manifest(target)
	return p.opts.Proxy || m == nil || m.State == inventory.Strange || p.isMissed(r, target) ||
		slices.ContainsFunc(t.History, func(e inventory.Entry) bool { return e.Digest == target })
}

func pushOrRemove(r *repository, t inventory.Tag) string {
	return "push the tag again, or remove it: regjanitor rm " + r.Name + ":" + t.Name
}

// pointedThere asks the other tree. An old copy must not take a tag back to where
// it pointed once: its answer counts only if the history here knows nothing newer.
func (p *planner) pointedThere(r *repository, at int, t inventory.Tag) (tag, bool) {
	if p.opts.From == nil {
		return tag{}, false
	}
	link := p.readLink(p.opts.From, layout.TagCurrent(r.Name, t.Name))
	last, _ := p.newest(r.entries[at])
	if !link.Points() || p.manifest(link.Target) == nil || len(last) > 0 && !slices.Contains(last, link.Target) {
		return tag{}, false
	}
	return tag{target: link.Target, known: true, source: p.opts.FromName, reason: problemOf(t.Current.State) + "; the other tree has it"}, true
}

// pointedLast asks the tag's history, where only one entry can be the last, and
// its manifest is there and was not deleted.
func (p *planner) pointedLast(r *repository, at int, t inventory.Tag) tag {
	unknown := tag{why: problemOf(t.Current.State), hint: pushOrRemove(r, t)}
	last, unsure := p.newest(r.entries[at])
	switch {
	case len(last) == 0:
		unknown.why += ", and its history is empty"
		return unknown
	case len(last) > 1:
		unknown.why += fmt.Sprintf(", and which of %d entries of its history is the last their times do not tell: %s (%s)", len(last), unsure, p.briefly(last))
		return unknown
	}
	link, linked := r.revisions[last[0]]
	proven := linked && rewritable(link) || !linked && r.met[need{last[0], true}]
	switch {
	case !proven || p.manifest(last[0]) == nil:
		unknown.why += ", and the manifest that it pointed to last is not there"
		return unknown
	case t.Current.State == inventory.LinkAbsent:
		unknown.why += ", as where a push was killed"
		return unknown
	case !p.opts.TagsFromHistory:
		unknown.hint = "push the tag again; --tags-from-history would point it to the last entry of its history, " + p.digest(last[0]).String()
		return unknown
	}
	return tag{target: last[0], known: true, reason: problemOf(t.Current.State) + "; the last entry of its history"}
}

// newest are the entries of a history that may be the last, the latest first, and
// why they may be: a registry writes one just before it points the tag to it, while a
// copy has written them all at once. Times to come tell nothing.
func (p *planner) newest(history []entry) (last []ID, unsure string) {
	history = slices.SortedStableFunc(slices.Values(history), func(a, b entry) int { return cmp.Compare(b.mtime, a.mtime) })
	future, unsure := false, "they were pushed, or copied, less than a minute apart"
	for i, e := range history {
		if i == 0 && !p.inv.Began.IsZero() && e.mtime > p.inv.Began.UnixNano() {
			future, unsure = true, "a time among them lies in the future"
		}
		if e.unknown && !future {
			unsure = "the time of one cannot be read"
		}
		if future || e.unknown || e.mtime > history[0].mtime-int64(time.Minute) {
			last = append(last, e.digest)
		}
	}
	return last, unsure
}

// briefly names the first two digests, by as much as tells one from another.
func (p *planner) briefly(ids []ID) string {
	const most, short = 2, 12
	var names []string
	for _, id := range ids[:min(len(ids), most)] {
		name := string(p.digest(id))
		names = append(names, name[:min(len(name), strings.IndexByte(name, ':')+1+short)])
	}
	text := strings.Join(names, ", ")
	if len(ids) > most {
		text += ", …"
	}
	return text
}

// problemOf is what is wrong with a link.
func problemOf(state inventory.LinkState) string {
	switch state {
	case inventory.LinkAbsent:
		return "is missing"
	case inventory.LinkSpaced:
		return "has white space around its digest"
	case inventory.LinkEmpty:
		return "is empty"
	case inventory.LinkGarbled:
		return "holds no digest"
	case inventory.LinkTooLong:
		return "is far too long for a digest"
	case inventory.LinkNotFile:
		return "is not a regular file"
	case inventory.LinkUnreadable:
		return "cannot be read"
	}
	return "names another digest than its path"
}

// decideTags writes the tags again of which it is known where they pointed.
func (p *planner) decideTags(r *repository) {
	for i, t := range r.Tags {
		path, is := layout.TagCurrent(r.Name, t.Name), r.tags[i]
		switch {
		case is.known && !p.opts.Proxy && p.good(is.target) && !p.isServed(is.target):
			p.problem(Problem{Code: Unreadable, Repository: r.Name, Tags: []string{t.Name}, Digest: p.digest(is.target), Path: layout.BlobData(p.digest(is.target)),
				Problem: "is what its digest says, and no manifest that a registry serves", Hint: pushOrRemove(r, t)})
		case is.known && is.reason == "":
		case is.known && p.good(is.target) && p.willLink(r, is.target):
			a := p.link(plan.Tag, r, t.Name, is.target, path, t.Current)
			a.Reason, a.Source = is.reason, is.source
			p.plan.Actions = append(p.plan.Actions, a)
		case is.known: // what is missing has been told
			p.problem(Problem{Code: Broken, Repository: r.Name, Tags: []string{t.Name}, Digest: p.digest(is.target), Path: path,
				Problem: problemOf(t.Current.State), Hint: "repair the manifest first"})
		case is.why != "":
			p.problem(Problem{Code: codeOf(t.Current.State), Repository: r.Name, Tags: []string{t.Name}, Path: path, Problem: is.why, Hint: is.hint})
		}
	}
}

func codeOf(state inventory.LinkState) Code {
	switch state {
	case inventory.LinkAbsent:
		return Missing
	case inventory.LinkNotFile:
		return NotFile
	case inventory.LinkUnreadable:
		return Unreadable
	}
	return Broken
}

// willLink tells whether a manifest's link is good, or will be.
func (p *planner) willLink(r *repository, id ID) bool {
	link, linked := r.revisions[id]
	if !linked {
		link, linked = r.layers[id]
	}
	if !linked {
		return !p.opts.Proxy && p.good(id)
	}
	return says(link, id) || rewritable(link) && p.good(id)
}

// compareTags lists the tags of the repositories that only the other tree has.
func (p *planner) compareTags() {
	if p.opts.From == nil {
		return
	}
	for _, r := range p.repositories {
		dir, err := p.opts.From.Open(layout.Repository(r.Name) + "/" + layout.Tags)
		if err != nil {
			continue // what it lacks, or cannot tell, is no matter
		}
		_ = dir.List(func(e store.Entry) error {
			if _, there := r.FindTag(string(e.Name)); !there && e.Type == store.Directory {
				p.plan.Elsewhere = append(p.plan.Elsewhere, r.Name+":"+string(e.Name))
			}
			return nil
		})
		dir.Close()
	}
	slices.Sort(p.plan.Elsewhere)
}
