package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// A table is what has been found so far. Rows are shown on progress as they
// come: a run of an hour may be interrupted.
type table struct {
	progress io.Writer
	rows     []row
	notes    []string
	small    bool // the trees are too small for the targets to mean anything
}

// A row is one comparison with its target.
type row struct {
	name   string
	value  float64
	unit   string
	over   bool // the value is a lower bound
	target target
	detail string // what the value was computed from
}

// A target is a bound on a value; the zero target is none.
type target struct {
	sign  string // ≥ or ≤
	bound float64
}

func atLeast(bound float64) target { return target{"≥", bound} }
func atMost(bound float64) target  { return target{"≤", bound} }

func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	fmt.Fprintln(t.progress, "  "+strings.Join(strings.Fields(strings.Join(r.cells(t.small), " ")), " "))
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// faster adds how many times as long the other takes.
func (t *table) faster(name string, target target, ours, other result) {
	t.add(row{name: name, value: other.wall() / ours.wall(), unit: "×", over: other.killed(), target: target,
		detail: fmt.Sprintf("%v ÷ %v", other, ours)})
}

// slower adds how many times as long as the other regjanitor takes.
func (t *table) slower(name string, target target, ours, other result) {
	t.add(row{name: name, value: ours.wall() / other.wall(), unit: "×", target: target,
		detail: fmt.Sprintf("%v ÷ %v", ours, other)})
}

func (r row) cells(small bool) []string {
	measured, wanted := number(r.value)+r.unit, ""
	if r.over {
		measured = "> " + measured
	}
	if r.target.sign != "" {
		wanted = fmt.Sprintf("%s %g%s", r.target.sign, r.target.bound, r.unit)
	}
	verdict := r.verdict()
	if small {
		verdict = ""
	}
	return []string{r.name, measured, wanted, verdict, r.detail}
}

func (r row) verdict() string {
	switch {
	case r.target.sign == "":
		return ""
	case r.target.sign == "≥" && r.value >= r.target.bound, r.target.sign == "≤" && r.value <= r.target.bound:
		return "ok"
	case r.over:
		return "unknown"
	default:
		return "short"
	}
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func (t *table) print(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "comparison\tmeasured\ttarget\t\tmedians")
	for _, r := range t.rows {
		fmt.Fprintln(columns, strings.Join(r.cells(t.small), "\t"))
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", strings.Join(t.notes, "\n"))
	return err
}
