package main

import (
	"io"
	"slices"
	"testing"
	"time"
)

func TestStopwatch(t *testing.T) {
	var watch stopwatch
	io.WriteString(&watch, "=== RUN   TestA\n=== RUN   TestA/a_part\n    --- FAIL: TestA/a_part (0.00s)\n=== RU")
	time.Sleep(20 * time.Millisecond)
	io.WriteString(&watch, "N   TestB\n--- PASS: TestB (0.00s)\n")
	watch.stop()
	if len(watch.each) != 2 || watch.each[0].name != "TestA" || watch.each[1].name != "TestB" {
		t.Fatalf("the tests are %v", watch.each)
	}
	if a, b := watch.each[0].took, watch.each[1].took; a < 20*time.Millisecond || b > a {
		t.Errorf("they take %s and %s", a, b)
	}
	if !slices.Equal(watch.fails, []string{"    --- FAIL: TestA/a_part (0.00s)"}) {
		t.Errorf("those that fail are %q", watch.fails)
	}
}

func TestOrdered(t *testing.T) {
	var suite []*test
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		suite = append(suite, &test{name: name, took: time.Second})
	}
	suite[9].kills.Add(1) // j
	suite[0].spent.Add(int64(time.Minute))
	suite[1].spent.Add(int64(time.Hour)) // b
	sorted := ordered(suite)
	if len(sorted) != alone+1 || sorted[0].name != "j" || sorted[alone].name != "a|b" || sorted[alone].took != 2*time.Second {
		t.Errorf("%d tests, first %s, last %+v", len(sorted), sorted[0].name, sorted[alone])
	}
}
