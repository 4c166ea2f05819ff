// Command demo writes a small registry tree to try regjanitor on. It needs no
// registry and no network.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"time"

	"regjanitor/internal/registrytest"
)

//go:embed sample.spec
var sample string

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: demo DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	spec, err := registrytest.Parse(sample)
	if err != nil {
		return fmt.Errorf("parse sample: %w", err)
	}
	if _, err := spec.Write(dir, time.Now()); err != nil {
		return fmt.Errorf("write sample to %s: %w", dir, err)
	}
	return nil
}
