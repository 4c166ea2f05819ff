package retention

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse understands a policy file. An error is an *Error.
func Parse(file string, data []byte) (*Policy, error) {
	r := &reader{file: file, lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
	if err := r.characters(); err != nil {
		return nil, err
	}
	root, err := r.document(strings.Join(r.lines, "\n"))
	if err != nil {
		return nil, err
	}
	rules, err := r.policy(root)
	if err != nil {
		return nil, err
	}
	return &Policy{Rules: rules, file: file, text: string(data)}, nil
}

// reader turns the text of a policy into rules, or into an error that shows
// where it stopped.
type reader struct {
	file  string
	lines []string
}

func (r *reader) fail(line, column int, hint, problem string, args ...any) error {
	line, column = min(max(line, 1), len(r.lines)), max(column, 1)
	return &Error{
		File: r.file, Line: line, Column: column,
		Problem: fmt.Sprintf(problem, args...), Hint: hint,
		Excerpt: excerpt(r.lines, line, column),
	}
}

func (r *reader) failAt(t *token.Token, hint, problem string, args ...any) error {
	if t == nil || t.Position == nil {
		return r.fail(1, 1, hint, problem, args...)
	}
	return r.fail(t.Position.Line, t.Position.Column, hint, problem, args...)
}

func (r *reader) failIn(n ast.Node, hint, problem string, args ...any) error {
	return r.failAt(start(n), hint, problem, args...)
}

func isControl(c rune) bool { return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' }

// characters refuses what editors leave behind and no eye can see.
func (r *reader) characters() error {
	const utf8Hint = "save it as UTF-8 without a byte order mark"
	for i, line := range r.lines {
		if strings.HasPrefix(line, "\xff\xfe") || strings.HasPrefix(line, "\xfe\xff") {
			return r.fail(i+1, 1, utf8Hint, "there is a byte order mark here")
		}
		column := 0
		for at, c := range line {
			column++
			_, size := utf8.DecodeRuneInString(line[at:])
			switch {
			case c == utf8.RuneError && size == 1:
				return r.fail(i+1, column, "save it as UTF-8; is it a policy at all?", "this is not UTF-8 text")
			case c == '\t' && !strings.Contains(line[:at], "#"):
				return r.fail(i+1, column, "YAML is indented with spaces", "there is a tab here")
			case c == '\ufeff':
				return r.fail(i+1, column, utf8Hint, "there is a byte order mark here")
			case c != '\t' && isControl(c):
				return r.fail(i+1, column, "remove it; is the file a policy at all?", "there is a control character here, %U", c)
			}
		}
	}
	return nil
}

// document parses YAML as far as a policy needs it, to the mapping that it is.
func (r *reader) document(text string) (root ast.Node, err error) {
	defer func() { // the library is not made for garbage; nothing that it stumbles over is a policy
		if recover() != nil {
			root, err = nil, r.fail(1, 1, "check brackets, quotes and indentation", "this is not YAML")
		}
	}()
	tokens := lexer.Tokenize(text)
	if err := r.tokens(tokens); err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, r.syntax(err)
	}
	for _, doc := range parsed.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType:
		case root != nil:
			return nil, r.failIn(doc.Body, "one file holds one policy: write all rules into one list", "there is a second YAML document here")
		default:
			root = doc.Body
		}
	}
	if root == nil {
		return nil, r.fail(1, 1, "a policy begins with version: 1, and has a list of rules", "there is no policy in it")
	}
	return root, nil
}

// deepest is how deep brackets nest in a policy, and then some.
const deepest = 8

// tokens refuses whatever YAML has and policies do not, before the parser meets
// it: that is how a line that means something else than it seems (a glob that
// begins with * is an alias) gets a message, and a file of brackets costs nothing.
func (r *reader) tokens(tokens token.Tokens) error {
	depth, started := 0, false
	for i, t := range tokens {
		switch t.Type {
		case token.CommentType:
			continue
		case token.AliasType: // what follows * is a token of its own
			return r.failAt(t, "quote globs, as in \"*-dev\" and \"[0-9]*\"; YAML's aliases are not for policies", "*%s would be an alias", aliased(tokens, i))
		case token.AnchorType:
			return r.failAt(t, "quote text that begins with &; YAML's anchors are not for policies, write things out", "there is an anchor here")
		case token.MergeKeyType:
			return r.failAt(t, "write the keys out in every rule", "there is a merge key here")
		case token.TagType:
			return r.failAt(t, "quote text that begins with !; YAML's tags are not for policies, and globs have no negation: use protect", "there is a YAML tag here")
		case token.DirectiveType:
			return r.failAt(t, "remove the line", "there is a YAML directive here")
		case token.MappingKeyType:
			return r.failAt(t, "quote text that begins with ?", "there is a key that is introduced by ? here")
		case token.LiteralType, token.FoldedType:
			return r.failAt(t, "write the value behind its key, in quotes", "there is a block of text here")
		case token.DocumentEndType:
			return r.failAt(t, "remove the line", "there is the end of a YAML document here")
		case token.DocumentHeaderType:
			if started {
				return r.failAt(t, "one file holds one policy: write all rules into one list", "there is a second YAML document here")
			}
		case token.SequenceEntryType:
			if i+1 < len(tokens) && tokens[i+1].Type == token.SequenceEntryType && tokens[i+1].Position.Line == t.Position.Line {
				return r.failAt(tokens[i+1], "write one dash", "there is a list in a list here")
			}
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth > deepest {
				return r.failAt(t, "a list is [\"a\", \"b\"]", "there are too many brackets in each other")
			}
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		started = true
	}
	return nil
}

func aliased(tokens token.Tokens, i int) string {
	if i+1 < len(tokens) && tokens[i+1].Type == token.StringType {
		return tokens[i+1].Value
	}
	return ""
}

func (r *reader) syntax(err error) error {
	const hint = "check indentation, quotes, brackets and the space behind each colon around here"
	var broken yaml.Error
	if errors.As(err, &broken) {
		return r.failAt(broken.GetToken(), hint, "this is not YAML: %s", broken.GetMessage())
	}
	return r.fail(1, 1, hint, "this is not YAML: %v", err)
}

// start is where a node begins: of a mapping its first key.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return start(n.Key)
	case nil:
		return nil
	}
	return n.GetToken()
}
