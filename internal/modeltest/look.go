package modeltest

import (
	"path"
	"strings"
)

// lookForRefusals looks for symlinks that may hide a root.
func (o *run) lookForRefusals() {
	if o.trace {
		return
	}
	for _, at := range o.files() {
		if !o.isSymlink(at) {
			continue
		}
		switch parts := strings.Split(at, "/"); {
		case at == "repositories" || at == "blobs":
			o.refuse("25: symlink " + at)
		case parts[0] == "repositories" && path.Base(at) == "link" && path.Base(path.Dir(at)) != "tags":
			// A link, or what lies in the place of one: 9.
		case parts[0] == "repositories" && (o.generous || o.leadsToDirectory(at) && followed(at)):
			o.refuse("25: symlink " + at)
		case parts[0] == "blobs" && len(parts) == 2:
			o.refuse("25: symlink " + at)
		case parts[0] == "blobs" && (len(parts) < 5 || len(parts) == 5 && parts[4] == "data" || o.generous):
			o.say(o.doubts, "", "26: symlink "+at)
		}
	}
}

// followed tells a path at which a registry looks for a directory.
func followed(at string) bool {
	name, own, inside := strings.Cut(at, "/_")
	if !inside {
		return name != "repositories"
	}
	for _, pattern := range []string{"layers", "layers/*", "layers/*/*", "manifests", "manifests/revisions", "manifests/tags",
		"manifests/revisions/*", "manifests/revisions/*/*", "manifests/tags/*", "manifests/tags/*/current",
		"manifests/tags/*/index", "manifests/tags/*/index/*", "manifests/tags/*/index/*/*"} {
		if ok, _ := path.Match(pattern, own); ok {
			return true
		}
	}
	return false
}

// lookAround notes what is strange wherever it lies.
func (o *run) lookAround() {
	if o.trace || o.only != nil && !o.generous {
		return
	}
	for _, n := range o.reg.notes {
		if n.open && !o.generous {
			continue
		}
		if r := o.reg.repositories[n.repository]; r == nil {
			o.say(o.doubts, "", "5: "+n.path+" is "+n.what)
		} else {
			o.doubt(r, "5: "+n.path+" is "+n.what)
		}
	}
	for _, r := range o.reg.repositories {
		if !r.legal && o.generous {
			o.doubt(r, "no name for a repository")
			o.pin(r, "no name for a repository")
		}
		if o.generous && !o.inScope(r) {
			o.doubt(r, "not in scope")
		}
		for i, links := range r.everyLink(false) {
			for digest, dir := range links {
				at := dir + "/link"
				looked := i == 0 || i == 1 && (!o.opts.Large || isAlias(digest))
				if (o.generous || looked) && (!o.isFile(at) || o.entries[at].size > 1024) {
					o.pin(r, "2, 9: link to "+digest+" is no file, or huge")
				}
			}
		}
	}
	for digest, dir := range o.reg.blobs {
		if o.generous && !o.isFile(dir+"/data") {
			o.say(o.doubts, "", "the data of "+digest+" is no file")
		}
	}
}

// everyLink are a repository's links by kind. Those of signatures below nothing
// that is linked may be left out.
func (r *repository) everyLink(linked bool) []map[string]string {
	all := []map[string]string{r.revisions, r.layers}
	for _, t := range r.tags {
		all = append(all, t.history)
	}
	for revision, links := range r.signatures {
		if !linked || r.revisions[revision] != "" {
			all = append(all, links)
		}
	}
	return all
}

// lookForRoots refuses to empty a registry: 46.
func (o *run) lookForRoots() {
	if o.opts.AllowEmpty || len(o.reg.blobs) == 0 {
		return
	}
	for _, r := range o.reg.repositories {
		if len(o.needed[r.name])+len(r.tags) > 0 || o.stays(r) {
			return
		}
	}
	o.refuse("46: no root")
}

// wouldEmpty tells a registry in which there are roots, perhaps, but no manifest
// that any of them keeps. Whether that is one without a root is open.
func (o *run) wouldEmpty() bool {
	if o.opts.AllowEmpty || len(o.reg.blobs)+len(o.reg.odd) == 0 {
		return false
	}
	for _, opened := range o.opened {
		for digest := range opened {
			if dir, there := o.reg.blobs[digest]; there && o.isFile(dir+"/data") {
				return false
			}
		}
	}
	return true
}
