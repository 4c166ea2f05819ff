package layout

import (
	"strings"

	"github.com/opencontainers/go-digest"
)

// PlaceKind is what a path is the place of.
type PlaceKind uint8

// The kinds of places.
const (
	Elsewhere    PlaceKind = iota // a directory above these, or nothing of the registry's
	OfBlob                        // with its Digest, as those below
	OfLayer                       // of a Repository, as those below
	OfRevision                    //
	OfTagEntry                    // of the history of a Tag
	OfTag                         //
	OfUpload                      // with its ID
	OfRepository                  //
)

// Place is what a path is the place of. Rest is what of the path lies below its
// directory: link or data, or what else is there.
type Place struct {
	Kind       PlaceKind
	Repository string
	Tag        string
	ID         string
	Digest     digest.Digest
	Rest       string
}

// ParsePlace reads a path relative to the v2 directory. Any name but a reserved
// one can be a part of a repository's.
func ParsePlace(path string) Place {
	parts := strings.Split(path, "/")
	switch {
	case parts[0] == Blobs && len(parts) > 3:
		d, err := ParseLeaf(parts[1], parts[3])
		if err == nil && strings.HasPrefix(parts[3], parts[2]) && len(parts[2]) == 2 {
			return Place{Kind: OfBlob, Digest: d, Rest: join(parts[4:])}
		}
	case parts[0] == Repositories && len(parts) > 1:
		for i, part := range parts {
			if i > 1 && Reserved(part) {
				p := parseOwn(parts[i], parts[i+1:])
				p.Repository = join(parts[1:i])
				return p
			}
		}
		return Place{Kind: OfRepository, Repository: join(parts[1:])}
	}
	return Place{}
}

// parseOwn reads what lies below one of a repository's reserved directories.
func parseOwn(reserved string, parts []string) Place {
	switch {
	case reserved == Layers:
		return parseLeafPlace(OfLayer, parts)
	case reserved == Uploads && len(parts) > 0:
		return Place{Kind: OfUpload, ID: parts[0], Rest: join(parts[1:])}
	case reserved != Manifests || len(parts) < 2:
	case Manifests+"/"+parts[0] == Revisions:
		return parseLeafPlace(OfRevision, parts[1:])
	case Manifests+"/"+parts[0] == Tags:
		tag, below := parts[1], parts[2:]
		if len(below) > 1 && below[0] == Index {
			p := parseLeafPlace(OfTagEntry, below[1:])
			p.Tag = tag
			return p
		}
		return Place{Kind: OfTag, Tag: tag, Rest: join(below)}
	}
	return Place{}
}

// parseLeafPlace reads <alg>/<hex>, or tarsum/<ver>/<alg>/<hex>, and what follows.
func parseLeafPlace(kind PlaceKind, parts []string) Place {
	if len(parts) > 3 && parts[0] == Tarsum {
		if d, err := TarsumDigest(parts[1], parts[2], parts[3]); err == nil {
			return Place{Kind: kind, Digest: d, Rest: join(parts[4:])}
		}
	}
	if len(parts) > 1 {
		if d, err := ParseLeaf(parts[0], parts[1]); err == nil {
			return Place{Kind: kind, Digest: d, Rest: join(parts[2:])}
		}
	}
	return Place{}
}

func join(parts []string) string { return strings.Join(parts, "/") }
