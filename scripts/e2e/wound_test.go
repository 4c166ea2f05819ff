package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

// wound is a way in which a tree is damaged, and what verify and repair make of it.
type wound struct {
	name    string
	inflict func(p patient)
	code    string // verify's word for it; none where a pull does not fail
	silent  bool   // found only by reading all data
	healed  remedy // the weakest that makes the tag whole
	pushed  bool   // so does a push of the image, and no repair before it
	refused string // the version of the registry that cannot serve it, though nothing is wrong
}

// remedy is a way of repairing, each stronger than those before it.
type remedy int

const (
	byRepair  remedy = iota // repair and nothing else
	byHistory               // repair --tags-from-history
	byPush                  // repair, which moves the corrupt aside, and then a push
	bySource                // repair --from another tree
	never                   // a person has to do it
)

// patient is a tag, and the part of its image that is to be hurt.
type patient struct {
	*registry
	repo, tag string
	image     image
	part      part
	wound     wound
}

func (p patient) name() string { return p.repo + ":" + p.tag }

// part is one thing that a tag needs.
type part struct {
	name string
	blob
	links string // the directory of links to it; none for the tag itself
}

const (
	revisions = "_manifests/revisions"
	layers    = "_layers"
)

// placesIn are where a tagged image can be hurt: the tag itself, its manifest, config
// and a layer, and the same of one of its children.
func placesIn(i image) []part { return append([]part{{name: "tag"}}, partsOf(i)...) }

func partsOf(i image) []part {
	parts := []part{{"manifest", i.manifest, revisions}}
	for n, b := range i.blobs {
		switch {
		case b.digest() == empty.digest() || b.digest() == cacheConfig(make([]archive, 1)).digest(): // which many images share
		case n == 0 && b.mediaType != oci.layerType:
			parts = append(parts, part{"config", b, layers})
		default:
			parts = append(parts, part{"layer", b, layers})
		}
	}
	if n := len(i.children); n > 0 {
		for _, p := range partsOf(i.children[n-1]) {
			p.name = "child-" + p.name
			parts = append(parts, p)
		}
	}
	return parts
}

// wounds are those that the part can have. Where a link of another algorithm leads is
// written in itself alone, and it may well be anywhere.
func (p part) wounds() []wound {
	switch p.links {
	case "":
		return ofTags
	case revisions:
		return ofManifests
	}
	wounds := slices.Clone(ofBlobs)
	for i := range wounds {
		if p.algorithm != "" && strings.HasPrefix(wounds[i].name, "link") {
			wounds[i].healed = bySource
			switch wounds[i].name {
			case "link-unknown":
				wounds[i].healed, wounds[i].code = never, "missing"
			case "link-other", "link-directory":
				wounds[i].healed = never
			}
		}
	}
	return wounds
}

// link is the file without which a pull does not come to the part.
func (p patient) link() string {
	if p.part.links == "" {
		return p.tagged("current", "link")
	}
	algorithm, hex, _ := strings.Cut(p.part.digest(), ":")
	return p.repository(p.repo, p.part.links, algorithm, hex, "link")
}

// data is the part's content, which is always stored as sha256.
func (p patient) data() string { return p.blobData(digest.FromBytes(p.part.data).String()) }

// tagged is a path below the tag's directory.
func (p patient) tagged(elements ...string) string {
	return p.repository(p.repo, append([]string{"_manifests/tags", p.tag}, elements...)...)
}

