package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
)

// versions are the tags of one repository that clean_old_versions may delete.
type versions struct {
	repository *inventory.Repository
	versions   []datedTag
	dated      bool
}

type datedTag struct {
	tag      string
	manifest inventory.ID
	created  time.Time // as far as it has been asked for, in whole seconds
}

// date finds out when the images of all versions were created. Those of which
// nobody knows it stay, and that is said.
func (s *session) date(ctx context.Context, inv *inventory.Inventory, lists []*versions) error {
	var ids []inventory.ID
	for _, list := range lists {
		for _, v := range list.versions {
			if !list.dated {
				ids = append(ids, v.manifest)
			}
		}
	}
	created, err := inv.Created(ctx, s.root, ids, s.Jobs)
	if err != nil {
		return err
	}
	for _, list := range lists {
		if !list.dated {
			list.date(created, func(v datedTag) {
				s.voice.Warn(fmt.Sprintf("%s:%s stays: when its image was created is not known", list.repository.Name, v.tag))
				s.code = exitInDoubt
			})
		}
	}
	return nil
}

func (l *versions) date(created map[inventory.ID]inventory.Created, unknown func(datedTag)) {
	l.dated = true
	l.versions = slices.DeleteFunc(l.versions, func(v datedTag) bool {
		images := created[v.manifest]
		known := images.Err == nil && !images.Time.IsZero()
		if !known {
			unknown(v)
		}
		return !known
	})
	for i := range l.versions {
		l.versions[i].created = created[l.versions[i].manifest].Time.UTC().Truncate(time.Second)
	}
}

// sort puts the versions that are to be kept last.
func (l *versions) sort(byDate bool) {
	slices.SortStableFunc(l.versions, func(a, b datedTag) int {
		if byDate {
			return a.created.Compare(b.created)
		}
		return slices.CompareFunc(numbers(a.tag), numbers(b.tag), compareNumbers)
	})
}

// numbers are what the script takes a tag for: numbers between dots, every other
// character a 9.
func numbers(tag string) []string {
	digits := strings.Map(func(r rune) rune {
		if r == '.' || r >= '0' && r <= '9' {
			return r
		}
		return '9'
	}, tag)
	return strings.FieldsFunc(digits, func(r rune) bool { return r == '.' })
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// keepLast leaves out the last n, which stay.
func (l *versions) keepLast(n int) {
	l.versions = l.versions[:len(l.versions)-min(n, len(l.versions))]
}

// requests name the versions or, where no other tag is there, the repository.
func (l *versions) requests() (requests []plan.Request) {
	if n := len(l.versions); n > 0 && n == len(l.repository.Tags) {
		return []plan.Request{{Repository: l.repository.Name}}
	}
	for _, v := range l.versions {
		requests = append(requests, withPast(l.repository.Name, v.tag))
	}
	return requests
}
