package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/verify"
)

// damaged is one thing that is damaged, as people are told of it: a blob once,
// though it is damage in each repository that needs it.
type damaged struct {
	Damage
	repositories int
	names        []string // of tags, with their repositories if these are several
}

// causes are what is damaged, first what several repositories need, and then the
// rest in the order of the document.
func (v *Verification) causes() []*damaged {
	type cause struct{ code, path, hint string }
	met := map[cause]*damaged{}
	var shared, own []*damaged
	for _, d := range v.Damage {
		key := cause{d.Code, d.Path, d.Hint}
		one := met[key]
		if one == nil || !strings.HasPrefix(d.Path, layout.Blobs+"/") {
			one = &damaged{Damage: d}
			met[key] = one
			own = append(own, one)
		}
		one.repositories++
		one.add(d)
	}
	own = slices.DeleteFunc(own, func(d *damaged) bool {
		if d.repositories > 1 {
			shared = append(shared, d)
		}
		return d.repositories > 1
	})
	return append(shared, own...)
}

// add adds the tags of one more repository.
func (one *damaged) add(d Damage) {
	switch {
	case one.repositories == 1:
		one.names = slices.Clone(d.Tags)
		return
	case one.repositories == 2:
		one.names = inFull(one.Damage)
	}
	one.names = append(one.names, inFull(d)...)
}

// inFull are the tags with their repository.
func inFull(d Damage) (names []string) {
	for _, tag := range d.Tags {
		names = append(names, d.Repository+":"+tag)
	}
	if len(d.Tags) == 0 {
		names = []string{d.Repository + " by digest"}
	}
	return names
}

// heading is whose damage it is.
func (one *damaged) heading() string {
	if one.repositories > 1 {
		return "in several repositories"
	}
	return printable(one.Repository)
}

// ListDamage writes what is damaged: once what several repositories need, and then
// by repository.
func ListDamage(w io.Writer, paint Paint, v *Verification, all bool) {
	list := v.causes()
	for i, d := range list {
		if i == 0 || list[i-1].heading() != d.heading() {
			fmt.Fprintf(w, "%s\n", paint.bold(d.heading()))
		}
		fmt.Fprintf(w, "  %s  %s\n", paint.red(d.Code), d.tags(all))
		fmt.Fprintf(w, "    %s: %s\n", place(&v.Header, d.Path), printable(d.Detail))
		fmt.Fprintf(w, "    hint: %s\n", printable(d.Hint))
		if i == len(list)-1 || list[i+1].heading() != d.heading() {
			fmt.Fprintln(w)
		}
	}
}

// tags are those that damage hits, the first of them unless all.
func (one *damaged) tags(all bool) string {
	const most = 8
	if len(one.names) == 0 {
		return "by digest"
	}
	names := one.names
	if !all && len(names) > most+1 {
		names = names[:most]
	}
	text := printable(strings.Join(names, ", "))
	if more := len(one.names) - len(names); more > 0 {
		text += fmt.Sprintf(" and %s more", Count(int64(more)))
	}
	return text
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

// kinds counts the damage, as it is listed, by its codes.
func (v *Verification) kinds() string {
	count := map[string]int64{}
	list := v.causes()
	for _, d := range list {
		count[d.Code]++
	}
	var words []string
	for _, code := range verify.Codes {
		if n := count[string(code)]; n > 0 {
			words = append(words, fmt.Sprintf("%s %s", Count(n), code))
		}
	}
	return "from " + Some(int64(len(list)), "cause") + ": " + strings.Join(words, ", ")
}
