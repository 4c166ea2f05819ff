package layout

import (
	_ "crypto/sha256" // registers the algorithms with go-digest
	_ "crypto/sha512"
	"fmt"
	"regexp"
	"strings"

	"github.com/opencontainers/go-digest"
)

// ParseDigest reads a digest exactly as the registry writes it: a known
// algorithm, lower-case hex of the right length, nothing before or after.
func ParseDigest(text string) (digest.Digest, error) {
	d := digest.Digest(text)
	if _, ok := parseSHA256(text); ok {
		return d, nil // nearly all are, and the library's check is far slower
	}
	if err := d.Validate(); err != nil {
		return "", fmt.Errorf("%q is not a digest: %w", clip(text), err)
	}
	return d, nil
}

// ParseLeaf reads the digest that a pair of directory names <alg>/<hex> stands for.
func ParseLeaf(alg, hex string) (digest.Digest, error) { return ParseDigest(alg + ":" + hex) }

// ParseReference reads a digest as a manifest may hold it: as ParseDigest does,
// or a tarsum, by which schema1 manifests of registry 2.0 name their layers. A
// tarsum of version v0 is returned without it: both lie in the same directory.
func ParseReference(text string) (digest.Digest, error) {
	alg, hex, _ := strings.Cut(text, ":")
	if version, inner, ok := cutTarsum(alg); ok {
		if _, err := ParseLeaf(inner, hex); err != nil {
			return "", err
		}
		if version == "v0" {
			alg = Tarsum + "+" + inner
		}
		return digest.Digest(alg + ":" + hex), nil
	}
	return ParseDigest(text)
}

// TarsumDigest is the digest that the directories tarsum/<version>/<alg>/<hex>
// stand for.
func TarsumDigest(version, alg, hex string) (digest.Digest, error) {
	prefix := Tarsum
	if version != "v0" {
		prefix += "." + version
	}
	return ParseReference(prefix + "+" + alg + ":" + hex)
}

// IsTarsum tells a tarsum reference from a digest.
func IsTarsum(d digest.Digest) bool { return strings.HasPrefix(string(d), Tarsum) }

// cutTarsum splits tarsum.v1+sha256 into v1 and sha256; no version is v0.
func cutTarsum(alg string) (version, inner string, ok bool) {
	rest, ok := strings.CutPrefix(alg, Tarsum)
	if !ok {
		return "", "", false
	}
	version, inner, ok = strings.Cut(rest, "+")
	if !ok {
		return "", "", false
	}
	if version == "" {
		return "v0", inner, true
	}
	version, ok = strings.CutPrefix(version, ".")
	return version, inner, ok && tarsumVersion.MatchString(version)
}

// tarsumVersion is registry 2.0's pattern. The version becomes a directory's
// name: "..", say, would make the path that of another link.
var tarsumVersion = regexp.MustCompile(`^[a-z0-9]+$`)

// clip keeps an error message short where the text it quotes may be anything.
func clip(text string) string {
	const most = 80
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
