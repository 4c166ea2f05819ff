package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// admitOddCases is for what befalls whole repositories, for what several tags need,
// and for what only one of the registries understands.
func (w *ward) admitOddCases() {
	odd := func(repo, tag string, i image, where part, wound wound) {
		w.patients = append(w.patients, patient{w.registry, repo, tag, i, where, wound})
	}
	plain := func(name string) image { return docker.image(name, layerOf(name, 100)) }
	tag := part{name: "tag"}

	without := func(dir string) wound {
		return wound{inflict: repository(dir, removed), code: "missing", healed: byRepair, pushed: true}
	}
	odd("odd/no-revisions", "latest", plain("no revisions"), tag, without(revisions))
	odd("odd/no-layers", "latest", plain("no layers"), tag, without(layers))
	odd("odd/no-tags", "latest", plain("no tags"), tag, wound{inflict: repository("_manifests/tags", removed)})
	odd("odd/stray", "latest", plain("stray"), tag, wound{inflict: strayTag, code: "unreadable", healed: never})
	odd("odd/stray", "beside-it", plain("beside a stray"), tag, wound{})

	// Registry 2.1 linked manifests as layers, where only 2 still looks for them.
	old := plain("of registry 2.1")
	odd("odd/old", "latest", old, partsOf(old)[0], wound{inflict: linkedAsLayer, refused: "3.1"})
	w.admitOddManifests(odd)
	for _, name := range []string{"link", "index", "current", "data", "sha256-" + hex(empty)} {
		odd("odd/tags/link", name, plain(name), tag, wound{})
	}

	// "{}" is not exempt because a manifest has it inline.
	inline := oci.manifest(empty, []blob{empty}, func(m *v1.Manifest) {
		m.Config.Data, m.ArtifactType = empty.data, "application/vnd.example.note"
	})
	odd("odd/inline", "latest", inline, part{"config", empty, layers}, wound{inflict: link(removed), code: "missing", pushed: true})

	// What is behind a link of another algorithm needs a link of its own.
	alias := sha512Image("alias", layerOf("alias", 100))
	behind := part{"layer", newBlob(oci.layerType, alias.blobs[1].data), layers}
	odd("odd/sha512", "latest", alias, behind, wound{inflict: link(removed), code: "missing", pushed: true})

	// A layer of two tags, and of one in another repository: its link is the one
	// repository's, its content all of theirs.
	for name, wounds := range map[string][3]wound{
		"link": {{inflict: link(removed), code: "missing", pushed: true}, {code: "missing", pushed: true}, {}},
		"data": {{inflict: data(flipped), code: "corrupt", silent: true, healed: byPush}, {code: "corrupt", silent: true, healed: byPush}, {code: "corrupt", silent: true, healed: byPush}},
	} {
		base := layerOf("shared "+name, 100)
		for n, repo := range []string{"odd/shared", "odd/shared", "odd/elsewhere"} {
			i := oci.image(fmt.Sprint(name, n), base)
			odd(repo, fmt.Sprint(name, n), i, part{"layer", i.blobs[1], layers}, wounds[n])
		}
	}
}

// admitOddManifests is for tags that point to a manifest which is strange, and is what
// its digest says.
func (w *ward) admitOddManifests(odd func(repo, tag string, i image, where part, wound wound)) {
	plain := func(name string) image { return docker.image(name, layerOf(name, 100)) }
	tag := part{name: "tag"}
	pointing := func(to func(patient), code string) wound {
		return wound{inflict: to, code: code, healed: never, pushed: true}
	}
	odd("odd/manifests", "schema1", plain("schema 1"), tag, wound{inflict: schema1, refused: "3.1"})
	odd("odd/manifests", "schema3", plain("schema 3"), tag, pointing(ofNewerSchema, "unreadable"))
	odd("odd/manifests", "unknown", plain("unknown"), tag, pointing(ofUnknownType, "unreadable"))
	odd("odd/manifests", "artifact", plain("artifact"), tag, pointing(artifactManifest, "unreadable"))
	odd("odd/manifests", "trailing", plain("trailing"), tag, pointing(trailing, "unreadable"))
	odd("odd/manifests", "large", plain("large"), tag, pointing(ofSize(4<<20), ""))
	odd("odd/manifests", "too-large", plain("too large"), tag, pointing(ofSize(4<<20+1), "unreadable"))
	odd("odd/manifests", "misstated", plain("misstated"), tag, pointing(misstated, "corrupt"))
	odd("odd/manifests", "misstated-child", oci.multiArch("misstated", layerOf("misstated", 100)), tag, pointing(misstated, "corrupt"))

	empty := newBlob(docker.layerType, nil)
	doubled := layerOf("twice", 100)
	for name, i := range map[string]image{
		"no-layer":      docker.image("no layer"),
		"empty-layer":   docker.manifest(docker.image("empty layer").blobs[0], []blob{empty}, nil),
		"twice":         docker.image("twice", doubled, doubled),
		"no-subject":    referrer("vnd.example.sbom", plain("nowhere")),
		"untyped":       oci.image("untyped", layerOf("untyped", 100)).untyped(),
		"untyped-index": oci.multiArch("untyped", layerOf("untyped", 100)).untyped(),
	} {
		odd("odd/whole", name, i, tag, wound{})
	}
}

