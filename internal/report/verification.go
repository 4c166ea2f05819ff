package report

import (
	"fmt"

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
		return fmt.Sprintf("%s%s can be pulled, and of %s without tags not all, %s", early, tags, Some(int64(v.ManifestsChecked), "manifest"), v.kinds())
	}
	return fmt.Sprintf("%s%s of %s cannot be pulled, %s", early, Count(int64(v.TagsDamaged)), tags, v.kinds())
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
