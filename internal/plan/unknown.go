package plan

import (
	"errors"
	"fmt"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// unknown tells of links and manifests of the repositories that a removal is
// about which could not be read, so that nobody can say what they need: what is
// named goes, and that stays.
func (b *builder) unknown(n names) {
	told := map[string]bool{}
	for _, d := range b.plan.Graph.Doubts {
		told[d.Code+" "+d.Path] = true
	}
	for r, repo := range b.inv.Repositories {
		if !n.touches[r] {
			continue
		}
		tell := func(code, path string) {
			if told[code+" "+path] {
				return
			}
			told[code+" "+path] = true
			why := b.inv.Unread[path]
			if code == "manifest-corrupt" {
				why = errCorrupt
			}
			b.plan.Doubts = append(b.plan.Doubts, graph.Doubt{
				Code: code, Repository: repo.Name, Path: path,
				Problem: fmt.Sprintf("what only this needs may stay: %v", why),
				Hint:    "when it can be read again, regjanitor sweep finds what is left",
			})
		}
		for i, tag := range repo.Tags {
			if !n.tags[ref{r, i}] && !n.whole[r] {
				continue
			}
			if tag.Current.State == inventory.LinkUnreadable {
				tell("link-unreadable", layout.TagCurrent(repo.Name, tag.Name))
			} else if tag.Current.Points() {
				b.tellUnread(tag.Current.Target, tell)
			}
		}
		for _, revision := range repo.Revisions {
			if revision.Link.State == inventory.LinkUnreadable {
				tell("link-unreadable", layout.Revision(repo.Name, b.inv.Digests.Digest(revision.Digest))+"/"+layout.Link)
			}
			b.tellUnread(revision.Digest, tell)
		}
		for _, layer := range repo.Layers {
			if layer.Link == inventory.LinkUnreadable {
				tell("link-unreadable", layout.Layer(repo.Name, b.inv.Digests.Digest(layer.Digest))+"/"+layout.Link)
			}
		}
	}
}

// tellUnread tells of a manifest that the disk did not give as it was written.
func (b *builder) tellUnread(id inventory.ID, tell func(code, path string)) {
	m := b.inv.Manifest(id)
	if m == nil {
		return
	}
	path := layout.BlobData(b.inv.Digests.Digest(id))
	switch m.State {
	case inventory.Unreadable:
		tell("manifest-unreadable", path)
	case inventory.Corrupt:
		tell("manifest-corrupt", path)
	}
}

var errCorrupt = errors.New("the manifest does not hash to its digest")
