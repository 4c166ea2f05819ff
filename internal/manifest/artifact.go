package manifest

import (
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// mediaTypeSchema2Config is that of an image's configuration in schema 2; the first
// versions called it mediaTypePlain.
const (
	mediaTypeSchema2Config = "application/vnd.docker.container.image.v1+json"
	mediaTypePlain         = "application/octet-stream"
)

// longestType is the longest media type that there may be, in bytes: two names of
// at most 127 (RFC 6838).
const longestType = 255

// artifact is what a manifest holds where that is no image: as image-spec has it,
// its artifact type or else the media type of its configuration.
func artifact(artifactType, configType []byte) string {
	if len(artifactType) == 0 {
		switch string(configType) {
		case "", v1.MediaTypeImageConfig, mediaTypeSchema2Config, mediaTypePlain:
			return ""
		}
		artifactType = configType
	}
	return string(artifactType[:min(len(artifactType), longestType)])
}

// purposes are what the types of artifacts that are about images have in common:
// those of cosign, Sigstore, Notation, in-toto, SPDX, CycloneDX and Syft.
var purposes = []struct{ part, purpose string }{
	{"sbom", "sbom"}, {"spdx", "sbom"}, {"cyclonedx", "sbom"}, {"syft", "sbom"},
	{"attest", "attestation"}, {"in-toto", "attestation"}, {"dsse", "attestation"},
	{"signature", "signature"}, {"sigstore", "signature"}, {".artifact.sig.", "signature"}, {"simplesigning", "signature"},
}

// Purpose is what an artifact of this type is to the manifest that it is about:
// its signature, attestation or sbom, or only a referrer.
func Purpose(artifactType string) string {
	artifactType = strings.ToLower(artifactType)
	for _, p := range purposes {
		if strings.Contains(artifactType, p.part) {
			return p.purpose
		}
	}
	return "referrer"
}
