// Command regjanitor cleans the storage of a Docker registry from the outside.
package main

import "os"

func main() {
	p := process{name: os.Args[0], args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(int(p.run()))
}
