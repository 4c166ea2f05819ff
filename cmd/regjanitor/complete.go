package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completeCommand asks for what the last of the words behind it may become. It is
// the shells' and hidden: __complete sweep --ro. The answer's first line is names,
// or what the shell itself knows better: files or directories. Behind names stands
// a line for each: the word, a tab, and what it means.
//
// Where anything is wrong there is no answer: nobody wants to read of it while
// typing. It takes no lock and does not scan, and is over in time whatever the
// disk does.
const completeCommand = "__complete"

// mostCandidates is how many a shell is given.
const mostCandidates = 10_000

// completion is what a word may become.
type completion struct {
	*process
	trace *kong.Context // of the words before
	flags []*kong.Flag  // that may be given

	answer     string // names, files or directories
	candidates []candidateWord
}

type candidateWord struct{ word, meaning string }

func (p *process) complete(parser *kong.Kong, words []string) exitCode {
	if len(words) == 0 {
		return exitDone
	}
	c := &completion{process: p, answer: "names"}
	c.last(parser, words)
	c.write(p.stdout)
	return exitDone
}

// last completes the last word, by what kong makes of those before it.
func (c *completion) last(parser *kong.Kong, words []string) {
	before, word := words[:len(words)-1], words[len(words)-1]
	var err error
	if c.trace, err = kong.Trace(parser, before); err != nil {
		return
	}
	node := c.trace.Selected()
	if node == nil {
		node = parser.Model.Node
	}
	for _, flags := range slices.Backward(node.AllFlags(true)) { // the command's own first
		c.flags = append(c.flags, flags...)
	}
	name, value, hasValue := strings.Cut(word, "=")
	switch {
	case slices.Contains(before, "--"): // there are no flags any more
		c.argument(node, word)
	case c.awaiting(before) != nil:
		c.value("", c.awaiting(before), word)
	case c.trace.Error != nil: // whatever follows, it is no command line
	case strings.HasPrefix(word, "--") && hasValue:
		if i := slices.IndexFunc(c.flags, func(f *kong.Flag) bool { return "--"+f.Name == name }); i >= 0 {
			c.value(name+"=", c.flags[i], value)
		}
	case strings.HasPrefix(word, "-"):
		c.flag(word)
	default:
		c.argument(node, word)
	}
}

// awaiting is the flag, the last word before or the last letter of it, that has
// still to get its value.
func (c *completion) awaiting(before []string) *kong.Flag {
	if len(before) == 0 {
		return nil
	}
	last := before[len(before)-1]
	if name, long := strings.CutPrefix(last, "--"); long {
		return c.valued(func(f *kong.Flag) bool { return f.Name == name })
	}
	letters, short := strings.CutPrefix(last, "-")
	if !short {
		return nil
	}
	for i, letter := range letters {
		if f := c.valued(func(f *kong.Flag) bool { return f.Short == letter }); f != nil {
			if i+1 < len(letters) {
				return nil // the rest is the value
			}
			return f
		}
	}
	return nil
}

// valued is the one of the flags that takes a value.
func (c *completion) valued(is func(*kong.Flag) bool) *kong.Flag {
	for _, f := range c.flags {
		if is(f) && !f.IsBool() {
			return f
		}
	}
	return nil
}

// flag completes the name of a flag that has not been given yet, or may be again.
func (c *completion) flag(word string) {
	for _, f := range c.flags {
		given := slices.ContainsFunc(c.trace.Path, func(p *kong.Path) bool { return p.Flag == f })
		if given && !f.IsCumulative() {
			continue
		}
		c.offer(word, "--"+f.Name, f.Help)
		if f.Short != 0 && len(word) <= len("-x") {
			c.offer(word, "-"+string(f.Short), f.Help)
		}
	}
}

// value completes a flag's value behind what stands before it in the word.
func (c *completion) value(before string, f *kong.Flag, word string) {
	switch {
	case f.Enum != "":
		c.enum(before, f.Value, word)
	case f.PlaceHolder == "FILE":
		c.answer = "files"
	case f.PlaceHolder == "DIR", f.PlaceHolder == "ROOT":
		c.answer = "directories"
	case f.PlaceHolder == "GLOB":
		c.repositories(before, word, false)
	}
}

func (c *completion) enum(before string, v *kong.Value, word string) {
	for _, value := range v.EnumSlice() {
		c.candidates = offer(c.candidates, before, word, value, "")
	}
}

// argument completes a command, or what a command takes.
func (c *completion) argument(node *kong.Node, word string) {
	for _, child := range node.Children {
		if !child.Hidden {
			c.offer(word, child.Name, child.Help)
		}
	}
	wanted := c.positional(node)
	switch {
	case wanted == nil:
	case wanted.Enum != "":
		c.enum("", wanted, word)
	default:
		switch wanted.Name {
		case "ref", "thing":
			c.references(word)
		case "repo":
			c.repositories("", word, false)
		case "id":
			c.runs(word)
		case "plan", "file", "config":
			c.answer = "files"
		}
	}
}

// positional is the argument whose turn it is, nil where all have been given.
func (c *completion) positional(node *kong.Node) *kong.Positional {
	given := 0
	for _, p := range c.trace.Path {
		if p.Positional != nil {
			given++
		}
	}
	switch latest := c.trace.Path[len(c.trace.Path)-1].Positional; {
	case latest != nil && latest.IsSlice():
		return latest // takes them until there is a flag
	case given < len(node.Positional):
		return node.Positional[given]
	}
	return nil
}

func (c *completion) offer(begun, word, meaning string) {
	c.candidates = offer(c.candidates, "", begun, word, meaning)
}

// offer adds a word that goes on as the user has begun it, behind what stands
// before it.
func offer(to []candidateWord, before, begun, word, meaning string) []candidateWord {
	if !strings.HasPrefix(word, begun) {
		return to
	}
	meaning, _, _ = strings.Cut(meaning, ". ")
	return append(to, candidateWord{before + word, strings.TrimSuffix(meaning, ".")})
}

// write answers. Of too many the last stays, so that a shell does not take for
// common to all what is common to the first.
func (c *completion) write(to io.Writer) {
	list := c.candidates
	if most := mostCandidates; len(list) > most {
		list = append(list[:most-1:most-1], list[len(list)-1])
	}
	w := bufio.NewWriter(to)
	fmt.Fprintln(w, c.answer)
	for _, candidate := range list {
		fmt.Fprintf(w, "%s\t%s\n", candidate.word, candidate.meaning)
	}
	w.Flush()
}
