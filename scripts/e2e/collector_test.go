package e2e

import (
	"net/http"
	"regexp"
	"slices"
	"testing"
)

// TestCollectorFindsNothingMore: after a sweep the registry's own collector, of
// the newest version, has nothing left to delete, save what the janitor keeps on
// purpose and the collector would lose: the referrers of what is kept.
func TestCollectorFindsNothingMore(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		subject := garbageOfEveryKind(r)
		sbom := referrer("vnd.example.sbom", subject)
		r.client.push("signed", sbom.digest(), sbom)
		r.stop()

		requireCollectorHasWork(t, r)
		r.sweep().requireExit(t, exitDone)

		// The config of the SBOM, the empty descriptor, is in use elsewhere too.
		content := sbom.blobs[1].digest()
		want := collection{
			manifests:  []string{sbom.digest()},
			blobs:      []string{sbom.digest(), content},
			layerLinks: []string{"signed@" + content},
		}
		want.sort()
		got := collect(t, programs.registry3, r.config, "--dry-run")
		requireList(t, "manifests the collector would delete", got.manifests, want.manifests)
		requireList(t, "blobs the collector would delete", got.blobs, want.blobs)
		requireList(t, "layer links the collector would delete", got.layerLinks, want.layerLinks)
	})
}

// TestCollectorLosesSHA512Layers: the other thing kept on purpose. The collector
// takes the digest in the link for the blob's, and so deletes the layer of a
// tagged image; the janitor does not, and the image still pulls.
func TestCollectorLosesSHA512Layers(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		kept := layer("kept")
		i := sha512Image("sha512", kept)
		r.client.push("sha512", "latest", i)
		alive := survey(r.client)
		r.stop()

		r.sweep().requireExit(t, exitDone)
		got := collect(t, programs.registry3, r.config, "--dry-run")
		requireList(t, "blobs the collector would delete", got.blobs, []string{newBlob("", kept.compressed).digest()})

		r.start()
		survey(r.client).requireSame(t, alive)
	})
}

// TestMultiArchImagesThatTheOldCollectorBreaksStayWhole: 2.8 with
// --delete-untagged deletes the children of a tagged index.
func TestMultiArchImagesThatTheOldCollectorBreaksStayWhole(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		i := oci.multiArch("multi", layer("multi"))
		bySkopeo(r.client, "multi", "latest", i)
		alive := survey(r.client)
		r.stop()
		collected := r.withCopiedTree()

		child := "multi/manifests/" + i.children[0].digest()
		collect(t, programs.registry2, collected.config)
		collected.start()
		if status := collected.client.get(child).status; status != http.StatusNotFound {
			t.Errorf("a child of a tagged index answers %d after 2.8's collector: is it mended?", status)
		}

		r.sweep().requireExit(t, exitDone)
		r.start()
		survey(r.client).requireSame(t, alive)
		pullWithTools(r.client, "multi", "latest", i)
	})
}

// garbageOfEveryKind pushes what a collector of either version understands, and
// returns an image that is kept.
func garbageOfEveryKind(r *registry) image {
	base := layer("base")
	for _, name := range []string{"old", "new"} {
		bySkopeo(r.client, "app", "latest", docker.image(name, base, layer(name)))
		bySkopeo(r.client, "multi", "latest", oci.multiArch(name, base, layer("multi "+name)))
		byCrane(r.client, "nested", "latest", oci.index(oci.multiArch(name, base)))
		byHTTP(r.client, "artifacts", "latest", artifact("vnd.example."+name, name))
	}
	r.client.pushBlob("app", newBlob("", []byte("orphan")).digest(), []byte("orphan"))
	deleted := oci.image("deleted", base)
	byCrane(r.client, "deleted", "latest", deleted)
	r.client.delete("deleted", deleted.digest())

	signed := oci.image("signed", base)
	byCrane(r.client, "signed", "latest", signed)
	byHTTP(r.client, "signed", cosignTag(signed), cosignSignature(signed))
	return signed
}

// collection is what a registry's collector says it deletes.
type collection struct {
	manifests  []string // digests
	blobs      []string // digests
	layerLinks []string // repo@digest
}

func (c *collection) sort() {
	for _, list := range []*[]string{&c.manifests, &c.blobs, &c.layerLinks} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

var eligible = regexp.MustCompile(`(?m)^(?:(.*): )?(manifest|blob|layer link) eligible for deletion: .*(sha256:[0-9a-f]{64})`)

// collect runs a registry's own garbage collection, untagged revisions included.
func collect(t *testing.T, program, config string, flags ...string) collection {
	t.Helper()
	return garbageCollect(t, program, config, append([]string{"--delete-untagged"}, flags...)...)
}

// garbageCollect runs it with these flags alone.
func garbageCollect(t *testing.T, program, config string, flags ...string) collection {
	t.Helper()
	args := append([]string{"garbage-collect"}, flags...)
	var c collection
	for _, line := range eligible.FindAllStringSubmatch(command(t, program, append(args, config)...), -1) {
		repo, kind, digest := line[1], line[2], line[3]
		switch kind {
		case "manifest":
			c.manifests = append(c.manifests, digest)
		case "blob":
			c.blobs = append(c.blobs, digest)
		case "layer link":
			c.layerLinks = append(c.layerLinks, repo+"@"+digest)
		}
	}
	c.sort()
	return c
}

// requireCollectorHasWork guards the tests above against reading nothing out of
// a collector whose words have changed.
func requireCollectorHasWork(t *testing.T, r *registry) {
	t.Helper()
	c := collect(t, programs.registry3, r.config, "--dry-run")
	if len(c.manifests) == 0 || len(c.blobs) == 0 || len(c.layerLinks) == 0 {
		t.Fatalf("the collector finds too little to delete before the sweep: %+v", c)
	}
}
