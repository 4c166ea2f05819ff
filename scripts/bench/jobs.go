package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// jobsCommand times dry runs with more and more requests in flight: where the
// answer is in memory, where it is on the disk, and where there is no disk.
func jobsCommand(ctx context.Context, args []string) (err error) {
	var p programs
	flags := flag.NewFlagSet("jobs", flag.ContinueOnError)
	p.declare(flags)
	shapeOf := shapeFlags(flags)
	tree := flags.String("tree", "", "existing `directory` to read instead of making a tree on the disk")
	memory := flags.String("memory", "/dev/shm", "`directory` on tmpfs to make the same tree in; empty: none")
	list := flags.String("jobs", "1,2,4,8,16,32,64,128", "`numbers` of requests in flight")
	withCold := flags.Bool("cold", true, "measure with cold caches too (needs root)")
	rounds := flags.Int("rounds", 3, "runs of each, in turn")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := shapeOf()
	if err != nil {
		return err
	}
	done, err := p.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := p.build(ctx); err != nil {
		return err
	}
	if *tree != "" {
		p.existing = map[shape]string{s: *tree}
	}
	disk, err := p.tree(ctx, s)
	if err != nil {
		return err
	}
	numbers := strings.Split(*list, ",")
	columns := []jobsColumn{{name: fileSystem(disk) + ", warm", root: disk, prepare: warm}}
	if *withCold {
		columns = append(columns, jobsColumn{name: fileSystem(disk) + ", cold", root: disk, prepare: cold})
	}
	if *memory != "" {
		root, remove, err := p.newTree(ctx, *memory, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
		columns = append(columns, jobsColumn{name: fileSystem(root), root: root, prepare: warm})
	}
	for i := range columns {
		if err := columns[i].measure(ctx, &p, numbers, *rounds); err != nil {
			return err
		}
	}
	fmt.Printf("dry runs, medians of %d rounds in turn; %s\n\n", *rounds, machine())
	return printJobs(os.Stdout, numbers, columns)
}

type jobsColumn struct {
	name, root string
	prepare    func(context.Context, contestant) error
	results    []result
}

func (c *jobsColumn) measure(ctx context.Context, p *programs, numbers []string, rounds int) (err error) {
	var contestants []contestant
	for _, n := range numbers {
		contestants = append(contestants, p.janitor(c.root, "-n", "--jobs", n))
	}
	c.results, err = measureAll(ctx, contestants, rounds, c.prepare)
	return err
}

func printJobs(w io.Writer, numbers []string, columns []jobsColumn) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprint(t, "--jobs")
	for _, c := range columns {
		fmt.Fprintf(t, "\t%s", c.name)
	}
	for i, n := range numbers {
		fmt.Fprintf(t, "\n%s", n)
		for _, c := range columns {
			fmt.Fprintf(t, "\t%v", c.results[i])
		}
	}
	fmt.Fprintln(t)
	return t.Flush()
}
