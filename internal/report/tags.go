package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"regjanitor/internal/listing"
)

// ListRepositories writes a table of repositories.
func ListRepositories(w io.Writer, paint Paint, list []listing.Repository, now time.Time) {
	paint.table(w, 0, func(w io.Writer) {
		fmt.Fprintf(w, "REPOSITORY\tTAGS\tUNTAGGED\tSIZE\tPUSHED\n")
		for _, r := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(r.Name), Count(int64(r.Tags)), Count(int64(r.Untagged)), Size(r.Bytes), ago(when(r.Pushed), now))
		}
	})
}

// Look is how manifests are shown: with digests in full, with all platforms and
// with what is beneath them.
type Look struct {
	Now              time.Time
	Digests, Beneath bool
}

// ListManifests writes a table of tags.
func ListManifests(w io.Writer, paint Paint, rows []listing.Row, look Look) {
	paint.table(w, 0, func(w io.Writer) {
		fmt.Fprintf(w, "NAME\tDIGEST\tKIND\tPLATFORM\tSIZE\tPUSHED\tCREATED\n")
		for _, row := range rows {
			look.line(w, "", &row.Manifest)
			if !look.Beneath {
				continue
			}
			for _, m := range row.Beneath {
				look.line(w, "  ", &m)
			}
		}
	})
}

func (l Look) line(w io.Writer, indent string, m *listing.Manifest) {
	tag := m.Tag
	if !l.Digests {
		tag = shortened(tag)
	}
	name := m.Repository + ":" + tag
	if m.Tag == "" {
		name = m.Repository + " (untagged)"
	}
	fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\t%s\t%s\n", indent, printable(name), digestText(m.Digest.String(), l.Digests), kind(m),
		l.platforms(m.Platforms), Size(m.Bytes), ago(when(m.Pushed), l.Now), ago(when(m.Created), l.Now))
}

// kind says too what is about a manifest, and of what is about another what it is
// to that.
func kind(m *listing.Manifest) string {
	text := m.Kind
	switch m.Purpose {
	case "", listing.Index, listing.Referring:
	default:
		text = m.Purpose
	}
	if about := about(m.Referrers); about != "" {
		text += " + " + about
	}
	return printable(text)
}

func about(referrers []listing.Referrer) string {
	var parts []string
	counts := purposes(referrers)
	for _, purpose := range []string{"signature", "attestation", "sbom", listing.Referring} {
		if n := counts[purpose]; n > 0 {
			parts = append(parts, Some(n, purpose))
		}
	}
	return strings.Join(parts, ", ")
}

// platforms are the first few, unless there is to be everything.
func (l Look) platforms(list []string) string {
	const most = 3
	switch {
	case len(list) == 0:
		return "-"
	case len(list) > most && !l.Beneath:
		return printable(fmt.Sprintf("%s,+%d", strings.Join(list[:most-1], ","), len(list)-most+1))
	}
	return printable(strings.Join(list, ","))
}

// NameRepositories writes names alone, for scripts.
func NameRepositories(w io.Writer, list []listing.Repository) {
	for _, r := range list {
		fmt.Fprintln(w, printable(r.Name))
	}
}

// NameManifests writes names alone, as commands take them.
func NameManifests(w io.Writer, list []*listing.Manifest) {
	for _, m := range list {
		if m.Tag == "" {
			fmt.Fprintf(w, "%s@%s\n", printable(m.Repository), m.Digest)
			continue
		}
		fmt.Fprintf(w, "%s:%s\n", printable(m.Repository), printable(m.Tag))
	}
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
