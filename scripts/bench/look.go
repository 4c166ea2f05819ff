package main

import "context"

// look compares the commands that only look with a dry run on the same tree.
func (s *suite) look(ctx context.Context) error {
	root, err := s.tree(ctx, s.shapes["default"])
	if err != nil {
		return err
	}
	looks := []struct {
		argv []string
		most float64
	}{
		{[]string{"ls"}, 1.5},
		{[]string{"du"}, 1.5},
		{[]string{"du", "--by", "tag"}, 1.5},
		{[]string{"du", "--by", "layer"}, 1.5},
		{[]string{"verify"}, 3},
	}
	contestants := []contestant{s.dryRun(root)}
	for _, l := range looks {
		contestants = append(contestants, s.looking(root, l.argv...))
	}
	r, err := measureAll(ctx, contestants, s.rounds, warm)
	if err != nil {
		return err
	}
	for i, l := range looks {
		s.slower(contestants[i+1].name+" ÷ dry run", atMost(l.most), r[i+1], r[0])
	}
	return nil
}
