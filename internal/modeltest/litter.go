package modeltest

import (
	"path"
	"strings"
	"time"
)

// uploadStays: the newest of its beginning and all that is in it counts.
func (o *run) uploadStays(dir string) bool {
	if o.opts.KeepUploads {
		return true
	}
	age := max(o.opts.UploadAge, o.opts.MinAge)
	began, err := time.Parse(time.RFC3339, string(o.content(dir+"/startedat")))
	if err == nil && o.opts.Now.Sub(began) < age {
		return true
	}
	for at, e := range o.entries {
		if strings.HasPrefix(at, dir+"/") && (e.kind == 0 || o.generous) && o.newer(at, age) {
			return true
		}
	}
	return o.newer(dir, age) && (o.generous || err != nil)
}

// dropBelow takes an upload away: the files that a registry puts into one.
func (o *run) dropBelow(keep map[string]bool, dir string) {
	var known []string
	for at := range o.entries {
		rest, below := strings.CutPrefix(at, dir+"/")
		if !below || !o.isFile(at) && o.entries[at].kind != 0 {
			continue
		}
		if rest == "data" || rest == "startedat" || strings.HasPrefix(rest, "hashstates/") || tempName.MatchString(rest) {
			known = append(known, at)
		} else if o.generous && o.isFile(at) {
			return
		}
	}
	for _, at := range known {
		if o.isFile(at) {
			delete(keep, at)
		}
	}
}

// dropLeftovers takes away old temporary files beside link, data and hash states.
func (o *run) dropLeftovers(keep map[string]bool) {
	if o.opts.Large && o.generous {
		return
	}
	drop := func(dir string) {
		if data := dir + "/data"; o.generous && o.has(data) && !o.isFile(data) {
			return
		}
		for _, name := range o.children[dir] {
			at := dir + "/" + name
			if tempName.MatchString(name) && o.isFile(at) && !o.newer(at, max(24*time.Hour, o.opts.MinAge)) {
				delete(keep, at)
			}
		}
	}
	if len(o.opts.Scope) == 0 {
		for _, alg := range o.dirs("blobs") {
			for _, shard := range o.dirs("blobs/" + alg) {
				for _, hex := range o.dirs(path.Join("blobs", alg, shard)) {
					drop(path.Join("blobs", alg, shard, hex))
				}
			}
		}
	}
	for _, r := range o.reg.repositories {
		if !o.inScope(r) || !r.legal || o.mayLeave(r) {
			continue
		}
		for at := range o.entries {
			rest, own := strings.CutPrefix(at, r.dir+"/")
			if own && o.isDir(at) && holdsLinks(rest) {
				drop(at)
			}
		}
	}
}

// holdsLinks tells a directory, by its path below the repository, in which the
// registry looks for a link.
func holdsLinks(at string) bool {
	at = strings.Replace(at, "/tarsum/v1/", "/", 1)
	parts := strings.Split(at, "/")
	is := func(pattern string) bool {
		ok, _ := path.Match(pattern, at)
		return ok
	}
	leaf := len(parts) > 1 && digestName.MatchString(parts[len(parts)-2]+":"+parts[len(parts)-1])
	return is("_manifests/tags/*/current") ||
		leaf && (is("_layers/*/*") || is("_manifests/revisions/*/*") || is("_manifests/tags/*/index/*/*") ||
			is("_manifests/revisions/*/*/signatures/*/*"))
}
