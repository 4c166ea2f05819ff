package inventory

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/progress"
	"regjanitor/internal/store"
)

// Options of a scan.
type Options struct {
	Jobs        int  // requests in flight at once, at least 1
	AllowMounts bool // the tree may span file systems
	// EveryLink: the link of every revision is read, and every layer link looked
	// at. Else, in a large tree, the links of revisions that no tag leads to are
	// only looked at and layer links are not: they are taken to say what their
	// directories' names say, for nobody can pull by them anything else.
	EveryLink bool
	// ForPulls: all that a pull goes by is read: with EveryLink the content of
	// every layer link too, and the sizes that manifests give.
	ForPulls bool
	// Began is when: what is written from then on the scan need not have seen.
	Began time.Time
	// LookInside is how many links and blobs a tree may have for each of their
	// directories to be looked into; 0 is the default, less than that none.
	LookInside int
	// HistoryTimes: when tags pointed where has to be known, for rules of age.
	HistoryTimes bool
	// Space: what lies beside the blobs is added up too.
	Space bool
	// Manifests are read besides those that the tree leads to.
	Manifests []digest.Digest
	Observe   func(progress.Event) // may be nil
}

// Scan takes the inventory of the tree whose v2 directory is root.
func Scan(ctx context.Context, root store.Dir, opts Options) (*Inventory, error) {
	s := &scan{root: root, top: &place{Dir: root}, opts: opts, texts: map[string]string{}, inv: newInventory(opts)}
	info, err := root.Stat("")
	if err != nil {
		return nil, err
	}
	s.device = info.Device
	for _, step := range []func(context.Context) error{s.list, s.readManifests, s.look, s.readManifests, s.lookInside, s.addUp} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	s.inv.finish()
	return s.inv, nil
}

// list finds what there is, with the links of tags and of layers.
func (s *scan) list(ctx context.Context) error {
	err := s.phase(ctx, "scanning", s.repositories, s.blobs)
	s.inv.sort()
	s.arrange()
	s.few = s.isFew()
	return err
}

// look looks at blobs, and at the links of revisions: which of these have to be
// read, the manifests tell.
func (s *scan) look(ctx context.Context) error {
	err := s.phase(ctx, "looking", s.data, s.revisionLinks, s.layerLinks)
	s.inv.Blobs = slices.DeleteFunc(s.inv.Blobs, func(b Blob) bool { return b.Links == 0 })
	s.inv.index()
	return err
}

// lookInside looks into directories of which the scan has only seen the file
// that matters.
func (s *scan) lookInside(ctx context.Context) error {
	return s.phase(ctx, "looking inside", s.insides)
}

// phase runs tasks, and what these leave to be done, until nothing is left.
func (s *scan) phase(ctx context.Context, name string, tasks ...func() error) error {
	s.crew = newCrew(ctx, s.opts.Jobs)
	s.meter = progress.NewMeter(s.opts.Observe, name, 0)
	defer s.meter.End()
	for _, task := range tasks {
		s.crew.later(task)
	}
	err := s.crew.work()
	return cmp.Or(err, s.starved)
}

// scan is one pass. What its tasks find goes into inv under mu, or into a place
// of a slice that is theirs alone.
type scan struct {
	crew   *crew
	root   store.Dir
	top    *place // root, as a place
	opts   Options
	device uint64
	meter  *progress.Meter

	mu     sync.Mutex
	inv    *Inventory
	stacks []stack
	texts  map[string]string // by themselves
	few    bool              // each directory is looked into
	// starved is why nothing that the scan has met can be trusted.
	starved error
}

// each leaves f over 0 ≤ i < n to be done in a place, and then done, which may be
// nil.
func (s *scan) each(in *place, n int, f func(i int) error, done func()) {
	in.users.Add(1)
	s.crew.each(n, func(i int) error {
		defer s.meter.Add(1)
		return f(i)
	}, func() {
		defer in.leave()
		if done != nil {
			done()
		}
	})
}
