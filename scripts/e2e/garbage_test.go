package e2e

import (
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGarbageCollectOfADeletedImage is what the registry's documentation explains
// its collector by: of two images that share a layer one is deleted through the
// API. Both collectors and the janitor call the same blobs garbage; what the
// other image needs stays.
func TestGarbageCollectOfADeletedImage(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		shared, own := layer("shared"), layer("of A")
		a, b := oci.image("A", shared, own), oci.image("B", shared, layer("of B"))
		byCrane(r.client, "app", "a", a)
		byCrane(r.client, "app", "b", b)
		r.client.delete("app", a.digest())
		r.stop()

		config, layerOfA := a.blobs[0].digest(), a.blobs[2].digest()
		collectsAlike(t, r, []string{a.digest(), config, layerOfA})

		r.start()
		pullWithTools(r.client, "app", "b", b)
		requireList(t, "tags", r.client.tags("app"), []string{"b"})
		for _, path := range []string{"manifests/a", "manifests/" + a.digest(), "blobs/" + config, "blobs/" + layerOfA} {
			if status := r.client.get("app/" + path).status; status != http.StatusNotFound {
				t.Errorf("%s of the deleted image answers %d", path, status)
			}
		}
		byCrane(r.client, "app", "a", a)
		pullWithTools(r.client, "app", "a", a)
	})
}

// TestGarbageCollectOfUntaggedImages: without -m an image without a tag stays,
// and pulls by its digest; with it, it goes.
func TestGarbageCollectOfUntaggedImages(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		base := layer("base")
		old, latest := docker.image("old", base, layer("old")), docker.image("new", base, layer("new"))
		bySkopeo(r.client, "app", "latest", old)
		bySkopeo(r.client, "app", "latest", latest)
		orphan := newBlob("", []byte("orphan"))
		r.client.pushBlob("app", orphan.digest(), orphan.data)
		r.stop()

		collectsAlike(t, r, []string{orphan.digest()})
		r.start()
		pullWithTools(r.client, "app", old.digest(), old)
		r.stop()

		collectsAlike(t, r, []string{old.digest(), old.blobs[0].digest(), old.blobs[2].digest()}, "--delete-untagged")
		r.start()
		pullWithTools(r.client, "app", "latest", latest)
		if status := r.client.get("app/manifests/" + old.digest()).status; status != http.StatusNotFound {
			t.Errorf("the untagged image answers %d", status)
		}
	})
}

// collectsAlike runs the janitor's garbage-collect with a registry's flags, after
// both registries' collectors have said that they would delete the same.
func collectsAlike(t *testing.T, r *registry, garbage []string, flags ...string) {
	t.Helper()
	slices.Sort(garbage)
	dry := append([]string{"--dry-run"}, flags...)
	before, untouched := readTree(t, r), takeSnapshot(t, r.root)

	newest := garbageCollect(t, programs.registry3, r.config, dry...)
	requireList(t, "blobs that 3.1's collector would delete", newest.blobs, garbage)
	requireList(t, "blobs that 2.8's collector would delete", garbageCollect(t, programs.registry2, r.config, dry...).blobs, garbage)
	planned := r.garbageCollect(dry...).report
	untouched.requireUnchanged(t, r.root)
	ours := collectionOf(planned)
	requireList(t, "blobs that the janitor would remove", ours.blobs, garbage)
	requireList(t, "manifests that the janitor would remove", ours.manifests, newest.manifests)
	requireList(t, "layer links that the janitor would remove", ours.layerLinks, newest.layerLinks)

	done := r.garbageCollect(flags...).report
	after := readTree(t, r)
	requireHonestTotals(t, done, before, after)
	requireEqual(t, "totals removed", done.Removed, planned.Planned)
	requireList(t, "blobs left", after.blobs, without(before.blobs, garbage))
	for _, program := range []string{programs.registry2, programs.registry3} {
		if c := garbageCollect(t, program, r.config, dry...); len(c.manifests)+len(c.blobs)+len(c.layerLinks) > 0 {
			t.Errorf("%s finds more to delete afterwards: %+v", filepath.Base(program), c)
		}
	}
}

// garbageCollect is the command line that stands in scripts, but for its name.
func (r *registry) garbageCollect(flags ...string) outcome {
	r.t.Helper()
	args := append([]string{"garbage-collect"}, flags...)
	return vouched(r.t, append(args, r.config, "--json", "-v")...).requireExit(r.t, exitDone)
}

// collectionOf puts a document into a collector's terms.
func collectionOf(doc report) collection {
	var c collection
	for _, a := range doc.Actions {
		switch a.Kind {
		case "revision":
			c.manifests = append(c.manifests, a.Digest)
		case "blob":
			c.blobs = append(c.blobs, a.Digest)
		case "layer_link":
			c.layerLinks = append(c.layerLinks, a.Repository+"@"+a.Digest)
		}
	}
	c.sort()
	return c
}

// TestGarbageCollectInAContainer: in place of the registry's own, inside its
// container, by whatever name: refused while the registry runs, and where nobody
// vouches for what a container cannot see.
func TestGarbageCollectInAContainer(t *testing.T) {
	requireEngine(t)
	t.Cleanup(removeImages)
	image := buildRegistryImage(t)
	root := t.TempDir()
	c := runContainer(t, image, root, root)
	pushGarbage(c.registry)
	alive := survey(c.client)
	tree := takeSnapshot(t, root)
	collect := []string{"garbage-collect", "-m", "/etc/distribution/config.yml"}

	for _, janitor := range []string{"/janitor/regjanitor", "/janitor/registry"} {
		inside := append([]string{"exec", c.name, janitor}, collect...)
		requireRefusal(t, "registry-running", inside...)
		requireRefusal(t, "registry-running", append(inside, "--registry-stopped")...)
		tree.requireUnchanged(t, root)
	}

	command(t, "docker", "stop", c.name)
	alone := []string{"run", "--rm", "--volumes-from", c.name, "--entrypoint", "/janitor/registry", image}
	alone = append(alone, collect...)
	requireRefusal(t, "registry-invisible", alone...)
	tree.requireUnchanged(t, root)
	command(t, "docker", append(alone, "--registry-stopped")...)
	requireList(t, "blobs left", readTree(t, c.registry).blobs, alive.onDisk())
	command(t, "docker", "start", c.name)
	c.awaitContainer()
	survey(c.client).requireSame(t, alive)
}

// requireRefusal runs docker with a janitor inside, which has to refuse.
func requireRefusal(t *testing.T, code string, args ...string) {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitRefused || !strings.Contains(string(out), "["+code+"]") {
		t.Fatalf("docker %s: %v instead of a refusal (%s)\n%s", strings.Join(args, " "), err, code, out)
	}
}
