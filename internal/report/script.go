package report

import (
	"path"
	"slices"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
)

// script tells of a plan as burnettk's delete_docker_registry_image does: a line
// for each directory of a link or a blob. Of a repository that goes whole it tells
// of the blobs and of its own directory, and of a tag also of those entries in its
// history whose revisions go.
type script struct {
	inv    *inventory.Inventory
	prune  bool                   // what is left empty is what the run is about
	whole  map[string][]string    // repositories that go whole, and the paths that stand for them
	doomed map[revisionPlace]bool // revisions that go
}

type revisionPlace struct {
	repository int
	digest     inventory.ID
}

// ScriptLog is a log of a plan in the manner of burnettk's script.
func ScriptLog(l Log, p *plan.Plan, prune bool) *Log {
	s := &script{inv: p.Inventory, prune: prune, whole: map[string][]string{}, doomed: map[revisionPlace]bool{}}
	for _, named := range p.Named {
		if named.Tag == "" && named.Digest == "" {
			s.whole[named.Repository] = nil
		}
	}
	for _, a := range p.Actions {
		switch a.Kind {
		case plan.Revision:
			s.doomed[revisionPlace{int(a.Repository), s.inv.Repositories[a.Repository].Revisions[a.At].Digest}] = true
		case plan.Directory, plan.Repository:
			s.stand(p.Item(a))
		}
	}
	l.script = s
	return &l
}

// stand notes the directory of a repository that goes whole. Where that itself
// stays, for the sake of those below it, the ones directly in it stand for it.
// These come first among the actions.
func (s *script) stand(item plan.Item) {
	paths, whole := s.whole[item.Repository]
	switch own := layout.Repository(item.Repository); {
	case !whole:
	case item.Path == own:
		s.whole[item.Repository] = []string{own}
	case path.Dir(item.Path) == own:
		s.whole[item.Repository] = append(paths, item.Path)
	}
}

// would tells of an action that a dry run leaves undone.
func (s *script) would(l *Log, item plan.Item) {
	level := levelInfo
	if s.leftEmpty(item) && !s.prune {
		level = levelDebug
	}
	s.each(l, level, item, "DRY_RUN: would have deleted ", "")
}

// done tells of an action that was carried out. Failures are told at the end.
func (s *script) done(l *Log, item plan.Item, status sweep.Status) {
	switch {
	case !status.Gone():
	case s.leftEmpty(item):
		s.each(l, levelDebug, item, "Deleting empty directory '", "'")
	default:
		s.each(l, levelInfo, item, "Deleting ", "")
	}
}

// leftEmpty tells a directory that goes because nothing is left in it, and not
// with a repository that goes whole.
func (s *script) leftEmpty(item plan.Item) bool {
	_, whole := s.whole[item.Repository]
	return !whole && (item.Kind == plan.Directory || item.Kind == plan.Repository)
}

// each writes the lines that an action gives.
func (s *script) each(l *Log, level string, item plan.Item, verb, after string) {
	if level == levelDebug && !l.All {
		return
	}
	if stands, whole := s.whole[item.Repository]; whole && !slices.Contains(stands, item.Path) {
		return
	}
	if item.Kind == plan.Tag {
		for _, entry := range s.history(item) {
			l.line(level, plan.Item{Kind: plan.TagIndexEntry, Path: entry}, verb, after)
		}
	}
	l.line(level, item, verb, after)
}

// history are the entries of a tag's history whose revisions go too.
func (s *script) history(item plan.Item) (paths []string) {
	place, _ := s.inv.Find(item.Repository)
	repo := s.inv.Repositories[place]
	at, found := repo.FindTag(item.Tag)
	if !found {
		return nil
	}
	for _, entry := range repo.Tags[at].History {
		if s.doomed[revisionPlace{place, entry.Digest}] {
			paths = append(paths, layout.TagIndexEntry(item.Repository, item.Tag, s.inv.Digests.Digest(entry.Digest)))
		}
	}
	return paths
}
