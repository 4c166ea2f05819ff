package sweep_test

import (
	"fmt"
	"strings"
	"syscall"
)

// faultViolation is a fault that a run has not stood.
type faultViolation struct {
	trial *faultTrial
	fault fault
	wrong []string
}

// class tells violations apart that have little to do with each other.
func (v *faultViolation) class() string {
	what, _, _ := strings.Cut(v.wrong[0], ":")
	how := v.fault.harm.name
	if v.fault.tear == nil && v.fault.err != syscall.ENOENT {
		how = "error"
	}
	return strings.Join([]string{v.trial.kind, string(v.fault.op), how, what}, "|")
}

// shrunk says what is wrong, with the smallest registry that shows it.
func (v *faultViolation) shrunk(dir string) string {
	smallest := v
	for again := true; again; {
		again = false
		lines := strings.Split(smallest.trial.spec.text, "\n")
		for i := range lines {
			spec := v.trial.spec
			spec.text = strings.Join(append(append([]string(nil), lines[:i]...), lines[i+1:]...), "\n")
			if less := v.on(spec, dir); less != nil {
				smallest, again = less, true
				break
			}
		}
	}
	wrong := smallest.wrong
	if most := 30; len(wrong) > most {
		wrong = append(wrong[:most:most], fmt.Sprintf("and %d more", len(wrong)-most))
	}
	return fmt.Sprintf("%s, %s of %s, call %d: %s, %s\n  %s\nin the registry\n%s\nin full: go test ./internal/sweep -run 'TestFaults$' -fault='%s'",
		v.trial.kind, v.fault.op, v.fault.path, v.fault.nth, v.fault.harm.name, v.fault.span,
		strings.Join(wrong, "\n  "), smallest.trial.spec.text, v.trial.name(v.fault))
}

// on is the same violation on another registry, nil where it does not show.
func (v *faultViolation) on(spec faultSpec, dir string) *faultViolation {
	_, registry, err := spec.write(dir)
	if err != nil {
		return nil
	}
	for i := range 3 { // whatever it is that is removed by name
		for _, run := range faultRuns(registry, func(n int) int { return min(i, n-1) }) {
			if run.kind != v.trial.kind {
				continue
			}
			trial := newFaultTrial(spec, registry, run)
			if _, wrong, _ := trial.try(v.fault); len(wrong) > 0 {
				if less := (&faultViolation{trial, v.fault, wrong}); less.class() == v.class() {
					return less
				}
			}
		}
	}
	return nil
}
