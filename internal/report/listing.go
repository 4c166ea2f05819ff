package report

import (
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/listing"
)

// Listing is the JSON document of ls.
type Listing struct {
	Header
	Repositories []ListedRepository `json:"repositories"`
	Tags         []ListedManifest   `json:"tags"`
}

// ListedRepository is a listing.Repository under the contract's names.
type ListedRepository struct {
	Name      string     `json:"name"`
	Tags      int        `json:"tags"`
	Revisions int        `json:"revisions"`
	Untagged  int        `json:"untagged"`
	Bytes     int64      `json:"bytes"`
	Pushed    *time.Time `json:"pushed"`
}

// ListedManifest is a listing.Manifest under the contract's names.
type ListedManifest struct {
	Repository   string           `json:"repository"`
	Tag          string           `json:"tag"`
	Digest       digest.Digest    `json:"digest"`
	Kind         string           `json:"kind"`
	ArtifactType string           `json:"artifact_type"`
	Platforms    []string         `json:"platforms"`
	Subject      digest.Digest    `json:"subject"`
	Signatures   int64            `json:"signatures"`
	Referrers    []ListedReferrer `json:"referrers"`
	Bytes        int64            `json:"bytes"`
	Pushed       *time.Time       `json:"pushed"`
	Created      *time.Time       `json:"created"`
}

// ListedReferrer is a listing.Referrer under the contract's names.
type ListedReferrer struct {
	Tag          string        `json:"tag"`
	Digest       digest.Digest `json:"digest"`
	Kind         string        `json:"kind"`
	ArtifactType string        `json:"artifact_type"`
	Subject      digest.Digest `json:"subject"`
}

// ListingOf puts repositories and manifests into a document, neither nil.
func ListingOf(repositories []listing.Repository, manifests []listing.Manifest) *Listing {
	l := &Listing{Repositories: make([]ListedRepository, len(repositories)), Tags: make([]ListedManifest, len(manifests))}
	for i, r := range repositories {
		l.Repositories[i] = ListedRepository{r.Name, r.Tags, r.Revisions, r.Untagged, r.Bytes, when(r.Pushed)}
	}
	for i, m := range manifests {
		l.Tags[i] = ListedManifest{
			Repository: m.Repository, Tag: m.Tag, Digest: m.Digest, Kind: m.Kind, ArtifactType: m.Artifact,
			Platforms: append([]string{}, m.Platforms...), Subject: m.Subject, Signatures: signatures(m.Referrers),
			Referrers: make([]ListedReferrer, len(m.Referrers)), Bytes: m.Bytes, Pushed: when(m.Pushed), Created: when(m.Created),
		}
		for n, r := range m.Referrers {
			l.Tags[i].Referrers[n] = ListedReferrer{r.Tag, r.Digest, r.Purpose, r.Artifact, r.Subject}
		}
	}
	return l
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// purposes counts manifests, lists of referrers apart: each once, whatever tags it
// has.
func purposes(referrers []listing.Referrer) map[string]int64 {
	counts, met := map[string]int64{}, map[digest.Digest]bool{}
	for _, r := range referrers {
		if r.Purpose != listing.Index && !met[r.Digest] {
			met[r.Digest] = true
			counts[r.Purpose]++
		}
	}
	return counts
}

func signatures(referrers []listing.Referrer) (n int64) {
	for _, count := range purposes(referrers) {
		n += count
	}
	return n
}
