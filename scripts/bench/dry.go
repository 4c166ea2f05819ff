package main

import (
	"context"
	"fmt"
)

// dry compares dry runs with warm caches.
func (s *suite) dry(ctx context.Context) error {
	root, err := s.tree(ctx, s.shapes["default"])
	if err != nil {
		return err
	}
	n, err := s.checkAnswer(ctx, root)
	if err != nil {
		return err
	}
	s.note("default tree: %d repositories, %d tags, %d revisions (%d dead), %d layer links (%d dead), %d blobs (%d dead)",
		n.Repositories, n.Tags, n.Revisions, n.DeadRevs, n.LayerLinks, n.DeadLinks, n.Blobs, n.DeadBlobs)
	collector, err := s.collector(ctx, root, "--dry-run")
	if err != nil {
		return err
	}
	r, err := measureAll(ctx, []contestant{s.dryRun(root), s.walk(root), find(root), du(root), collector}, s.rounds, warm)
	if err != nil {
		return err
	}
	s.faster("dry run: registry's collector ÷ regjanitor", atLeast(50), r[0], r[4])
	s.faster("dry run: du -s ÷ regjanitor", atLeast(15), r[0], r[3])
	s.faster("dry run: find -type f ÷ regjanitor", atLeast(11), r[0], r[2])
	s.slower("dry run: regjanitor ÷ bare walk", atMost(1.3), r[0], r[1])
	return nil
}

// cold does the same when all has to come from the disk.
func (s *suite) cold(ctx context.Context) error {
	if !s.canDropCaches("cold dry runs") {
		return nil
	}
	root, err := s.tree(ctx, s.shapes["default"])
	if err != nil {
		return err
	}
	collector, err := s.collector(ctx, root, "--dry-run")
	if err != nil {
		return err
	}
	r, err := measureAll(ctx, []contestant{s.dryRun(root), s.walk(root), du(root), collector}, s.rounds, cold)
	if err != nil {
		return err
	}
	s.faster("cold dry run: registry's collector ÷ regjanitor", atLeast(8), r[0], r[3])
	s.faster("cold dry run: du -s ÷ regjanitor", atLeast(4), r[0], r[2])
	s.slower("cold dry run: regjanitor ÷ bare walk", target{}, r[0], r[1])
	return nil
}

func (s *suite) manyTags(ctx context.Context) error {
	shape := s.shapes["many-tags"]
	ours, collector, err := s.againstCollector(ctx, shape)
	if err != nil {
		return err
	}
	s.faster(fmt.Sprintf("dry run, %v: collector ÷ regjanitor", shape), atLeast(150), ours, collector)
	return nil
}

// extreme is where the collector may take hours. It reads each tag for each
// revision, so half of both takes it a quarter of the time. Where a small part
// says that the whole would take longer than the limit, the largest part that
// does not is measured, and half of it, and the whole is extrapolated.
func (s *suite) extreme(ctx context.Context) error {
	whole, limit := s.shapes["extreme"], s.limit.Seconds()
	_, quarter, err := s.againstCollector(ctx, whole.part(4))
	if err != nil {
		return err
	}
	if 16*quarter.wall() <= limit {
		ours, collector, err := s.againstCollector(ctx, whole)
		if err != nil {
			return err
		}
		s.faster(fmt.Sprintf("dry run, %v: collector ÷ regjanitor", whole), atLeast(1000), ours, collector)
		return nil
	}
	root, err := s.tree(ctx, whole)
	if err != nil {
		return err
	}
	ours, err := measureAll(ctx, []contestant{s.dryRun(root)}, s.rounds, warm)
	if err != nil {
		return err
	}
	one, two, share := quarter, quarter, 4
	if 4*quarter.wall() <= limit {
		share = 2
		_, two, err = s.againstCollector(ctx, whole.part(2))
	} else {
		_, one, err = s.againstCollector(ctx, whole.part(8))
	}
	if err != nil {
		return err
	}
	would := extrapolate(one.wall(), two.wall(), float64(2*share))
	s.add(row{
		name:  fmt.Sprintf("dry run, %v: collector (extrapolated) ÷ regjanitor", whole),
		value: would / ours[0].wall(), unit: "×", target: atLeast(1000), over: two.killed(),
		detail: fmt.Sprintf("%s ÷ %v; extrapolated from %v for 1/%d of the tags and of the revisions, %v for 1/%d",
			seconds(would), ours[0], one, 2*share, two, share),
	})
	return nil
}

// extrapolate takes a time to grow with the size and its square. It fits that to
// the times for sizes 1 and 2, and gives the time for a larger size.
func extrapolate(one, two, size float64) float64 {
	// one = linear + square, two = 2 linear + 4 square
	square := (two - 2*one) / 2
	linear := one - square
	switch {
	case square < 0: // noise; no growth is claimed that has not been seen
		return two / 2 * size
	case linear < 0:
		return two / 4 * size * size
	default:
		return linear*size + square*size*size
	}
}

// againstCollector compares dry runs on a tree of that shape.
func (s *suite) againstCollector(ctx context.Context, shape shape) (ours, collector result, err error) {
	root, err := s.tree(ctx, shape)
	if err != nil {
		return nil, nil, err
	}
	subject, err := s.collector(ctx, root, "--dry-run")
	if err != nil {
		return nil, nil, err
	}
	r, err := measureAll(ctx, []contestant{s.dryRun(root), subject}, s.rounds, warm)
	if err != nil {
		return nil, nil, err
	}
	return r[0], r[1], nil
}
