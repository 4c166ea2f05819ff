package report

import (
	"fmt"
	"io"
	"text/tabwriter"
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
func ListRepositories(w io.Writer, list []ListedRepository, now time.Time) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer tw.Flush()
	fmt.Fprintf(tw, "REPOSITORY\tTAGS\tUNTAGGED\tSIZE\tPUSHED\n")
	for _, r := range list {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", printable(r.Name), Count(int64(r.Tags)), Count(int64(r.Untagged)), Size(r.Bytes), ago(r.Pushed, now))
	}
}

// ListManifests writes a table of tags; digests are cut short unless full.
func ListManifests(w io.Writer, list []ListedManifest, now time.Time, full bool) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer tw.Flush()
	fmt.Fprintf(tw, "NAME\tDIGEST\tKIND\tSIZE\tPUSHED\tCREATED\n")
	for _, m := range list {
		name := m.Repository + ":" + m.Tag
		if m.Tag == "" {
			name = m.Repository + " (untagged)"
		}
		d := m.Digest
		if short := len("sha256:") + 12; !full && len(d) > short {
			d = d[:short]
		}
		kind := m.Kind
		if m.Signatures > 0 {
			kind += fmt.Sprintf(" + %d signatures", m.Signatures)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(name), d, kind, Size(m.Bytes), ago(m.Pushed, now), ago(m.Created, now))
	}
}

func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return humanize.RelTime(*t, now, "ago", "from now")
}
