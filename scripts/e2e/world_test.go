package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// world is a registry after some weeks of use: every kind of manifest, pushed by
// real tools, and every way in which garbage comes about.
type world struct {
	*registry
	placed  []placed
	kept    []string // repo@digest: no tag leads there, a subject keeps it
	expired []string // repositories whose uploads nobody will ever finish
	emptied []string // repositories in which nothing will be left
}

// placed is an image that was pushed, and how.
type placed struct {
	repo, tag string
	image     image
	push      pusher
}

func (w *world) put(push pusher, repo, tag string, i image) image {
	w.t.Helper()
	push(w.client, repo, tag, i)
	w.placed = append(w.placed, placed{repo, tag, i, push})
	return i
}

// newWorld fills a running registry and leaves it running.
func newWorld(t *testing.T, d distribution) *world {
	t.Helper()
	w := &world{registry: startedRegistry(t, d)}
	w.overwrittenTags()
	w.multiArchImages()
	w.signedImages()
	w.artifacts()
	w.sharedBetweenRepositories()
	w.deletedThroughTheAPI()
	w.unfinishedUploads()
	return w
}

// image is what was pushed under a digest.
func (w *world) image(digest string) image {
	w.t.Helper()
	for _, p := range w.placed {
		if p.image.digest() == digest {
			return p.image
		}
	}
	w.t.Fatalf("%s was never pushed", digest)
	return image{}
}

// gone are the images that no tag leads to any more.
func (w *world) gone(alive holdings) []placed {
	var gone []placed
	for _, p := range w.placed {
		if !alive.manifests[p.repo+"@"+p.image.digest()] {
			gone = append(gone, p)
		}
	}
	return gone
}

func (w *world) overwrittenTags() {
	base := layer("base")
	for _, name := range []string{"first", "second", "third"} {
		w.put(bySkopeo, "app", "latest", docker.image(name, base, layer(name)))
		w.put(byCrane, "app-oci", "latest", oci.image(name, base, layer(name)))
	}
	// A tag and its sibling share a digest; a later push takes one of them away.
	stable := w.put(byCrane, "app", "stable", docker.image("stable", base, layer("stable")))
	w.put(byCrane, "app", "1.0", stable)
	w.put(bySkopeo, "app", "stable", docker.image("stabler", base, layerOf("large", 3_000_000)))

	// A tag that went away and came back has a history with itself in it.
	back := oci.image("back and forth", base, layer("back"))
	w.put(byCrane, "app-oci", "moving", back)
	w.put(byCrane, "app-oci", "moving", oci.image("forth", base, layer("forth")))
	w.put(byCrane, "app-oci", "moving", back)
}

func (w *world) multiArchImages() {
	base := layer("multi base")
	w.put(bySkopeo, "multi/docker", "latest", docker.multiArch("old", base, layer("old")))
	w.put(bySkopeo, "multi/docker", "latest", docker.multiArch("new", base, layer("new")))
	w.put(bySkopeo, "multi/oci", "latest", oci.multiArch("old", base, layer("old")))
	w.put(byCrane, "multi/oci", "latest", attested(oci.image("with provenance", base)))

	// An old index shares a child with a living one, which also has it as a tag.
	shared := oci.imageFor("amd64", "shared", base)
	w.put(byCrane, "multi/shared", "latest", oci.index(shared, oci.imageFor("arm64", "dies", layer("dies"))))
	w.put(byCrane, "multi/shared", "latest", oci.index(shared, oci.imageFor("arm64", "lives", layer("lives"))))
	w.put(byCrane, "multi/shared", "amd64", shared)

	w.put(byCrane, "multi/nested", "latest", oci.index(oci.multiArch("inner, old", base)))
	w.put(byCrane, "multi/nested", "latest", oci.index(oci.multiArch("inner", base), oci.image("beside it", base)))
}

func (w *world) signedImages() {
	signed := w.put(byCrane, "signed", "latest", oci.image("signed", layer("signed")))
	w.put(byHTTP, "signed", cosignTag(signed), cosignSignature(signed))

	sbom := referrer("vnd.example.sbom", signed)
	signatureOfSBOM := referrer("vnd.example.signature", sbom)
	for _, i := range []image{sbom, signatureOfSBOM} {
		w.client.push("signed", i.digest(), i)
		w.kept = append(w.kept, "signed@"+i.digest())
	}

	// The referrers of what is overwritten go with it; cosign's tag, like any
	// tag, stays until somebody says otherwise.
	overwritten := w.put(byCrane, "signed", "next", oci.image("overwritten", layer("overwritten")))
	w.put(byHTTP, "signed", cosignTag(overwritten), cosignSignature(overwritten))
	lost := referrer("vnd.example.sbom", overwritten)
	w.put(byHTTP, "signed", lost.digest(), lost)
	w.put(byCrane, "signed", "next", oci.image("next", layer("next")))

	// Without a referrers API the list of them is an index under a tag.
	listed := w.put(bySkopeo, "signed/fallback", "latest", oci.image("listed", layer("listed")))
	w.put(byHTTP, "signed/fallback", fallbackTag(listed), oci.index(referrer("vnd.example.sbom", listed)))
}

