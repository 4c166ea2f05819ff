package modeltest

import "strings"

// markGoing marks what the names mean as if there were nothing else.
func (o *run) markGoing(r *repository) {
	whole := o.goes.whole[r.name]
	for name, t := range r.tags {
		if whole || o.goes.tags[r.name][name] {
			o.markTag(r, name, t)
		}
	}
	for digest := range r.revisions {
		if whole || o.goes.revisions[r.name][digest] {
			o.open(r, digest)
		}
	}
	for digest := range r.layers {
		if whole {
			o.need(r, digest)
		}
	}
}

// markRest marks what stays of a repository in which something was named: garbage
// that was there before, too.
func (o *run) markRest(r *repository) {
	o.markTags(r)
	reached := o.only.needed[r.name]
	for digest := range r.revisions {
		named := o.goes.revisions[r.name][digest]
		if !named && !reached[digest] || o.keptUntagged(r, digest) && !named {
			o.open(r, digest)
		}
	}
	for digest := range r.layers {
		if !reached[digest] {
			o.need(r, digest)
		}
	}
	for revision, links := range r.signatures {
		if o.needed[r.name][revision] {
			for digest := range links {
				o.add(o.blobs, digest)
			}
		}
	}
}

// keepBesideNames is the verdict on every path where things go by name.
func (o *run) keepBesideNames() map[string]bool {
	keep := map[string]bool{}
	for _, at := range o.files() {
		keep[at] = true
	}
	released := map[string]bool{}
	for _, r := range o.reg.repositories {
		if !o.goes.touches(r) {
			continue
		}
		if o.goes.whole[r.name] {
			o.dropWhole(keep, r)
			released = union(released, o.released(r, r.revisions, r.layers))
			continue
		}
		for name := range o.goes.tags[r.name] {
			o.dropTag(keep, r.tags[name])
		}
		revisions, layers := o.letGo(r)
		o.dropReleased(keep, r, revisions, layers)
		released = union(released, o.released(r, revisions, layers))
	}
	for digest, dir := range o.reg.blobs {
		gone := released[digest] || !o.generous && o.only.blobs[digest]
		if gone && !o.blobs[digest] && !o.anyBlob {
			delete(keep, dir+"/data")
		}
	}
	o.keepFarEnds(keep)
	return keep
}

func union(a, b map[string]bool) map[string]bool {
	for element := range b {
		a[element] = true
	}
	return a
}

// letGo are the links of a repository that only what was named needed. Where it
// is pinned, only those go that were named themselves.
func (o *run) letGo(r *repository) (revisions, layers map[string]string) {
	revisions, layers = map[string]string{}, map[string]string{}
	for digest, dir := range r.revisions {
		free := !o.stays(r) && o.only.needed[r.name][digest] && !o.needed[r.name][digest]
		if free || o.goes.revisions[r.name][digest] {
			revisions[digest] = dir
		}
	}
	for digest, dir := range r.layers {
		if !o.stays(r) && o.only.needed[r.name][digest] && !o.needed[r.name][digest] {
			layers[digest] = dir
		}
	}
	return revisions, layers
}

func (o *run) dropReleased(keep map[string]bool, r *repository, revisions, layers map[string]string) {
	for digest, dir := range revisions {
		delete(keep, dir+"/link")
		for _, at := range r.signatures[digest] {
			delete(keep, at+"/link")
		}
	}
	for _, dir := range layers {
		delete(keep, dir+"/link")
	}
	if o.stays(r) {
		return
	}
	for _, t := range r.tags {
		for digest, dir := range t.history {
			if revisions[digest] != "" && t.current != "" {
				delete(keep, dir+"/link")
			}
		}
	}
}

// released are the blobs to which links that go lead, or manifests behind these.
func (o *run) released(r *repository, revisions, layers map[string]string) map[string]bool {
	set := map[string]bool{}
	for digest := range revisions {
		set[digest] = true
		doc, _ := o.readData(digest)
		for _, ref := range doc.references {
			set[ref.digest] = true
		}
		for signature := range r.signatures[digest] {
			set[signature] = true
		}
	}
	for digest, dir := range layers {
		set[digest] = true
		if to, state := o.readLink(dir); state != linkBad {
			set[to] = true
		}
	}
	return set
}

// dropWhole takes a repository away, but none of those nested in it.
func (o *run) dropWhole(keep map[string]bool, r *repository) {
	for at := range o.entries {
		if strings.HasPrefix(at, r.dir+"/_") {
			delete(keep, at)
		}
	}
}
