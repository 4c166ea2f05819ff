package usage

import (
	"time"

	"regjanitor/internal/inventory"
	"regjanitor/internal/listing"
	"regjanitor/internal/plan"
)

// repositories are the rows by repository.
func (t *tally) repositories() []Row {
	rows := make([]Row, len(t.inv.Repositories))
	for r, listed := range listing.Repositories(t.inv) {
		rows[r] = Row{Kind: Repository, Repository: listed.Name, Tags: listed.Tags, Untagged: listed.Untagged, Pushed: listed.Pushed}
		t.files(t.linked(r), func(file int32) { t.owners.add(file, r) })
		rows[r].Shared = t.files(t.keptBy(r), func(file int32) { t.keepers.add(file, r) })
	}
	t.settle(rows)
	return rows
}

// keptBy is where the blobs are that a repository keeps.
func (t *tally) keptBy(r int) []int32 {
	t.enter(r)
	if t.pinned(r) || t.sweep == nil {
		return t.everything()
	}
	var from []ID
	for _, tag := range t.inv.Repositories[r].Tags {
		from = append(from, roots(tag)...)
	}
	return t.reach(append(from, t.rootless(r)...)...)
}

// rootless are the revisions of a repository without a directory of tags, which it
// may have lost: they stay by themselves.
func (t *tally) rootless(r int) (ids []ID) {
	repo := t.inv.Repositories[r]
	if repo.HasTags {
		return nil
	}
	for _, revision := range repo.Revisions {
		ids = append(ids, revision.Digest)
	}
	return ids
}

// tags are the rows by tag: one for those of a repository that point to the same, for
// only all of them together let it go. What is about another manifest, as a signature is, counts
// with the tags of that.
func (t *tally) tags() []Row {
	var rows []Row
	for r, repo := range t.inv.Repositories {
		t.files(t.linked(r), func(file int32) { t.owners.add(file, r) })
		for _, group := range t.groups(r) {
			from := len(rows)
			for _, tags := range t.together(group.tags) {
				rows = append(rows, t.tagRow(repo, tags))
			}
			bytes := t.files(t.reach(group.roots...), func(file int32) {
				t.keepers.add(file, from)
				t.keepers.add(file, len(rows)-1)
			})
			for i := range rows[from:] {
				rows[from+i].Shared = bytes
			}
		}
		t.holdRest(r)
	}
	t.settle(rows)
	return rows
}

// together are the tags of a group that have one row. One that is about something, and
// is here because it keeps that itself, has its own: it may go with other tags.
func (t *tally) together(group []*inventory.Tag) (rows [][]*inventory.Tag) {
	var plain []*inventory.Tag
	for _, tag := range group {
		if len(group) > 1 && len(plan.Subjects(t.inv, tag)) > 0 {
			rows = append(rows, []*inventory.Tag{tag})
		} else {
			plain = append(plain, tag)
		}
	}
	if len(plain) > 0 {
		rows = append(rows, plain)
	}
	return rows
}

// tagRow is named by the first of its tags, and as new as the newest.
func (t *tally) tagRow(repo *inventory.Repository, tags []*inventory.Tag) Row {
	row := Row{Kind: Tag, Repository: repo.Name, Tag: tags[0].Name, Tags: len(tags)}
	for _, tag := range tags[1:] {
		row.Aliases = append(row.Aliases, tag.Name)
	}
	for _, tag := range tags {
		if !tag.Current.Points() {
			continue
		}
		row.Digest = t.inv.Digests.Digest(tag.Current.Target)
		if pushed := time.Unix(0, tag.Current.Stamp.MTime); pushed.After(row.Pushed) {
			row.Pushed = pushed
		}
	}
	return row
}

// holdRest holds what a repository keeps whatever becomes of its tags.
func (t *tally) holdRest(r int) {
	places := t.reach(t.rootless(r)...)
	if t.pinned(r) {
		places = t.everything()
	}
	t.files(places, t.hold)
}

// settle gives every file to a row.
func (t *tally) settle(rows []Row) {
	for place, blob := range t.inv.Blobs {
		file := int32(place)
		if t.file(file) != file {
			continue
		}
		keeper, owner := t.keepers[file], t.owners[file]
		switch {
		case t.freed[file] && owner == 0:
			t.add(Orphans, blob.Disk, blob.Disk)
		case t.freed[file] && owner != several && t.opts.By != "tag":
			rows[owner-1].Reclaimable += blob.Disk
		case t.freed[file]:
			t.add(Garbage, blob.Disk, blob.Disk)
		case t.held[file] || keeper == 0:
			t.add(Kept, blob.Disk, 0)
		case keeper == several:
			t.add(Shared, blob.Disk, 0)
		default:
			rows[keeper-1].Exclusive += blob.Disk
			rows[keeper-1].Shared -= blob.Disk
		}
	}
	for i := range rows {
		rows[i].Bytes = rows[i].Exclusive + rows[i].Reclaimable
	}
}

// add adds to a row for what no single one keeps.
func (t *tally) add(kind string, bytes, reclaimable int64) {
	row := t.special[kind]
	if row == nil {
		row = &Row{Kind: kind}
		t.special[kind] = row
	}
	row.Bytes += bytes
	row.Reclaimable += reclaimable
}

// rest are the rows for what no single one keeps, with what is no blob.
func (t *tally) rest() (rows []Row) {
	for _, r := range t.inv.Repositories {
		for _, upload := range r.Uploads {
			t.add(Uploads, upload.Disk, 0)
		}
	}
	for _, leftover := range t.inv.Leftovers {
		t.add(Leftovers, leftover.Disk, 0)
	}
	t.add(Links, t.inv.Space.Links, 0)
	t.add(Other, t.inv.Space.Other, 0)
	if t.sweep != nil {
		for _, a := range t.sweep.Actions {
			_, disk := t.sweep.Weigh(a)
			switch a.Kind {
			case plan.Upload:
				t.add(Uploads, 0, disk)
			case plan.Leftover:
				t.add(Leftovers, 0, disk)
			}
		}
	}
	for _, kind := range []string{Others, Shared, Kept, Garbage, Orphans, Uploads, Leftovers, Links, Other} {
		if row := t.special[kind]; row != nil && (row.Bytes != 0 || row.Reclaimable != 0 || row.Tags != 0 || row.Repositories != 0) {
			rows = append(rows, *row)
		}
	}
	return rows
}
