package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// argparse reads a command line as Python's argparse does, which burnettk's
// scripts use: long flags may be cut short while that is not ambiguous, short ones
// may share a dash and touch their value, and what follows a flag is its value
// unless it looks like a flag itself.
type argparse struct{ flags []*kong.Flag }

// rewrite spells every flag out, as --name or --name=value.
func (a argparse) rewrite(args []string) (rewritten []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var more []string
		switch {
		case arg == "--" && len(args) == 0:
		case strings.HasPrefix(arg, "--"):
			more, args, err = a.long(arg, args)
		case len(arg) > 1 && arg[0] == '-':
			more, args, err = a.short(arg, args)
		default:
			err = fmt.Errorf("unrecognized argument: %q", arg)
		}
		if err != nil {
			return nil, err
		}
		rewritten = append(rewritten, more...)
	}
	return rewritten, nil
}

// long reads --flag, --flag=value or --flag value.
func (a argparse) long(arg string, rest []string) (rewritten, left []string, err error) {
	name, value, given := strings.Cut(arg[2:], "=")
	flag, err := a.find(name)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case !flag.IsBool() && given:
		return []string{spelled(flag, value)}, rest, nil
	case !flag.IsBool():
		return valued(flag, rest)
	case given:
		return nil, nil, fmt.Errorf("argument %s: takes no value", named(flag))
	}
	return []string{"--" + flag.Name}, rest, nil
}

// find is the flag of this name, or the only one that it begins. The flag that the
// scripts do not have is no reason to find theirs ambiguous.
func (a argparse) find(name string) (found *kong.Flag, err error) {
	var all []string
	for _, flag := range a.flags {
		if flag.Name == name {
			return flag, nil
		}
		if name != "" && strings.HasPrefix(flag.Name, name) && flag.Name != "registry-stopped" {
			found, all = flag, append(all, "--"+flag.Name)
		}
	}
	switch len(all) {
	case 0:
		return nil, fmt.Errorf("unrecognized argument: --%s", name)
	case 1:
		return found, nil
	}
	return nil, fmt.Errorf("ambiguous flag: --%s could be %s", name, strings.Join(all, ", "))
}

// short reads -f, -fg, -fvalue, -f=value or -f value.
func (a argparse) short(arg string, rest []string) (rewritten, left []string, err error) {
	for letters := arg[1:]; letters != ""; {
		flag := a.letter(letters[:1])
		if flag == nil {
			return nil, nil, fmt.Errorf("unrecognized argument: %s", arg)
		}
		letters = letters[1:]
		switch {
		case flag.IsBool():
			rewritten = append(rewritten, "--"+flag.Name)
		case letters != "":
			return append(rewritten, spelled(flag, strings.TrimPrefix(letters, "="))), rest, nil
		default:
			last, left, err := valued(flag, rest)
			return append(rewritten, last...), left, err
		}
	}
	return rewritten, rest, nil
}

func (a argparse) letter(letter string) *kong.Flag {
	for _, flag := range a.flags {
		if flag.Short != 0 && string(flag.Short) == letter {
			return flag
		}
	}
	return nil
}

var negative = regexp.MustCompile(`^-(\d+|\d*\.\d+)$`)

// valued takes the value of a flag from the arguments behind it.
func valued(flag *kong.Flag, rest []string) (rewritten, left []string, err error) {
	if len(rest) == 0 || len(rest[0]) > 1 && rest[0][0] == '-' && !negative.MatchString(rest[0]) && !strings.Contains(rest[0], " ") {
		return nil, nil, fmt.Errorf("argument %s: a value is expected", named(flag))
	}
	return []string{spelled(flag, rest[0])}, rest[1:], nil
}

func spelled(flag *kong.Flag, value string) string { return "--" + flag.Name + "=" + value }

// named is a flag as argparse's messages name it.
func named(flag *kong.Flag) string {
	if flag.Short == 0 {
		return "--" + flag.Name
	}
	return "-" + string(flag.Short) + "/--" + flag.Name
}