// repository is a change to a directory of the patient's repository.
func repository(dir string, do change) func(patient) {
	return func(p patient) { do(p.t, p.repository(p.repo, dir)) }
}

// strayTag puts a file in the place of a tag's directory. Registries list it.
func strayTag(p patient) {
	removed(p.t, p.tagged())
	write(p.t, p.tagged(), nil)
}

// linkedAsLayer moves the link of a manifest to where registry 2.1 had it.
func linkedAsLayer(p patient) {
	from := filepath.Dir(p.link())
	to := p.repository(p.repo, layers, "sha256", filepath.Base(from))
	if err := os.Rename(from, to); err != nil {
		p.t.Fatal(err)
	}
}

// schema1 puts a manifest of Docker's first schema in the place of the tag's, as
// registries stored them: without signatures. None takes it by a push any more.
func schema1(p patient) {
	layer := p.image.blobs[1]
	p.tagInstead(`{
   "schemaVersion": 1,
   "name": %q,
   "tag": %q,
   "architecture": "amd64",
   "fsLayers": [{"blobSum": %q}],
   "history": [{"v1Compatibility": "{\"id\":\"%s\"}"}]
}`, p.repo, p.tag, layer.digest(), hex(layer))
}

// ofNewerSchema, ofUnknownType and artifactManifest are whole, and no registry
// serves them.
func ofNewerSchema(p patient) { p.tagInstead(`{"schemaVersion":3,"mediaType":%q}`, oci.imageType) }

func ofUnknownType(p patient) {
	p.tagInstead(`{"schemaVersion":2,"mediaType":"application/vnd.example.image","of":%q}`, p.repo)
}

func artifactManifest(p patient) {
	p.tagInstead(`{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[%s]}`, encode(p.image.blobs[1].descriptor()))
}

// misstated is a manifest that is wrong about the size of a layer or a child.
// Registries take it, and clients do not.
func misstated(p patient) {
	parts := append(append([]blob{}, p.image.blobs...), manifests(p.image.children)...)
	size := func(more int) string { return fmt.Sprintf(`"size":%d`, len(parts[1].data)+more) }
	p.tagInstead("%s", strings.Replace(string(p.image.manifest.data), size(0), size(1), 1))
}

func manifests(images []image) (list []blob) {
	for _, i := range images {
		list = append(list, i.manifest)
	}
	return list
}

// tagInstead has the tag point to a manifest that is put there by hand.
func (p patient) tagInstead(format string, args ...any) {
	manifest := newBlob("", fmt.Appendf(nil, format, args...))
	link := []byte(manifest.digest())
	write(p.t, p.blobData(manifest.digest()), manifest.data)
	write(p.t, p.repository(p.repo, revisions, "sha256", hex(manifest), "link"), link)
	write(p.t, p.tagged("index/sha256", hex(manifest), "link"), link)
	write(p.t, p.tagged("current/link"), link)
}

// aBlob is a config or a layer of the image or of a child.
func (i image) aBlob() blob {
	for len(i.blobs) == 0 {
		i = i.children[0]
	}
	return i.blobs[0]
}

// trailing is a manifest with something after it.
func trailing(p patient) { p.tagInstead("%s{}", p.image.manifest.data) }

// ofSize is a manifest of n bytes, most of them blanks.
func ofSize(n int) func(p patient) {
	return func(p patient) {
		m := string(p.image.manifest.data)
		p.tagInstead("%s", m[:len(m)-1]+strings.Repeat(" ", n-len(m))+"}")
	}
}

// untyped is the same without a media type of its own, which OCI does not demand.
func (i image) untyped() image {
	own := fmt.Sprintf(`"mediaType":%q,`, i.manifest.mediaType)
	i.manifest.data = []byte(strings.Replace(string(i.manifest.data), own, "", 1))
	return i
}
