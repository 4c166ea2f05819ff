package main

import (
	"context"
	"fmt"
)

// growth asks whether a thing in a large tree costs more than one in a small
// tree.
func (s *suite) growth(ctx context.Context) error {
	small, large, standard := s.shapes["hundred-thousand"], s.shapes["million"], s.shapes["default"]
	r, err := s.perEntry(ctx, large, small)
	if err != nil {
		return err
	}
	s.perEntryRow(fmt.Sprintf("time per entry, %d blobs ÷ %d", r[0].n.Blobs, r[1].n.Blobs), atMost(1.2), r[0], r[1])
	for _, wide := range []struct{ name, what string }{
		{"tags", "%d tags in one repository"},
		{"revisions", "%d revisions in one repository"},
	} {
		one := s.shapes["wide-"+wide.name]
		many := s.shapes["narrow-"+wide.name]
		r, err := s.perEntry(ctx, one, many, standard)
		if err != nil {
			return err
		}
		name := "time per entry, " + fmt.Sprintf(wide.what, one.pushes)
		s.perEntryRow(fmt.Sprintf("%s ÷ the like in %d repositories", name, many.repos), atMost(1.2), r[0], r[1])
		// No target: tags are opened and read, layer links are not, and this tree
		// has another mixture of them.
		s.perEntryRow(name+" ÷ default tree", target{}, r[0], r[2])
		if err := s.discard(one); err != nil {
			return err
		}
	}
	return nil
}

// A load is the time for a tree, and what is in it.
type load struct {
	result
	n verdict
}

func (l load) perEntry() float64 { return l.wall() / float64(l.n.entries()) }

// perEntry times dry runs on trees of these shapes, in turn.
func (s *suite) perEntry(ctx context.Context, shapes ...shape) ([]load, error) {
	loads := make([]load, len(shapes))
	var contestants []contestant
	for i, shape := range shapes {
		root, err := s.tree(ctx, shape)
		if err != nil {
			return nil, err
		}
		if loads[i].n, err = s.checkAnswer(ctx, root); err != nil {
			return nil, err
		}
		contestants = append(contestants, s.dryRun(root))
	}
	results, err := measureAll(ctx, contestants, s.rounds, warm)
	for i := range results {
		loads[i].result = results[i]
	}
	return loads, err
}

func (s *suite) perEntryRow(name string, target target, a, b load) {
	s.add(row{name: name, value: a.perEntry() / b.perEntry(), unit: "×", target: target,
		detail: fmt.Sprintf("%s ÷ %s; %v ÷ %v for all", seconds(a.perEntry()), seconds(b.perEntry()), a.result, b.result)})
}

// memory is that of dry runs, which keep all that a sweep keeps.
func (s *suite) memory(ctx context.Context) error {
	const mebi = 1 << 20
	r, err := s.perEntry(ctx, s.shapes["default"], s.shapes["hundred-thousand"], s.shapes["million"])
	if err != nil {
		return err
	}
	s.add(row{name: "peak memory, default tree", value: float64(r[0].maxRSS()) / mebi, unit: " MiB", target: atMost(64)})
	s.add(row{name: fmt.Sprintf("peak memory, %d blobs", r[2].n.Blobs), value: float64(r[2].maxRSS()) / mebi, unit: " MiB", target: atMost(256)})
	more := r[2].n.entries() - r[1].n.entries()
	s.add(row{name: "memory per entry", value: float64(r[2].maxRSS()-r[1].maxRSS()) / float64(more), unit: " B",
		detail: fmt.Sprintf("what %d more entries add to %.1f MiB", more, float64(r[1].maxRSS())/mebi)})
	return nil
}
