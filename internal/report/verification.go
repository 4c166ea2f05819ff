package report

import (
	"fmt"
	"io"
	"strings"

	"regjanitor/internal/verify"
)

// Verification is the JSON document of verify.
type Verification struct {
	Header
	RepositoriesChecked int      `json:"repositories_checked"`
	TagsChecked         int      `json:"tags_checked"`
	TagsDamaged         int      `json:"tags_damaged"`
	ManifestsChecked    int      `json:"manifests_checked"` // by digest, of repositories that were never given tags
	ReadData            bool     `json:"read_data"`
	Subset              *Subset  `json:"subset"` // null where all data was to be read, or none
	BlobsRead           int      `json:"blobs_read"`
	BytesRead           int64    `json:"bytes_read"`
	Complete            bool     `json:"complete"` // nothing ended it early
	Damage              []Damage `json:"damage"`

	Looked bool `json:"-"` // there is a verdict
}

// Subset is the part of the data that a run reads.
type Subset struct {
	Part uint32 `json:"part"`
	Of   uint32 `json:"of"`
}

// Damage is a verify.Damage under the contract's names.
type Damage struct {
	Code       string   `json:"code"`
	Repository string   `json:"repository"`
	Tags       []string `json:"tags"`
	Digest     string   `json:"digest"`
	Path       string   `json:"path"`
	Detail     string   `json:"detail"`
	Hint       string   `json:"hint"`
}

// NewVerification is a document of which nothing is known yet.
func NewVerification() *Verification { return &Verification{Damage: []Damage{}} }

// Find fills in what was found.
func (v *Verification) Find(damage []verify.Damage) {
	type tag struct{ repository, name string }
	hit := map[tag]bool{}
	v.Looked, v.Damage = true, make([]Damage, len(damage))
	for i, d := range damage {
		v.Damage[i] = Damage{string(d.Code), d.Repository, append([]string{}, d.Tags...), d.Digest.String(), d.Path, d.Detail, d.Hint}
		for _, name := range d.Tags {
			hit[tag{d.Repository, name}] = true
		}
	}
	v.TagsDamaged = len(hit)
}

// ListDamage writes what is damaged, by repository.
func ListDamage(w io.Writer, paint Paint, v *Verification, all bool) {
	for i, d := range v.Damage {
		if i == 0 || v.Damage[i-1].Repository != d.Repository {
			fmt.Fprintf(w, "%s\n", paint.bold(printable(d.Repository)))
		}
		fmt.Fprintf(w, "  %s  %s\n", paint.red(d.Code), tagsText(d, all))
		fmt.Fprintf(w, "    %s: %s\n", place(&v.Header, d.Path), printable(d.Detail))
		fmt.Fprintf(w, "    hint: %s\n", printable(d.Hint))
		if i == len(v.Damage)-1 || v.Damage[i+1].Repository != d.Repository {
			fmt.Fprintln(w)
		}
	}
}

// Damage says on stderr what is damaged, for who wants no list of it on stdout.
func (v Voice) Damage(doc *Verification, all bool) {
	if !v.JSON {
		ListDamage(v.W, v.Paint, doc, all)
		return
	}
	for _, d := range doc.Damage {
		v.object(levelError, d.Detail, map[string]any{"code": d.Code, "repository": d.Repository, "tags": d.Tags, "digest": d.Digest,
			"path": place(&doc.Header, d.Path), "hint": d.Hint})
	}
}

// tagsText is the tags that damage hits, the first of them unless all.
func tagsText(d Damage, all bool) string {
	const most = 8
	if len(d.Tags) == 0 {
		return "by digest"
	}
	names := d.Tags
	if !all && len(names) > most+1 {
		names = names[:most]
	}
	text := printable(strings.Join(names, ", "))
	if more := len(d.Tags) - len(names); more > 0 {
		text += fmt.Sprintf(" and %s more", Count(int64(more)))
	}
	return text
}

// VerifyLine is the verdict.
func VerifyLine(v *Verification) string {
	return "verify: " + v.pulls() + "; " + v.data() + v.besides()
}

// pulls says what can be pulled.
func (v *Verification) pulls() string {
	tags, where := Some(int64(v.TagsChecked), "tag"), Some(int64(v.RepositoriesChecked), "repository")
	if v.RepositoriesChecked != 1 {
		where = Count(int64(v.RepositoriesChecked)) + " repositories"
	}
	untagged := ""
	if v.ManifestsChecked > 0 {
		untagged = fmt.Sprintf(" and %s without tags", Some(int64(v.ManifestsChecked), "manifest"))
	}
	early := ""
	if !v.Complete {
		early = "ended early, and so far "
	}
	switch {
	case len(v.Damage) == 0:
		line := fmt.Sprintf("%s%s%s in %s can be pulled", early, tags, untagged, where)
		if len(v.Doubts) > 0 {
			line += " as far as could be seen"
		}
		return line
	case v.TagsDamaged == 0:
		return fmt.Sprintf("%s%s can be pulled, and of %s without tags not all: %s", early, tags, Some(int64(v.ManifestsChecked), "manifest"), v.kinds())
	}
	return fmt.Sprintf("%s%s of %s cannot be pulled: %s", early, Count(int64(v.TagsDamaged)), tags, v.kinds())
}

// kinds counts the damage by its codes.
func (v *Verification) kinds() string {
	var words []string
	for _, code := range verify.Codes {
		if n := v.Count(code); n > 0 {
			words = append(words, fmt.Sprintf("%s %s", Count(int64(n)), code))
		}
	}
	return strings.Join(words, ", ")
}

// Count is how much of the damage is of a code.
func (v *Verification) Count(code verify.Code) (n int) {
	for _, d := range v.Damage {
		if d.Code == string(code) {
			n++
		}
	}
	return n
}

// data says what was read.
func (v *Verification) data() string {
	if !v.ReadData {
		return "sizes were compared, data was not read (--read-data)"
	}
	text := fmt.Sprintf("%s of data read, %s", Some(int64(v.BlobsRead), "blob"), Size(v.BytesRead))
	if v.Subset != nil {
		text += fmt.Sprintf(", part %d of %d", v.Subset.Part, v.Subset.Of)
	}
	return text
}

func (v *Verification) besides() string {
	text := "; took " + took(v.DurationSeconds).String()
	if len(v.Doubts) > 0 {
		text += "; " + Some(int64(len(v.Doubts)), "thing") + " could not be looked at"
	}
	return text
}
