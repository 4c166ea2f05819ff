package main

import (
	"slices"
	"strings"
	"testing"
)

func TestMutants(t *testing.T) {
	const source = `package p

func f(a, b int, ok bool) (int, error) {
	if a < b && !ok {
		a = b + 1
		g(a)
	}
	switch b {
	case 2, a:
		g(b)
	case max(a, b):
	}
	for _, x := range all {
		if ok {
			continue
		}
		g(x)
	}
	return a, fail{code: a}
}
`
	const want = `
p/p.go:4: ((a < b) || true) for if[a < b]&& !ok {
p/p.go:4: <= for if a[<]b && !ok {
p/p.go:4: >= for if a[<]b && !ok {
p/p.go:4: || for if a < b[&&]!ok {
p/p.go:4: !(a < b && !ok) for if[a < b && !ok]{
p/p.go:4: ((!ok) || true) for if a < b &&[!ok]{
p/p.go:4: nothing for if a < b &&[!]ok {
p/p.go:4: without a = b + 1 g(a)
p/p.go:5: without a = b + 1
p/p.go:5: - for a = b[+]1
p/p.go:5: 0 for a = b +[1]
p/p.go:5: 2 for a = b +[1]
p/p.go:6: _ = a for [g(a)]
p/p.go:9: nothing for case[2,]a:
p/p.go:9: 1 for case[2], a:
p/p.go:9: 3 for case[2], a:
p/p.go:9: nothing for case 2[, a]:
p/p.go:10: _ = b for [g(b)]
p/p.go:11: without case max(a, b):
p/p.go:11: min for case[max](a, b):
p/p.go:14: !(ok) for if[ok]{
p/p.go:15: nothing for [continue]
p/p.go:17: _ = x for [g(x)]
p/p.go:19: 0 for return[a], fail{code: a}
p/p.go:19: nil for return a,[fail{code: a}]
p/p.go:19: nothing for return a, fail{[code: a]}
`
	mutants, err := mutantsIn("p", []string{"p.go"}, map[string][]byte{"p.go": []byte(source)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutants {
		got = append(got, m.String())
	}
	slices.Sort(got)
	expected := strings.Split(strings.TrimSpace(want), "\n")
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		t.Errorf("the mutants are\n%s", strings.Join(got, "\n"))
	}
}

// TestVariablesStayInUse: a mutant has to compile to be worth anything.
func TestVariablesStayInUse(t *testing.T) {
	const source = `package p

func f(a []int, g func(int, int)) {
	for i, x := range a {
		g(i, x)
	}
}
`
	mutants, err := mutantsIn("p", []string{"p.go"}, map[string][]byte{"p.go": []byte(source)})
	if err != nil || len(mutants) != 1 {
		t.Fatalf("%v, %v", mutants, err)
	}
	if got, want := string(mutants[0].mutated()), strings.Replace(source, "g(i, x)", "_, _, _ = g, i, x", 1); got != want {
		t.Errorf("the mutant is\n%s", got)
	}
}
