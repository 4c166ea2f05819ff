package main

import "embed"

// completions are the scripts of the shells. They know nothing of the command
// line: for each word they ask the program, in complete.go.
//
//go:embed completion
var completions embed.FS

// Run prints the script, and nothing else: it is mostly read by a shell that
// starts.
func (c *completionCmd) Run(s *session) error {
	s.Quiet, s.written = true, true
	script, err := completions.ReadFile("completion/regjanitor." + c.Shell)
	if err != nil {
		return err
	}
	_, err = s.stdout.Write(script)
	return err
}
