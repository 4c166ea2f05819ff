package modeltest

import (
	"encoding/json"
	"regexp"
	"time"
)

// names are what goes: the tags that a policy drops, or what a user has named.
type names struct {
	tags, revisions map[string]map[string]bool // by repository
	whole, untagged map[string]bool
}

func newNames() names {
	return names{map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

// put adds a name and tells whether it is new.
func (n names) put(set map[string]map[string]bool, repository, name string) bool {
	if set[repository] == nil {
		set[repository] = map[string]bool{}
	}
	was := set[repository][name]
	set[repository][name] = true
	return !was
}

func (n names) touches(r *repository) bool {
	return n.whole[r.name] || n.untagged[r.name] || len(n.tags[r.name])+len(n.revisions[r.name]) > 0
}

// untag is the same reading of the tree without the tags that the policy drops and
// those that fall with them. Other is the other reading: what is live in either
// of the two, or in both, was live before.
func (o *run) untag(other *run) *run {
	if o.opts.Policy == nil && !o.opts.Orphaned {
		return o
	}
	goes := newNames()
	if o.opts.Policy != nil {
		for _, r := range o.reg.repositories {
			if o.inScope(r) && (r.legal || !o.generous) {
				o.drop(goes, r)
			}
		}
	}
	byPolicy := goes.count()
	for {
		next := o.again(goes, o.generous)
		next.waits = o.waits
		next.lost = o.reach(goes, !o.generous)
		if o.generous { // what was said before may be said still
			next.pinned, next.doubts, next.refused = o.pinned, o.doubts, o.refused
		}
		next.markAll()
		next.refused = o.refused
		for repository, why := range o.doubts {
			for _, reason := range why {
				if reason == flatTimes || reason == noTime {
					next.say(next.doubts, repository, reason)
				}
			}
		}
		if !next.fall(goes, other) {
			next.fell = goes.count() - byPolicy
			return next
		}
	}
}

const (
	flatTimes = "49: the times are flattened"
	noTime    = "nobody knows when an image was created"
)

// drop lets the policy judge the tags of one repository.
func (o *run) drop(goes names, r *repository) {
	var tags []*candidate
	for name, t := range r.tags {
		c := &candidate{name: name, broken: !o.pullable(r, t)}
		if !c.broken {
			if len(o.subjects(name, t)) > 0 {
				continue
			}
			c.pushed = o.entries[t.current+"/link"].mtime
			digest, _ := o.readLink(t.current)
			c.created, c.undated = o.created(digest)
		}
		tags = append(tags, c)
	}
	o.opts.Policy.judge(r.name, tags, o.opts.Now)
	for _, c := range tags {
		switch {
		case c.byDoubt && c.counted:
			o.doubt(r, flatTimes)
			o.waits = true
		case c.byDoubt:
			o.doubt(r, noTime)
		case !c.kept && !o.stays(r) && !o.newer(r.tags[c.name].current+"/link", o.opts.MinAge):
			goes.put(goes.tags, r.name, c.name)
		}
	}
}

// pullable tells a tag that points to a manifest which its repository links.
func (o *run) pullable(r *repository, t *tag) bool {
	if t.current == "" {
		return false
	}
	digest, state := o.readLink(t.current)
	return state != linkBad && r.revisions[digest]+r.layers[digest] != ""
}

var aboutTag = regexp.MustCompile(`^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom|)$`)

// subjects are the digests that a tag is about, by what its manifest says and by
// its name. Without a suffix the name means that of an index of others only.
func (o *run) subjects(name string, t *tag) (digests []string) {
	if t.current == "" {
		return nil
	}
	target, state := o.readLink(t.current)
	if state == linkBad {
		return nil
	}
	doc, read := o.readData(target)
	if read == dataGood && digestName.MatchString(doc.subject) {
		digests = append(digests, doc.subject)
	}
	match := aboutTag.FindStringSubmatch(name)
	if match == nil {
		return digests
	}
	about := "sha256:" + match[1]
	if match[2] == "" && (about == target || read != dataGood || !doc.lists()) {
		return digests
	}
	return append(digests, about)
}

// fall adds one after the other the tags whose subjects go, and tells whether there was
// any. Where the two readings differ on what goes, whether they fall is open.
func (o *run) fall(goes names, other *run) (more bool) {
	for _, r := range o.reg.repositories {
		if o.stays(r) {
			continue
		}
		for name, t := range r.tags {
			subjects := o.subjects(name, t)
			if len(subjects) == 0 || o.newer(t.current+"/link", o.opts.MinAge) || o.generous && !o.pullable(r, t) {
				continue
			}
			stay, there := 0, 0
			for _, subject := range subjects {
				if r.revisions[subject] == "" {
					continue
				}
				there++
				if o.needed[r.name][subject] || !o.opts.Orphaned && !other.needed[r.name][subject] {
					stay++
				}
			}
			if stay == 0 && (there > 0 || o.opts.Orphaned) && goes.put(goes.tags, r.name, name) {
				more = true
			}
		}
	}
	return more
}

// created is when the image that a manifest describes was built, or the newest of
// an index; undated tells one whose configuration cannot be read as it was
// written.
func (o *run) created(digest string) (newest time.Time, undated bool) {
	visited := map[string]bool{}
	var visit func(digest string)
	visit = func(digest string) {
		doc, state := o.readData(digest)
		if visited[digest] || state != dataGood {
			return
		}
		visited[digest] = true
		sources := doc.configs
		if doc.known && (doc.media == schema1 || doc.media == schema1Signed) {
			sources = append(sources, digest)
		}
		for _, source := range sources {
			if !digestName.MatchString(source) {
				continue
			}
			built, ok := o.builtAt(source)
			undated = undated || !ok
			if built.After(newest) {
				newest = built
			}
		}
		if doc.lists() {
			for _, ref := range doc.references {
				visit(ref.digest)
			}
		}
	}
	visit(digest)
	return newest, undated
}

// builtAt reads the time in a configuration.
func (o *run) builtAt(digest string) (built time.Time, ok bool) {
	dir, there := o.reg.blobs[digest]
	if isAlias(digest) { // which blob that is, only a link tells
		return built, true
	}
	if !there || !o.isFile(dir+"/data") {
		return built, o.reg.proxy && !there && !o.hidden(digest)
	}
	data := o.content(dir + "/data")
	if len(data) > largestManifest || !isOf(digest, data) {
		return built, false
	}
	var config struct {
		Created time.Time
		History []struct{ V1Compatibility string }
	}
	if json.Unmarshal(data, &config) != nil {
		return built, true
	}
	built = config.Created
	for _, layer := range config.History {
		var v1 struct{ Created time.Time }
		if json.Unmarshal([]byte(layer.V1Compatibility), &v1) == nil && v1.Created.After(built) {
			built = v1.Created
		}
	}
	return built, true
}
