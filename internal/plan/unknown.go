package plan

import (
	"fmt"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// unknown tells of named tags of which nobody can say what they need: they go,
// and it stays.
func (b *builder) unknown(n names) {
	for r, repo := range b.inv.Repositories {
		for i, tag := range repo.Tags {
			if !n.tags[ref{r, i}] && !n.whole[r] {
				continue
			}
			code, why := b.damage(tag)
			if code == "" {
				continue
			}
			b.plan.Doubts = append(b.plan.Doubts, graph.Doubt{
				Code: code, Repository: repo.Name, Path: layout.TagCurrent(repo.Name, tag.Name),
				Problem: "goes, and what only it needs may stay: " + why,
				Hint:    "when the tree is sound again, regjanitor sweep finds what is left",
			})
		}
	}
}

// damage is why it is not known what a tag needs, if that may be another time.
func (b *builder) damage(tag inventory.Tag) (code, why string) {
	if tag.Current.State == inventory.LinkUnreadable {
		return "link-unreadable", fmt.Sprintf("its link cannot be read: %v", tag.Current.Err)
	}
	if !tag.Current.Points() {
		return "", ""
	}
	switch m := b.inv.Manifest(tag.Current.Target); {
	case m == nil:
	case m.State == inventory.Unreadable:
		return "manifest-unreadable", fmt.Sprintf("its manifest cannot be read: %v", m.Err)
	case m.State == inventory.Corrupt:
		return "manifest-corrupt", "its manifest does not hash to its digest"
	}
	return "", ""
}
