package plan

import (
	"fmt"
	"time"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/retention"
)

// Verdict is what becomes of one tag, and why.
type Verdict struct {
	Repository, Tag int32 // places in the inventory
	retention.Verdict
}

// Reasons for a verdict beside those of the policy's own rules.
const (
	attached retention.ReasonCode = "attached" // it is about another manifest, and stays or goes with that
	orphaned retention.ReasonCode = "orphaned" // what it was about is gone
	pinned   retention.ReasonCode = "pinned"   // its repository is kept in doubt
	young    retention.ReasonCode = "young"    // --min-age keeps it
)

// untag dooms the tags that a sweep takes away: those that the policy drops, and
// then those that are about manifests which go with them. Mark marks what stays
// without the doomed tags.
func (b *builder) untag(mark func() *graph.Graph) {
	before := b.plan.Graph
	referring := make([]map[int][]int, len(b.inv.Repositories))
	for r := range referring {
		if b.scope[r] {
			referring[r] = referringTags(b.inv, r)
		}
	}
	if b.opts.Policy != nil {
		b.judge(referring)
	}
	if len(b.doomedTags) > 0 {
		b.plan.Graph = mark()
	}
	for round := uint16(1); round <= mostRounds && b.fall(before, referring, round); round++ {
		b.plan.Graph = mark()
	}
	b.orphans(referring)
}

// judge has the policy judge the tags of every repository in scope.
func (b *builder) judge(referring []map[int][]int) {
	of := map[string]struct{ tags, versionless int }{} // by rule
	for r, repo := range b.inv.Repositories {
		if !b.scope[r] {
			continue
		}
		b.verdicts[r] = len(b.plan.Verdicts)
		b.doubtTimes(repo, b.judgeRepository(r, referring[r]))
		for _, v := range b.plan.Verdicts[b.verdicts[r]:] {
			n := of[v.Rule]
			n.tags++
			if !v.Keep {
				b.doomedTags[ref{r, int(v.Tag)}] = Policy
			}
			switch v.Reasons[0].Code {
			case retention.NotSemver:
				n.versionless++
			case retention.Undated:
				b.doubtCreated(repo, &repo.Tags[v.Tag])
			}
			of[v.Rule] = n
		}
	}
	for _, rule := range b.opts.Policy.Rules {
		switch n := of[rule.Name]; {
		case n.tags == 0 && len(b.opts.Scope) == 0:
			b.warn("rule-unused", "", rule.Name, "a rule of the policy that no tag belongs to")
		case n.versionless > 0:
			b.warn("no-version", "", rule.Name, fmt.Sprintf("tags of this rule that are no versions X.Y.Z, and stay: %d of %d", n.versionless, n.tags))
		}
	}
}

// doubtTimes tells of rules that drop nothing of a repository, for its push times
// are not to be believed.
func (b *builder) doubtTimes(repo *inventory.Repository, rules []string) {
	for _, rule := range rules {
		b.plan.Doubts = append(b.plan.Doubts, graph.Doubt{
			Code: "times-flattened", Repository: repo.Name, Path: layout.Repository(repo.Name) + "/" + layout.Tags,
			Problem: fmt.Sprintf("nearly all tags bear the same time, as after a copy that did not keep it, so that rule %s drops none", rule),
			Hint:    "if these are the times of the pushes indeed, say trust_mtime: true in that rule",
		})
	}
}

// judgeRepository notes a verdict on each tag. What is about another manifest is
// none of the policy's business.
func (b *builder) judgeRepository(r int, referring map[int][]int) (flattened []string) {
	repo := b.inv.Repositories[r]
	pullable := pullable(repo)
	var tags []retention.Tag
	var places []int // of these among the verdicts
	judged := func(tag retention.Tag) {
		tags, places = append(tags, tag), append(places, len(b.plan.Verdicts))
	}
	for i, tag := range repo.Tags {
		v := Verdict{Repository: int32(r), Tag: int32(i)}
		pushed := time.Unix(0, tag.Current.Stamp.MTime).UTC()
		_, about := referring[i]
		switch {
		case !pullable[i]:
			judged(retention.Tag{Name: tag.Name, Broken: true})
		case about:
			v.Verdict = kept(attached, "stays as long as what it is about")
			v.Time = pushed
		default:
			created := b.opts.Created[tag.Current.Target]
			judged(retention.Tag{Name: tag.Name, Pushed: pushed, Created: created.Time, Undated: b.undated(created)})
		}
		b.plan.Verdicts = append(b.plan.Verdicts, v)
	}
	verdicts, flattened := b.opts.Policy.Judge(repo.Name, tags, b.opts.Now)
	for n, v := range verdicts {
		b.plan.Verdicts[places[n]].Verdict = v
	}
	b.overrule(b.plan.Verdicts[b.verdicts[r]:])
	return flattened
}

// undated tells that nobody knows when an image was created, and somebody should.
// What a cache has not fetched is no damage.
func (b *builder) undated(c inventory.Created) bool {
	return c.Err != nil && !(b.opts.Proxy && c.Gone)
}

func (b *builder) doubtCreated(repo *inventory.Repository, tag *inventory.Tag) {
	c := b.opts.Created[tag.Current.Target]
	b.plan.Doubts = append(b.plan.Doubts, graph.Doubt{
		Code: "created-unknown", Repository: repo.Name, Path: c.Path,
		Problem: fmt.Sprintf("%s:%s stays, for nobody knows when its image was created: %v", repo.Name, tag.Name, c.Err),
		Hint:    "push the image again, or remove the tag: regjanitor rm " + repo.Name + ":" + tag.Name,
	})
}

func kept(code retention.ReasonCode, detail string) retention.Verdict {
	return retention.Verdict{Keep: true, Reasons: []retention.Reason{{Code: code, Detail: detail}}}
}

// overrule keeps what a policy would drop where the run may not.
func (b *builder) overrule(verdicts []Verdict) {
	for i := range verdicts {
		v := &verdicts[i]
		if v.Keep {
			continue
		}
		tag := &b.inv.Repositories[v.Repository].Tags[v.Tag]
		var reason retention.Reason
		switch {
		case b.plan.Graph.Repositories[v.Repository].Pinned:
			reason = retention.Reason{Code: pinned, Detail: "its repository is kept in doubt"}
		case b.opts.young(tag.Current.Stamp.MTime, b.opts.MinAge):
			reason = retention.Reason{Code: young, Detail: "younger than --min-age"}
		default:
			continue
		}
		v.Keep, v.Reasons = true, []retention.Reason{reason}
	}
}

// pullable tells of each of a repository's tags whether it points to a manifest
// that the repository links.
func pullable(repo *inventory.Repository) []bool {
	linked := map[inventory.ID]bool{}
	for _, tag := range repo.Tags {
		if tag.Current.Points() {
			linked[tag.Current.Target] = false
		}
	}
	note := func(id inventory.ID) {
		if _, wanted := linked[id]; wanted {
			linked[id] = true
		}
	}
	for _, revision := range repo.Revisions {
		note(revision.Digest)
	}
	for _, layer := range repo.Layers {
		note(layer.Digest)
	}
	list := make([]bool, len(repo.Tags))
	for i, tag := range repo.Tags {
		list[i] = tag.Current.Points() && linked[tag.Current.Target]
	}
	return list
}
