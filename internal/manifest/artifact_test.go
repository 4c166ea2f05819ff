package manifest

import (
	"strings"
	"testing"
)

func TestWhatAManifestHoldsThatIsNoImage(t *testing.T) {
	const layer = `"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:` + zeros + `"`
	config := func(mediaType string) string {
		return `"config":{"mediaType":"` + mediaType + `","digest":"sha256:` + zeros + `"}`
	}
	for members, want := range map[string]string{
		config("application/vnd.oci.image.config.v1+json"):                                                 "",
		config("application/vnd.docker.container.image.v1+json"):                                           "",
		config("application/octet-stream"):                                                                 "",
		config("application/vnd.cncf.helm.config.v1+json"):                                                 "application/vnd.cncf.helm.config.v1+json",
		config("application/vnd.oci.empty.v1+json") + `,"artifactType":"text/spdx"`:                        "text/spdx",
		`"artifactType":"text/spdx",` + config("application/vnd.oci.image.config.v1+json"):                 "text/spdx",
		`"artifactType":7,` + config("application/vnd.oci.empty.v1+json"):                                  "application/vnd.oci.empty.v1+json",
		`"layers":[{` + layer + `}],"config":{"digest":"sha256:` + zeros + `"}`:                            "", // not the layer's
		`"layers":[{` + layer + `}],` + config("application/vnd.oci.image.layer.v1.tar"):                   "application/vnd.oci.image.layer.v1.tar",
		config("application/vnd.oci.image.config.v1+json") + `,"layers":[{` + layer + `}]`:                 "",
		`"manifests":[],"artifactType":"application/vnd.example"`:                                          "application/vnd.example",
		`"artifactType":"` + strings.Repeat("x", 300) + `",` + config("application/vnd.oci.empty.v1+json"): strings.Repeat("x", 255),
	} {
		m, err := new(Reader).Read([]byte(`{"schemaVersion":2,` + members + `}`))
		if err != nil {
			t.Errorf("%s: %v", members, err)
		} else if m.Artifact != want {
			t.Errorf("%s: it holds %q; want %q", members, m.Artifact, want)
		}
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func TestPurpose(t *testing.T) {
	for artifactType, want := range map[string]string{
		"application/vnd.dev.cosign.artifact.sig.v1+json":  "signature",
		"application/vnd.dev.cosign.artifact.sbom.v1+json": "sbom",
		"application/vnd.dev.cosign.simplesigning.v1+json": "signature",
		"application/vnd.dev.sigstore.bundle.v0.3+json":    "signature",
		"application/vnd.cncf.notary.signature":            "signature",
		"application/vnd.in-toto+json":                     "attestation",
		"application/vnd.dsse.envelope.v1+json":            "attestation",
		"application/spdx+json":                            "sbom",
		"application/vnd.CycloneDX+json":                   "sbom",
		"application/vnd.syft+json":                        "sbom",
		"application/vnd.example.artifact":                 "referrer",
		"":                                                 "referrer",
	} {
		if got := Purpose(artifactType); got != want {
			t.Errorf("%s: %s; want %s", artifactType, got, want)
		}
	}
}
