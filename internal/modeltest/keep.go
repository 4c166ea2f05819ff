package modeltest

import (
	"strings"
	"time"
)

// keep is the verdict on every path that is no directory.
func (o *run) keep() map[string]bool {
	if o.only != nil {
		return o.keepBesideNames()
	}
	keep := map[string]bool{}
	for _, at := range o.files() {
		keep[at] = true
	}
	for digest, dir := range o.reg.blobs {
		if o.isFile(dir+"/data") && !o.anyBlob && !o.blobStays(digest, dir) {
			delete(keep, dir+"/data")
		}
	}
	for _, r := range o.reg.repositories {
		if !o.inScope(r) || !r.legal {
			continue
		}
		for _, dir := range r.uploads {
			if !o.uploadStays(dir) && !o.mayLeave(r) {
				o.dropBelow(keep, dir)
			}
		}
		if !o.stays(r) {
			o.dropLinks(keep, r)
		}
	}
	o.dropLeftovers(keep)
	o.keepFarEnds(keep)
	return keep
}

// mayLeave tells a repository whose uploads and leftovers may stay: whether a
// pin keeps more than links is open.
func (o *run) mayLeave(r *repository) bool { return o.generous && o.stays(r) }

// dropLinks takes away what is no longer linked in a repository.
func (o *run) dropLinks(keep map[string]bool, r *repository) {
	drop := func(dir string) {
		if !o.generous || o.isFile(dir+"/link") {
			delete(keep, dir+"/link")
		}
	}
	needed := o.needed[r.name]
	for digest, dir := range r.layers {
		if !needed[digest] && !o.young(dir+"/link", digest) {
			drop(dir)
		}
	}
	for digest, dir := range r.revisions {
		if !needed[digest] {
			drop(dir)
		}
	}
	for revision, links := range r.signatures {
		if _, linked := r.revisions[revision]; linked && needed[revision] {
			continue
		}
		for _, dir := range links {
			drop(dir)
		}
	}
	for name, t := range r.tags {
		if o.goes.tags[r.name][name] {
			o.dropTag(keep, t)
			continue
		}
		current := ""
		if t.current != "" {
			current, _ = o.readLink(t.current)
		}
		for digest, dir := range t.history {
			stays := o.opened[r.name][digest] || digest == current || o.newer(dir+"/link", o.opts.MinAge) ||
				o.generous && (o.opts.KeepUntagged || needed[digest] || o.young(dir+"/link", digest))
			if !stays {
				drop(dir)
			}
		}
	}
}

// dropTag takes a tag away with its history. Whether what is young of that stays
// is open.
func (o *run) dropTag(keep map[string]bool, t *tag) {
	if t.current != "" {
		delete(keep, t.current+"/link")
	}
	for _, dir := range t.history {
		if at := dir + "/link"; !o.generous || o.isFile(at) && !o.newer(at, o.opts.MinAge) {
			delete(keep, at)
		}
	}
}

func (o *run) blobStays(digest, dir string) bool {
	if o.blobs[digest] || o.young(dir+"/data", digest) {
		return true
	}
	linkedAtAll, linkedInScope, named := false, false, o.reg.referredTo[digest]
	for _, r := range o.reg.repositories {
		for i, links := range r.everyLink(o.generous) {
			for name, at := range links {
				to := name
				if isAlias(name) {
					to, _ = o.readLink(at)
				}
				if to != digest {
					continue
				}
				named = true
				if isHistory := i >= 2 && i < 2+len(r.tags); !isHistory {
					linkedAtAll = true
					linkedInScope = linkedInScope || o.inScope(r)
				}
			}
		}
	}
	if len(o.opts.Scope) > 0 && !linkedInScope && (o.generous || !named) {
		return true
	}
	return o.opts.KeepOrphans && (o.generous || !linkedAtAll && !named)
}

// keepFarEnds keeps the blob to which a symlink in the place of another leads: a
// registry follows it. How much more stays where there is a symlink is open.
func (o *run) keepFarEnds(keep map[string]bool) {
	for _, at := range o.files() {
		if !o.isSymlink(at) || !strings.HasPrefix(at, "blobs/") {
			continue
		}
		to, inside := o.farEnd(at)
		depth := strings.Count(at, "/")
		for other := range o.entries {
			if !strings.HasPrefix(other, "blobs/") {
				continue
			}
			if o.generous || inside && depth == 3 && other == to+"/data" {
				keep[other] = true
			}
		}
	}
}

// young tells what --min-age keeps. The newest of a thing and all links to it
// counts; which of them besides its own link are its links is open.
func (o *run) young(at, digest string) bool {
	if o.opts.MinAge == 0 {
		return false
	}
	if o.newer(at, o.opts.MinAge) {
		return true
	}
	if !o.generous {
		return false
	}
	for other := range o.entries {
		_, hash, _ := strings.Cut(digest, ":")
		if strings.Contains(other, hash) && o.newer(other, o.opts.MinAge) {
			return true
		}
	}
	return false
}

func (o *run) newer(at string, age time.Duration) bool {
	return age > 0 && o.opts.Now.Sub(o.entries[at].mtime) < age
}
