package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A remover is a contestant that changes its tree.
type remover func(ctx context.Context, root string) (contestant, error)

// real times the real thing. A tree can be swept once only, so each run gets one
// of its own, and is asked afterwards what it left. All are made before the first
// is swept: ext4 is slow to make files just after it has removed others.
func (s *suite) real(ctx context.Context) (err error) {
	removers := []remover{
		func(_ context.Context, root string) (contestant, error) { return s.removal(root), nil },
		s.bareRemoval,
		func(_ context.Context, root string) (contestant, error) { return s.removal(root, "--trash"), nil },
		func(ctx context.Context, root string) (contestant, error) { return s.collector(ctx, root) },
	}
	roots := make([]string, s.removed*len(removers)+1)
	for i := range roots {
		root, remove, err := s.newTree(ctx, s.trees, s.shapes["sweep"])
		if err != nil {
			return err
		}
		roots[i] = root
		defer func() { err = errors.Join(err, remove()) }()
	}
	results := make([]result, len(removers))
	left := make([]verdict, len(removers))
	var walks result
	for round := range s.removed {
		for i, remove := range removers {
			if results[i].isSlow() {
				continue
			}
			walked, took, v, err := s.measureRemoval(ctx, roots[round*len(removers)+i], remove)
			if err != nil {
				return err
			}
			walks, results[i], left[i] = append(walks, walked), append(results[i], took), v
		}
	}
	if left[0] != left[1] || left[0] != left[2] {
		return fmt.Errorf("removals differ: regjanitor left %+v, the bare removal %+v, the trash %+v", left[0], left[1], left[2])
	}
	s.addRemovals(walks, results)
	s.note("real sweeps: regjanitor left %d revisions, %d layer links, %d blobs; the collector %d, %d (%d of them directories without a link), %d",
		left[0].Revisions, left[0].LayerLinks, left[0].Blobs, left[3].Revisions, left[3].LayerLinks, left[3].DeadLinks, left[3].Blobs)
	return s.noteSyncs(ctx, roots[len(roots)-1])
}

// addRemovals takes the results in the order of real's removers.
func (s *suite) addRemovals(walks result, r []result) {
	s.faster(fmt.Sprintf("real sweep, %v: collector ÷ regjanitor", s.shapes["sweep"]), atLeast(8), r[0], r[3])
	s.slower("real sweep: regjanitor ÷ bare removal of the same paths", atMost(1.3), r[0], r[1])
	s.add(row{name: "real sweep: regjanitor ÷ bare walk and bare removal", value: r[0].wall() / (walks.wall() + r[1].wall()), unit: "×",
		detail: fmt.Sprintf("%v ÷ (%v + %v)", r[0], walks, r[1])})
	s.slower("real sweep: regjanitor --trash ÷ regjanitor", target{}, r[2], r[0])
}

func (s *suite) measureRemoval(ctx context.Context, root string, remove remover) (walked, took sample, left verdict, err error) {
	subject, err := remove(ctx, root)
	if err != nil {
		return walked, took, left, err
	}
	// Two walks before each, so that all find the tree as warm.
	for range 2 {
		if walked, err = measure(ctx, s.walk(root)); err != nil {
			return walked, took, left, err
		}
	}
	// What others have left to be written is not the contestant's.
	unix.Sync()
	if took, err = measure(ctx, subject); err != nil {
		return walked, took, left, err
	}
	left, err = s.answer(ctx, root)
	return walked, took, left, err
}

// bareRemoval is the floor: the removals alone, without finding out what to
// remove.
func (s *suite) bareRemoval(ctx context.Context, root string) (contestant, error) {
	plan, list := filepath.Join(s.scratch, "plan.json"), filepath.Join(s.scratch, "list")
	cmd := exec.CommandContext(ctx, s.regjanitor, "sweep", "-q", "-o", plan, "--root", root)
	if out, err := cmd.CombinedOutput(); err != nil {
		return contestant{}, fmt.Errorf("save plan: %w: %s", err, out)
	}
	b, err := os.ReadFile(plan)
	if err != nil {
		return contestant{}, err
	}
	if b, err = listOf(b); err != nil {
		return contestant{}, fmt.Errorf("plan %s: %w", plan, err)
	}
	if err := os.WriteFile(list, b, 0o600); err != nil {
		return contestant{}, err
	}
	return contestant{name: "unlink", argv: []string{s.bench, "unlink", "-root", root, "-list", list}}, nil
}
