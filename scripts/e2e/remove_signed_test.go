package e2e

import "testing"

// TestRemoveSignedImage: what is about an image stays as long as a tag of it
// does, and goes with the last one; the signatures of another image stay.
func TestRemoveSignedImage(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		signed, other := oci.image("signed", layer("signed")), oci.image("other", layer("other"))
		byCrane(r.client, "app", "v1", signed)
		r.client.retag("app", "v1", "stable")
		byCrane(r.client, "app", "v2", other)
		about := map[string][]string{}
		for _, i := range []image{signed, other} {
			sbom := referrer("vnd.example.sbom", i)
			r.client.push("app", cosignTag(i), cosignSignature(i))
			r.client.push("app", fallbackTag(i), oci.index(sbom))
			r.client.push("app", cosignTag(sbom), cosignSignature(sbom))
			about[i.digest()] = []string{"app:" + cosignTag(i), "app:" + fallbackTag(i), "app:" + cosignTag(sbom)}
		}

		r.requireRemoves([]string{"app:v1"}, "app:v1")
		r.requireRemoves(append(about[signed.digest()], "app:stable"), "app:stable")
		sbom := referrer("vnd.example.sbom", signed)
		r.requireGone("app", signed.digest(), sbom.digest(), cosignSignature(signed).digest(), sbom.blobs[1].digest())
		r.requireReturns(byCrane, "app", "v1", signed)
		r.requireReturns(byHTTP, "app", cosignTag(signed), cosignSignature(signed))
		r.requireReturns(byHTTP, "app", fallbackTag(signed), oci.index(sbom))
	})
}

// TestRemoveMultiArchImageThatIsSigned: each platform has a signature of its own,
// and keeps it where another index lists the platform.
func TestRemoveMultiArchImageThatIsSigned(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		listed, alone := oci.imageFor("amd64", "listed", layer("listed")), oci.imageFor("arm64", "alone", layer("alone"))
		multi := oci.index(listed, alone)
		byCrane(r.client, "app", "v1", multi)
		byCrane(r.client, "app", "v2", oci.index(listed))
		for _, i := range []image{multi, listed, alone} {
			r.client.push("app", cosignTag(i), cosignSignature(i))
		}
		// The same signature of an image that is not here: its subject lies elsewhere.
		r.client.push("signatures", cosignTag(alone), cosignSignature(alone))

		r.requireRemoves([]string{"app:v1", "app:" + cosignTag(multi), "app:" + cosignTag(alone)}, "app:v1")
		r.requireReturns(bySkopeo, "app", "v1", multi)
	})
}

// TestRemoveReferrersWithoutATag: registries list no referrers, so some are there
// that only their subject leads to. They go with it, and their own with them.
func TestRemoveReferrersWithoutATag(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := startedRegistry(t, d)
		signed, other := oci.image("signed", layer("signed")), oci.image("other", layer("other"))
		sbom, stays := referrer("vnd.example.sbom", signed), referrer("vnd.example.sbom", other)
		ofSBOM := referrer("vnd.example.signature", sbom)
		r.client.push("app", "v1", signed)
		r.client.push("app", "v2", other)
		for _, i := range []image{sbom, ofSBOM, stays} {
			r.client.push("app", i.digest(), i)
		}
		r.stop()

		r.remove("app:v1").requireExit(t, exitDone)
		r.start()
		left := survey(r.client, "app@"+stays.digest())
		requireEqual(t, "tags served", left.tags, map[string]string{"app:v2": other.digest()})
		requireList(t, "blobs on disk", readTree(t, r).blobs, left.onDisk())
		r.requireGone("app", signed.digest(), sbom.digest(), ofSBOM.digest())

		r.requireRemoves(nil, "app@"+stays.digest())
		r.requireGone("app", stays.digest())
		r.requireReturns(byHTTP, "app", "v1", signed)
		r.requireReturns(byHTTP, "app", sbom.digest(), sbom)
	})
}
