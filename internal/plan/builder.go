package plan

import (
	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
)

// builder gathers the actions of one plan.
type builder struct {
	inv   *inventory.Inventory
	opts  Options
	plan  *Plan
	ages  map[int]ages // by repository
	scope []bool       // by repository: may it be touched
	named *names       // what a removal is about; nil in a sweep
	// doomedTags go with their histories, for these reasons.
	doomedTags map[ref]Reason
	rounds     map[ref]uint16            // of those that are about what others keep: one more than theirs
	verdicts   map[int]int               // by repository: where its tags' verdicts begin
	keptBy     map[inventory.ID][]string // the lines of --keep-digests that name a digest
}

func newBuilder(inv *inventory.Inventory, opts Options) *builder {
	b := &builder{inv: inv, opts: opts, plan: &Plan{Inventory: inv, opts: opts}, ages: map[int]ages{}, doomedTags: map[ref]Reason{}, rounds: map[ref]uint16{}, verdicts: map[int]int{},
		keptBy: map[inventory.ID][]string{}}
	for _, r := range inv.Repositories {
		b.scope = append(b.scope, opts.inScope(r.Name))
	}
	return b
}

func (b *builder) add(kind Kind, reason Reason, repository, at, entry int) {
	b.plan.Actions = append(b.plan.Actions, Action{
		Kind: kind, Reason: reason, Repository: int32(repository), At: int32(at), Entry: int32(entry)})
}

func (b *builder) warn(code, repository, path, problem string) {
	b.plan.Warnings = append(b.plan.Warnings, graph.Doubt{Code: code, Repository: repository, Path: path, Problem: problem})
}

// dead is how many things nothing refers to, about as many as there will be
// actions: a slice that grew to that size would leave its own size behind.
func (b *builder) dead() int {
	n := len(b.inv.Folders) + len(b.doomedTags)
	for r, repo := range b.plan.Graph.Repositories {
		n += len(repo.Unneeded) + dead(repo.Revisions) + dead(repo.Layers) + len(b.inv.Repositories[r].Uploads)
	}
	for _, blob := range b.inv.Blobs {
		if !b.plan.Graph.Blob(blob.Digest).Live() {
			n++
		}
	}
	return n
}

func dead(links []graph.Via) (n int) {
	for _, via := range links {
		if !via.Live() {
			n++
		}
	}
	return n
}

// open tells whether links of a repository may go at all.
func (b *builder) open(r int) bool {
	return b.scope[r] && !b.plan.Graph.Repositories[r].Pinned
}