// ofTags are wounds of the tag itself.
var ofTags = []wound{
	{name: "current-empty", inflict: link(rewritten("")), code: "corrupt", healed: byHistory, pushed: true},
	{name: "current-garbled", inflict: link(rewritten("latest")), code: "corrupt", healed: byHistory, pushed: true},
	{name: "current-newline", inflict: link(appended("\n")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "current-missing", inflict: link(removed), code: "missing", healed: bySource, pushed: true},
	{name: "current-unknown", inflict: link(rewritten(nowhere)), code: "dangling", healed: never, pushed: true},
	{name: "current-directory", inflict: link(directory), code: "unreadable", healed: never},
	{name: "current-layer", inflict: func(p patient) { rewritten(p.image.aBlob().digest())(p.t, p.link()) }, code: "unreadable", healed: never, pushed: true},
	{name: "current-temporary", inflict: link(besideIt)},
	{name: "history-entry-missing", inflict: func(p patient) { removed(p.t, p.tagged("index/sha256", hex(p.image.manifest), "link")) }},
	{name: "history-entry-empty", inflict: func(p patient) { rewritten("")(p.t, p.tagged("index/sha256", hex(p.image.manifest), "link")) }},
	{name: "history-missing", inflict: func(p patient) { removed(p.t, p.tagged("index")) }},
}

// ofManifests are wounds of a manifest's link and of its content.
var ofManifests = []wound{
	{name: "link-missing", inflict: link(removed), code: "missing", healed: byRepair, pushed: true},
	{name: "link-empty", inflict: link(rewritten("")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-garbled", inflict: link(rewritten("revision")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-newline", inflict: link(appended("\n")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-unknown", inflict: link(rewritten(nowhere)), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-other", inflict: func(p patient) { rewritten(p.other().digest())(p.t, p.link()) }, code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-uppercase", inflict: link(edited(bytes.ToUpper)), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-directory", inflict: link(directory), code: "unreadable", healed: never},
	{name: "link-temporary", inflict: link(besideIt)},
	{name: "data-missing", inflict: data(removed), code: "missing", healed: byPush, pushed: true},
	{name: "data-empty", inflict: data(rewritten("")), code: "corrupt", healed: byPush},
	{name: "data-no-json", inflict: data(halved), code: "corrupt", healed: byPush},
	{name: "data-altered", inflict: data(appended(" ")), code: "corrupt", healed: byPush},
	{name: "data-directory", inflict: data(directory), code: "unreadable", healed: never},
}

// ofBlobs are wounds of a config's or a layer's link and of its content.
var ofBlobs = []wound{
	{name: "link-missing", inflict: link(removed), code: "missing", healed: byRepair, pushed: true},
	{name: "link-empty", inflict: link(rewritten("")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-garbled", inflict: link(rewritten("layer")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-newline", inflict: link(appended("\n")), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-unknown", inflict: link(rewritten(nowhere)), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-other", inflict: func(p patient) { rewritten(p.other().digest())(p.t, p.link()) }, code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-uppercase", inflict: link(edited(bytes.ToUpper)), code: "corrupt", healed: byRepair, pushed: true},
	{name: "link-directory", inflict: link(directory), code: "unreadable", healed: never},
	{name: "link-temporary", inflict: link(besideIt)},
	{name: "data-missing", inflict: data(removed), code: "missing", healed: byPush, pushed: true},
	{name: "data-empty", inflict: data(rewritten("")), code: "corrupt", healed: byPush},
	{name: "data-truncated", inflict: data(halved), code: "corrupt", healed: byPush},
	{name: "data-grown", inflict: data(appended("more")), code: "corrupt", healed: byPush},
	{name: "data-flipped", inflict: data(flipped), code: "corrupt", silent: true, healed: byPush},
	{name: "data-directory", inflict: data(directory), code: "unreadable", healed: never},
	{name: "data-temporary", inflict: data(besideIt)},
	{name: "both-missing", inflict: gone, code: "missing", healed: byPush, pushed: true},
}

// nowhere is a digest that nothing has.
const nowhere = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

// A change is made to a file.
type change func(t *testing.T, path string)

func link(do change) func(patient) { return func(p patient) { do(p.t, p.link()) } }
func data(do change) func(patient) { return func(p patient) { do(p.t, p.data()) } }

func rewritten(content string) change {
	return edited(func([]byte) []byte { return []byte(content) })
}

func appended(more string) change {
	return edited(func(content []byte) []byte { return append(content, more...) })
}

var (
	halved  = edited(func(content []byte) []byte { return content[:len(content)/2] })
	flipped = edited(func(content []byte) []byte {
		changed := bytes.Clone(content)
		changed[len(changed)/2] ^= 1
		return changed
	})
)

func edited(edit func([]byte) []byte) change {
	return func(t *testing.T, path string) {
		t.Helper()
		content, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, edit(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// removed takes a file or a directory away.
func removed(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// gone is as if it had never been pushed.
func gone(p patient) {
	removed(p.t, filepath.Dir(p.link()))
	removed(p.t, filepath.Dir(p.data()))
}

func directory(t *testing.T, path string) {
	t.Helper()
	removed(t, path)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// besideIt is what registry 3.1 leaves where it is killed while it writes.
func besideIt(t *testing.T, path string) {
	t.Helper()
	temporary := filepath.Base(path) + ".11111111-2222-4333-8444-555555555555.tmp"
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), temporary), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// other is another thing that the repository links.
func (p patient) other() blob {
	if b := p.image.aBlob(); b.digest() != p.part.digest() {
		return b
	}
	return p.image.manifest
}
