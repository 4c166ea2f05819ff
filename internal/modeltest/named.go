package modeltest

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Name is what a user wants removed: a repository, its tag, its manifest, or all
// of these that nothing needs. The first two may be globs.
type Name struct {
	Repository, Tag, Digest string
	Untagged                bool
}

// judgeNames answers for a removal by name. In a damaged tree only what must stay
// is certain.
func judgeNames(lower, upper *run) (strict, generous Answer) {
	goes := newNames()
	if !lower.resolve(goes) {
		return Answer{Unknown: true}, Answer{Unknown: true}
	}
	beside := func(o *run) Answer {
		mine := goes.clone()
		o.nameDead(mine)
		named := mine.clone()
		for {
			next := o.again(mine, o.generous)
			next.only = o.reach(mine, !o.generous)
			next.markAll()
			if !next.nameAttached(mine) {
				next.refuseNeeded(named)
				next.fell = mine.count() - named.count()
				return next.answer()
			}
		}
	}
	strict, generous = beside(lower), beside(upper)
	if lower.opts.Damaged {
		strict.Refused, strict.Pinned, strict.Doubts = "", nil, nil
		generous.Refused = "the tree is damaged"
		for _, at := range upper.files() {
			generous.Keep[at] = true
		}
	}
	return strict, generous
}

func (n names) clone() names {
	c := newNames()
	for repository, set := range n.tags {
		for name := range set {
			c.put(c.tags, repository, name)
		}
	}
	for repository, set := range n.revisions {
		for name := range set {
			c.put(c.revisions, repository, name)
		}
	}
	for repository := range n.whole {
		c.whole[repository] = true
	}
	for repository := range n.untagged {
		c.untagged[repository] = true
	}
	return c
}

// count is how many tags go.
func (n names) count() (tags int) {
	for _, set := range n.tags {
		tags += len(set)
	}
	return tags
}

// resolve finds what the names mean, and tells whether each means anything.
func (o *run) resolve(goes names) bool {
	for _, name := range o.opts.Names {
		found := false
		for _, r := range o.reg.repositories {
			if !means(name.Repository, r.name, o.reg.repositories[name.Repository] != nil) {
				continue
			}
			_, linked := r.revisions[name.Digest]
			switch {
			case name.Tag != "":
				for tag := range r.tags {
					if means(name.Tag, tag, r.tags[name.Tag] != nil) {
						goes.put(goes.tags, r.name, tag)
						found = true
					}
				}
			case linked:
				goes.put(goes.revisions, r.name, name.Digest)
				found = true
			case name.Digest != "":
			case name.Untagged:
				goes.untagged[r.name], found = true, true
			default:
				goes.whole[r.name], found = true, true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// means: where something bears the very name, it is no glob.
func means(glob, name string, exact bool) bool {
	if exact || !strings.ContainsAny(glob, "*?[{") {
		return glob == name
	}
	ok, _ := doublestar.Match(glob, name)
	return ok
}

// nameDead names the revisions that a sweep of these repositories alone would
// remove, tags apart.
func (o *run) nameDead(goes names) {
	if len(goes.untagged) == 0 {
		return
	}
	opts := o.opts
	opts.Names, opts.Scope = nil, nil
	for repository := range goes.untagged {
		opts.Scope = append(opts.Scope, repository)
	}
	all := newRun(o.disk, o.reg, opts, o.generous)
	all.markAll()
	for repository := range goes.untagged {
		r := o.reg.repositories[repository]
		for digest := range r.revisions {
			if !all.needed[repository][digest] && !all.stays(r) {
				goes.put(goes.revisions, repository, digest)
			}
		}
	}
}

// nameAttached names the tags whose subjects go with what was named.
func (o *run) nameAttached(goes names) (more bool) {
	for _, r := range o.reg.repositories {
		if goes.whole[r.name] || o.stays(r) {
			continue
		}
		for name, t := range r.tags {
			stay, there := 0, 0
			for _, subject := range o.subjects(name, t) {
				if r.revisions[subject] == "" {
					continue
				}
				there++
				if o.needed[r.name][subject] || !o.only.needed[r.name][subject] {
					stay++
				}
			}
			if there > 0 && stay == 0 && goes.put(goes.tags, r.name, name) {
				more = true
			}
		}
	}
	return more
}

// refuseNeeded refuses to take a manifest that something which stays needs.
func (o *run) refuseNeeded(named names) {
	for _, r := range o.reg.repositories {
		for digest := range r.revisions {
			_, state := o.readData(digest)
			for _, kept := range o.opts.KeepDigests {
				if kept == digest && state != dataGone && state != dataEmpty && (named.whole[r.name] || named.revisions[r.name][digest]) {
					o.refuse("a deployment needs " + digest)
				}
			}
			if named.revisions[r.name][digest] && !named.whole[r.name] && o.needed[r.name][digest] {
				o.refuse("something that stays needs " + digest)
			}
		}
	}
}
