package modeltest

import (
	"path"
	"regexp"
	"strings"
)

// registry is a tree sorted into what a registry takes it for. Links are found
// by the names of their directories, which hold an entry "link".
type registry struct {
	proxy        bool
	repositories map[string]*repository
	blobs        map[string]string // digest → directory
	odd          []string          // directories with a link that stand for no digest, or blobs likewise
	notes        []note
	referredTo   map[string]bool // digests in manifests, whoever links these
	read         map[string]reading
}

// note is something strange, to which no tag has to lead.
type note struct {
	repository, path, what string
	open                   bool // whether it is worth a doubt is open
}

type repository struct {
	name       string
	dir        string
	legal      bool
	tagsDir    bool
	tags       map[string]*tag
	revisions  map[string]string // digest → directory, likewise below
	layers     map[string]string
	signatures map[string]map[string]string // revision → digest → directory
	uploads    map[string]string            // name → directory
}

type tag struct {
	dir     string
	current string // the link's directory, "" where there is no link
	history map[string]string
}

var (
	digestName = regexp.MustCompile(`^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}|tarsum(?:\.[a-z0-9]+)?\+sha256:[0-9a-f]{64})$`)
	uploadName = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	tempName   = regexp.MustCompile(`^(?:link|data|startedat|[0-9]+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$`)
	legalName  = regexp.MustCompile(`^(?:[a-zA-Z0-9]+(?:[.-]+[a-zA-Z0-9]+)*/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagName    = regexp.MustCompile(`^\w[\w.-]{0,127}$`)
)

func readRegistry(d *disk) *registry {
	reg := &registry{
		proxy:        d.beside("scheduler-state.json"),
		repositories: map[string]*repository{},
		blobs:        map[string]string{},
		read:         map[string]reading{},
	}
	reg.readBlobs(d)
	reg.readReferences(d)
	reg.readRepositories(d, "")
	return reg
}

func (reg *registry) readBlobs(d *disk) {
	for _, alg := range d.dirs("blobs") {
		if alg != "sha256" && alg != "sha512" {
			reg.notes = append(reg.notes, note{"", path.Join("blobs", alg), "no algorithm", true})
		}
		for _, shard := range d.dirs("blobs/" + alg) {
			if len(shard) != 2 {
				reg.notes = append(reg.notes, note{"", path.Join("blobs", alg, shard), "no part of a digest", true})
			}
			for _, hex := range d.dirs("blobs/" + alg + "/" + shard) {
				dir := path.Join("blobs", alg, shard, hex)
				switch {
				case digestName.MatchString(alg+":"+hex) && !d.has(dir+"/data"):
				case digestName.MatchString(alg+":"+hex) && strings.HasPrefix(hex, shard) && len(shard) == 2:
					reg.blobs[alg+":"+hex] = dir
				default:
					reg.odd = append(reg.odd, dir)
					reg.notes = append(reg.notes, note{"", dir, "no digest", !d.has(dir + "/data")})
				}
			}
		}
	}
}

func (reg *registry) readReferences(d *disk) {
	reg.referredTo = map[string]bool{}
	for _, dir := range reg.blobs {
		if at := dir + "/data"; d.isFile(at) && d.entries[at].size <= largestManifest {
			doc, _ := readDocument(d.content(at))
			for _, ref := range doc.references {
				reg.referredTo[ref.digest] = true
			}
		}
	}
}

// readRepositories descends: every directory whose name has no underscore in
// front is part of a repository's name.
func (reg *registry) readRepositories(d *disk, name string) {
	dir := path.Join("repositories", name)
	for _, child := range d.dirs(dir) {
		if !strings.HasPrefix(child, "_") {
			reg.readRepositories(d, path.Join(name, child))
		}
	}
	if name != "" && (d.isDir(dir+"/_layers") || d.isDir(dir+"/_manifests") || d.isDir(dir+"/_uploads")) {
		reg.repositories[name] = reg.readRepository(d, name, dir)
	}
}

func (reg *registry) readRepository(d *disk, name, dir string) *repository {
	r := &repository{
		name: name, dir: dir, legal: legalName.MatchString(name),
		tagsDir:    d.isDir(dir + "/_manifests/tags"),
		tags:       map[string]*tag{},
		signatures: map[string]map[string]string{},
		uploads:    map[string]string{},
	}
	r.layers = reg.readLinks(d, name, dir+"/_layers")
	r.revisions = reg.readLinks(d, name, dir+"/_manifests/revisions")
	for _, alg := range d.dirs(dir + "/_manifests/revisions") {
		for _, hex := range d.dirs(dir + "/_manifests/revisions/" + alg) {
			below := path.Join(dir, "_manifests/revisions", alg, hex, "signatures")
			if d.isDir(below) && digestName.MatchString(alg+":"+hex) {
				r.signatures[alg+":"+hex] = reg.readLinks(d, name, below)
			}
		}
	}
	for _, word := range d.dirs(dir + "/_manifests/tags") {
		t := &tag{dir: path.Join(dir, "_manifests/tags", word)}
		if d.has(t.dir + "/current/link") {
			t.current = t.dir + "/current"
		}
		t.history = reg.readLinks(d, name, t.dir+"/index")
		if !tagName.MatchString(word) {
			reg.notes = append(reg.notes, note{name, t.dir, "no tag", t.current == "" && len(t.history) == 0})
		}
		r.tags[word] = t
	}
	for _, id := range d.dirs(dir + "/_uploads") {
		if uploadName.MatchString(id) {
			r.uploads[id] = path.Join(dir, "_uploads", id)
		}
	}
	return r
}

// readLinks finds <alg>/<hex>/link and tarsum/<ver>/<alg>/<hex>/link.
func (reg *registry) readLinks(d *disk, repository, top string) map[string]string {
	links := map[string]string{}
	add := func(text, dir string) {
		switch {
		case !digestName.MatchString(text):
			reg.odd = append(reg.odd, dir)
			reg.notes = append(reg.notes, note{repository, dir, "no digest", !d.has(dir + "/link")})
		case d.has(dir + "/link"):
			links[text] = dir
		}
	}
	for _, alg := range d.dirs(top) {
		for _, hex := range d.dirs(top + "/" + alg) {
			dir := path.Join(top, alg, hex)
			if alg != "tarsum" {
				add(alg+":"+hex, dir)
				continue
			}
			for _, inner := range d.dirs(dir) {
				for _, sum := range d.dirs(dir + "/" + inner) {
					version := strings.TrimSuffix("."+hex, ".v0")
					add("tarsum"+version+"+"+inner+":"+sum, path.Join(dir, inner, sum))
				}
			}
		}
	}
	return links
}

// isAlias tells a name of a layer that is not its blob's.
func isAlias(digest string) bool { return !strings.HasPrefix(digest, "sha256:") }
