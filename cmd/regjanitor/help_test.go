package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// TestHelpOfEveryCommand: it has examples, and is no wider than a terminal.
func TestHelpOfEveryCommand(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	all := 0
	var check func(node *kong.Node, words []string)
	check = func(node *kong.Node, words []string) {
		all++
		help := helpOf(t, words)
		if !strings.Contains(help, "\nExamples:\n") {
			t.Errorf("%s has no examples", node.FullPath())
		}
		for line := range strings.Lines(help) {
			if line = strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(line) > 80 {
				t.Errorf("%s: %d characters: %s", node.FullPath(), utf8.RuneCountInString(line), line)
			}
		}
		for _, child := range node.Children {
			check(child, append(words[:len(words):len(words)], child.Name))
		}
	}
	p := &process{stdout: io.Discard, stderr: io.Discard}
	check(p.parser(&cli{}).Model.Node, nil)
	if all < 10 {
		t.Errorf("only %d commands", all)
	}
}

// helpOf is what --help prints.
func helpOf(t *testing.T, words []string) (help string) {
	var out bytes.Buffer
	p := &process{stdout: &out, stderr: io.Discard}
	defer func() {
		if r := recover(); r != ended(0) {
			t.Errorf("%v --help: %v", words, r)
		}
		help = out.String()
	}()
	_, err := p.parser(&cli{}).Parse(append(words, "--help"))
	t.Errorf("%v --help: %v", words, err)
	return ""
}
