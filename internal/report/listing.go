package report

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

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
	Repository string     `json:"repository"`
	Tag        string     `json:"tag"`
	Digest     string     `json:"digest"`
	Kind       string     `json:"kind"`
	Signatures int        `json:"signatures"`
	Bytes      int64      `json:"bytes"`
	Pushed     *time.Time `json:"pushed"`
	Created    *time.Time `json:"created"`
}

// ListingOf puts repositories and manifests into a document, neither nil.
func ListingOf(repositories []listing.Repository, manifests []listing.Manifest) *Listing {
	l := &Listing{Repositories: make([]ListedRepository, len(repositories)), Tags: make([]ListedManifest, len(manifests))}
	for i, r := range repositories {
		l.Repositories[i] = ListedRepository{r.Name, r.Tags, r.Revisions, r.Untagged, r.Bytes, when(r.Pushed)}
	}
	for i, m := range manifests {
		l.Tags[i] = ListedManifest{m.Repository, m.Tag, m.Digest.String(), m.Kind, m.Referrers, m.Bytes, when(m.Pushed), when(m.Created)}
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

// ListRepositories writes a table of repositories.
func ListRepositories(w io.Writer, paint Paint, list []ListedRepository, now time.Time) {
	paint.table(w, 0, func(w io.Writer) {
		fmt.Fprintf(w, "REPOSITORY\tTAGS\tUNTAGGED\tSIZE\tPUSHED\n")
		for _, r := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(r.Name), Count(int64(r.Tags)), Count(int64(r.Untagged)), Size(r.Bytes), ago(r.Pushed, now))
		}
	})
}

// ListManifests writes a table of tags; digests are cut short unless full.
func ListManifests(w io.Writer, paint Paint, list []ListedManifest, now time.Time, full bool) {
	paint.table(w, 0, func(w io.Writer) {
		fmt.Fprintf(w, "NAME\tDIGEST\tKIND\tSIZE\tPUSHED\tCREATED\n")
		for _, m := range list {
			name := m.Repository + ":" + m.Tag
			if m.Tag == "" {
				name = m.Repository + " (untagged)"
			}
			kind := m.Kind
			if m.Signatures > 0 {
				kind += " + " + Some(int64(m.Signatures), "signature")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(name), digestText(m.Digest, full), kind, Size(m.Bytes), ago(m.Pushed, now), ago(m.Created, now))
		}
	})
}

func digestText(d string, full bool) string {
	short := len("sha256:") + 12
	switch {
	case d == "":
		return "-"
	case !full && len(d) > short:
		return d[:short]
	}
	return d
}

func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return humanize.RelTime(*t, now, "ago", "from now")
}
