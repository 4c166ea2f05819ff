package manifest

import (
	"encoding/json"
	"strings"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// unknown is what BuildKit writes in place of the platform of an attestation,
// which runs nowhere.
const unknown = "unknown"

// Platforms are those of an index's children, as in linux/arm64/v8. Children
// without one, as attestations, are left out.
func Platforms(index []byte) map[digest.Digest]string {
	var list struct {
		Manifests []struct {
			Digest   digest.Digest
			Platform v1.Platform
		}
	}
	if json.Unmarshal(index, &list) != nil {
		return nil
	}
	platforms := map[digest.Digest]string{}
	for _, child := range list.Manifests {
		if name := platformName(child.Platform); name != "" {
			platforms[child.Digest] = name
		}
	}
	return platforms
}

// Platform is the one that an image's configuration is for, or that of a
// schema 1 manifest; empty where data does not say.
func Platform(data []byte) string {
	s := scanner{data: data}
	if s.peek() != '{' {
		return ""
	}
	var image v1.Platform
	for more := s.enter('}'); more; more = s.another('}') {
		switch key := s.key(); {
		case sameKey(key, "os"):
			image.OS = string(text(s.value()))
		case sameKey(key, "architecture"):
			image.Architecture = string(text(s.value()))
		case sameKey(key, "variant"):
			image.Variant = string(text(s.value()))
		default:
			s.value()
		}
	}
	if !s.end() {
		return ""
	}
	return platformName(image)
}

func platformName(p v1.Platform) string {
	if p.Architecture == "" || p.Architecture == unknown {
		return ""
	}
	parts := []string{p.OS, p.Architecture, p.Variant}
	if p.OS == "" {
		parts[0] = "linux" // schema 1 manifests name the architecture alone
	}
	if p.Variant == "" {
		parts = parts[:2]
	}
	return strings.Join(parts, "/")
}
