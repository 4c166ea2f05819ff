package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
)

// finish turns the gathered actions into a plan: in order, with the directories
// that they empty, counted and checked.
func (b *builder) finish() (*Plan, error) {
	p := b.plan
	b.levels()
	b.directories()
	p.sort()
	p.shareLinks()
	p.Found = found(b.inv)
	for _, a := range p.Actions {
		p.Count(&p.Planned, a)
	}
	b.remarks()
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, b.fuse()
}

// sort puts the actions in the order of removal. They were gathered in order but
// for the kinds, which are mixed.
func (p *Plan) sort() {
	var starts [Repository + 2]int
	for _, a := range p.Actions {
		starts[a.Kind.stage()+1]++
	}
	for kind := range Repository + 1 {
		starts[kind+1] += starts[kind]
	}
	sorted, next := make([]Action, len(p.Actions)), starts
	for _, a := range p.Actions {
		kind := a.Kind.stage()
		sorted[next[kind]] = a
		next[kind]++
	}
	for kind := range Repository + 1 {
		if stage := sorted[starts[kind]:starts[kind+1]]; !slices.IsSortedFunc(stage, inOrder) {
			slices.SortFunc(stage, inOrder)
		}
	}
	p.Actions = sorted
}

// inOrder is the order of removal within a stage.
func inOrder(a, b Action) int {
	switch {
	case a.Level != b.Level:
		return int(a.Level) - int(b.Level)
	case a.Repository != b.Repository:
		return int(a.Repository - b.Repository)
	case a.At != b.At:
		return int(a.At - b.At)
	}
	return int(a.Entry - b.Entry)
}

// stage is the kind, with both kinds of directories as one.
func (k Kind) stage() Kind {
	if k == Repository {
		return Directory
	}
	return k
}

// Stages cuts the actions where everything before has to be over first.
func (p *Plan) Stages() [][]Action {
	var stages [][]Action
	from := 0
	for i := 1; i <= len(p.Actions); i++ {
		if i == len(p.Actions) || p.Actions[i].Kind.stage() != p.Actions[from].Kind.stage() || p.Actions[i].Level != p.Actions[from].Level {
			stages = append(stages, p.Actions[from:i])
			from = i
		}
	}
	return stages
}

// shareLinks finds what the blobs that have several names free: nothing before
// the last name goes, and with that one all of it.
func (p *Plan) shareLinks() {
	names := map[uint64]uint32{}
	for _, a := range p.Actions {
		if a.Kind != Blob {
			continue
		}
		blob := p.Inventory.Blobs[a.At]
		if blob.Links < 2 {
			continue
		}
		if p.disk == nil {
			p.disk = map[int32]int64{}
		}
		names[blob.Stamp.Inode]++
		p.disk[a.At] = 0
		if names[blob.Stamp.Inode] == blob.Links {
			p.disk[a.At] = blob.Disk
		}
	}
}

func found(inv *inventory.Inventory) Totals {
	var t Totals
	t.Directories = int64(len(inv.Folders))
	t.Repositories, t.Blobs, t.Leftovers = int64(len(inv.Repositories)), int64(len(inv.Blobs)), int64(len(inv.Leftovers))
	for _, r := range inv.Repositories {
		t.Tags += int64(len(r.Tags))
		t.Revisions += int64(len(r.Revisions))
		t.LayerLinks += int64(len(r.Layers))
		t.Uploads += int64(len(r.Uploads))
		t.Leftovers += int64(len(r.Discarded))
		for _, tag := range r.Tags {
			t.TagIndexEntries += int64(len(tag.History))
		}
		for _, upload := range r.Uploads {
			t.Bytes += upload.Bytes
			t.DiskBytes += upload.Disk
		}
	}
	counted := map[uint64]bool{}
	for _, blob := range inv.Blobs {
		t.Bytes += blob.Stamp.Size
		if blob.Links > 1 {
			if counted[blob.Stamp.Inode] {
				continue
			}
			counted[blob.Stamp.Inode] = true
		}
		t.DiskBytes += blob.Disk
	}
	for _, leftover := range inv.Leftovers {
		t.Bytes += leftover.Stamp.Size
		t.DiskBytes += leftover.Disk
	}
	return t
}

// fuse refuses a plan that removes more than the user allows. Who names tags has
// counted them.
func (b *builder) fuse() error {
	planned, found := b.plan.Planned, b.plan.Found
	if most := b.opts.MaxDeletePercent; exceeds(planned.Bytes, found.Bytes, most) {
		return refusal.New("max-delete", "look at the plan with --dry-run; if it is right, raise --max-delete",
			"the plan removes %.1f%% of all bytes, and --max-delete allows %g%%", percent(planned.Bytes, found.Bytes), most)
	}
	if most := b.opts.MaxTagsPercent; len(b.opts.Requests) == 0 && exceeds(planned.Tags, found.Tags, most) {
		return refusal.New("max-delete-tags", "look at the verdicts with regjanitor retention explain; if they are right, raise --max-delete-tags",
			"the plan removes %.1f%% of all tags, and --max-delete-tags allows %g%%", percent(planned.Tags, found.Tags), most)
	}
	return nil
}

// exceeds tells whether a share is more than the most percent; below 0 that is
// no limit.
func exceeds(part, whole int64, most float64) bool { return most >= 0 && percent(part, whole) > most }

func percent(part, whole int64) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// remarks gathers what a person should look at, of the repositories in scope.
func (b *builder) remarks() {
	p := b.plan
	p.Doubts = append(p.Doubts, p.Graph.Doubts...)
	p.Warnings = append(p.Warnings, p.Graph.Notices...)
	for _, odd := range b.inv.Oddities {
		if odd.Repository != "" && !b.opts.inScope(odd.Repository) {
			continue
		}
		d := graph.Doubt{Code: odd.Code, Repository: odd.Repository, Path: odd.Path, Problem: odd.Problem}
		if odd.Doubt {
			d.Hint = "it stays as it is; look at it, and remove it by hand if it is litter"
			p.Doubts = append(p.Doubts, d)
		} else {
			p.Warnings = append(p.Warnings, d)
		}
	}
	for _, r := range b.inv.Repositories {
		if !r.HasTags && len(r.Revisions) > 0 && b.opts.inScope(r.Name) {
			b.warn("no-tags-directory", r.Name, layout.Repository(r.Name),
				fmt.Sprintf("has revisions (%d) and no directory of tags, so they all stay; regjanitor rm %s removes it", len(r.Revisions), r.Name))
		}
	}
	byPath := func(a, b graph.Doubt) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Code, b.Code))
	}
	slices.SortStableFunc(p.Doubts, byPath)
	slices.SortStableFunc(p.Warnings, byPath)
}
