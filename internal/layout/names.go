package layout

import (
	"regexp"
	"strings"

	"github.com/opencontainers/go-digest"
)

// Reserved tells a name that can never be part of a repository's name: the
// registry keeps every name that begins with an underscore for itself.
func Reserved(name string) bool { return strings.HasPrefix(name, "_") }

// Foreign tells a name that no part of a registry's tree has: a snapshot's, a file
// system's own, or one that a later registry may have reserved.
func Foreign(name string) bool {
	return name == LostFound || strings.HasPrefix(name, ".") || Reserved(name)
}

const (
	alphanumeric = `[a-z0-9]+`
	separator    = `(?:[._]|__|[-]+)`
	component    = alphanumeric + `(?:` + separator + alphanumeric + `)*`
	domainPart   = `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`
	domain       = domainPart + `(?:\.` + domainPart + `)*`

	// longestName is the registry's RepositoryNameTotalLengthMax, in bytes: of
	// the whole name in registry 2, of what follows the domain in 3.
	longestName = 255
)

var (
	repositoryName = regexp.MustCompile(`^(?:` + domain + `/)?(` + component + `(?:/` + component + `)*)$`)
	tagName        = regexp.MustCompile(`^[\w][\w.-]{0,127}$`)
	uuid           = `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`
	uploadID       = regexp.MustCompile(`^` + uuid + `$`)
	attachedTag    = regexp.MustCompile(`^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$`)
	temporaryName  = regexp.MustCompile(`^(?:link|data|startedat|[0-9]+)\.` + uuid + `\.tmp$`)
)

// ValidRepository tells whether the registry can serve a repository of this
// name: components of lower case, of which the first of two or more may be a
// domain (A/x, Example.COM/x).
func ValidRepository(name string) bool {
	match := repositoryName.FindStringSubmatch(name)
	return match != nil && len(match[1]) <= longestName
}

// ValidTag tells whether the registry can serve a tag of this name.
func ValidTag(name string) bool { return tagName.MatchString(name) }

// TagSubject is the manifest that something is about as the name of its tag says:
// cosign's signatures, attestations and SBOMs (sha256-<hex>.sig, .att, .sbom) and
// the index of referrers that clients keep where a registry has no API for them
// (sha256-<hex>, which may be anything else too). Manifests have no other digests
// than sha256.
func TagSubject(tag string) (subject digest.Digest, index, ok bool) {
	match := attachedTag.FindStringSubmatch(tag)
	if match == nil {
		return "", false, false
	}
	return digest.NewDigestFromEncoded(digest.SHA256, match[1]), match[2] == "", true
}

// IsUploadID tells the name of an upload: a version 4 UUID in registry 2, a
// version 7 UUID in 3.
func IsUploadID(name string) bool { return uploadID.MatchString(name) }

// IsTemporary tells a file that the driver of registry 3.1 and later writes
// before it renames it to link, data, startedat or a hash state. One that a
// crash left behind is litter.
func IsTemporary(name string) bool { return temporaryName.MatchString(name) }