func (w *world) artifacts() {
	w.put(byHTTP, "charts", "latest", helmChart("0.9"))
	w.put(byHTTP, "charts", "latest", helmChart("1.0"))
	w.put(byHTTP, "artifacts", "latest", artifact("vnd.example.model", "weights"))
	w.put(byHTTP, "artifacts", "latest", artifact("vnd.example.note", ""))

	w.put(byHTTP, "cache/image", "latest", cacheImage(layer("cache 1"), layer("cache 2")))
	w.put(byHTTP, "cache/image", "latest", cacheImage(layer("cache 2"), layer("cache 3")))
	if w.cacheIndex {
		w.put(byHTTP, "cache/index", "latest", cacheIndex(layer("cache 1"), layer("cache 4")))
		w.put(byHTTP, "cache/index", "latest", cacheIndex(layer("cache 4"), layer("cache 5")))
	}

	w.put(byHTTP, "sha512", "latest", sha512Image("old", layer("old sha512")))
	w.put(byHTTP, "sha512", "latest", sha512Image("new", layer("new sha512")))
}

func (w *world) sharedBetweenRepositories() {
	base := layer("team base")
	common := oci.image("common", base, layer("common"))
	w.put(byCrane, "team", "latest", common)
	w.put(byCrane, "team/svc", "latest", common)
	// Untagged in the one, tagged in the other: its blobs stay, its revision and
	// its links in the one do not.
	w.put(byCrane, "team", "latest", oci.image("team only", base, layer("team")))
	w.put(bySkopeo, "team/svc", "v1", docker.image("service only", base, layer("svc")))
	w.put(byCrane, "team/svc/deep", "latest", oci.multiArch("deep", base))

	// A layer that was mounted for a push that never came.
	w.client.mount("team/mounted", "team", common.blobs[1].digest())
	w.emptied = append(w.emptied, "team/mounted")
}

func (w *world) deletedThroughTheAPI() {
	base := layer("api base")
	deleted := w.put(bySkopeo, "api", "deleted", docker.image("deleted", base, layer("deleted")))
	w.put(bySkopeo, "api", "stays", docker.image("stays", base, layer("stays")))
	w.client.delete("api", deleted.digest())

	// An index deleted by its digest leaves its children behind.
	index := w.put(byCrane, "api/index", "latest", oci.multiArch("deleted", base))
	w.client.delete("api/index", index.digest())
	w.emptied = append(w.emptied, "api/index")

	if w.deletesTags {
		w.put(byCrane, "api/tags", "deleted", oci.image("its only tag", base, layer("only")))
		w.client.delete("api/tags", "deleted")
		w.emptied = append(w.emptied, "api/tags")
	}
	orphan := layer("never in a manifest").compressed
	w.client.pushBlob("api", blob{data: orphan}.digest(), orphan)
}

func (w *world) unfinishedUploads() {
	w.client.interruptUpload("app", []byte("of today: its client may yet come back"))
	w.client.interruptUpload("uploads", layer("of last month").compressed)
	w.client.cancelUpload("uploads/cancelled")
	w.expired = append(w.expired, "uploads", "uploads/cancelled")
	w.emptied = append(w.emptied, w.expired...)
}

// age makes a stopped registry's abandoned uploads a month old.
func (w *world) age() {
	w.t.Helper()
	then := time.Now().AddDate(0, -1, 0)
	for _, repo := range w.expired {
		ageUploads(w.t, w.repository(repo, "_uploads"), then)
	}
}

// ageUploads backdates all uploads below a directory: the registry's own note of
// when they started, and the times of the files.
func ageUploads(t *testing.T, dir string, then time.Time) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if filepath.Base(path) == "startedat" {
			if err := os.WriteFile(path, []byte(then.UTC().Format(time.RFC3339)), 0o644); err != nil {
				return err
			}
		}
		return os.Chtimes(path, then, then)
	})
	if err != nil {
		t.Fatal(err)
	}
}
