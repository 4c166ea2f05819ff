package registrytest

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
)

// A Spec is a parsed description of a registry: what there is, with bytes and
// digests settled, and the steps that bring it onto a disk. It can be written
// any number of times.
type Spec struct {
	things map[string]*thing
	order  []*thing // manifests and sized leaves, as defined
	roles  map[string]role
	places map[string]int           // of an index's child
	names  map[digest.Digest]string // also of the sha512 and tarsum references
	steps  []step
}

// A step is one statement, ready to run.
type step struct {
	line int
	run  func(*builder) error
}

// A statement is one line of a spec, cut into words.
type statement struct {
	line  int
	words []string
}

// errorf names the line that is at fault.
func (st statement) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{st.line}, args...)...)
}

// Parse reads a spec; the package comment has the grammar. Its errors name the
// line. Definitions may stand before or after the statements that use them.
func Parse(text string) (*Spec, error) {
	s := &Spec{
		things: map[string]*thing{},
		roles:  map[string]role{},
		places: map[string]int{},
		names:  map[digest.Digest]string{},
	}
	statements, err := cutStatements(text)
	if err != nil {
		return nil, err
	}
	if err := s.define(statements); err != nil {
		return nil, err
	}
	for _, st := range statements {
		if st.isDefinition() {
			continue
		}
		run, err := s.parseStep(st)
		if err != nil {
			return nil, st.errorf("%w", err)
		}
		s.steps = append(s.steps, step{st.line, run})
	}
	return s, nil
}

// define settles everything that the spec names by a definition.
func (s *Spec) define(statements []statement) error {
	for _, st := range statements {
		if !st.isDefinition() {
			continue
		}
		if err := s.parseDefinition(st); err != nil {
			return st.errorf("%w", err)
		}
	}
	s.assignRoles()
	for _, t := range s.order {
		if err := s.settle(t); err != nil {
			return fmt.Errorf("line %d: define %s: %w", t.line, t.name, err)
		}
	}
	return nil
}

func (st statement) isDefinition() bool { return len(st.words) > 1 && st.words[1] == "=" }

// cutStatements cuts a spec into statements: comments and empty lines go,
// ranges are spelled out.
func cutStatements(text string) ([]statement, error) {
	var all []statement
	for i, line := range strings.Split(text, "\n") {
		lines, err := spellOut(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		for _, line := range lines {
			words, err := cutWords(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			if len(words) > 0 {
				all = append(all, statement{i + 1, words})
			}
		}
	}
	return all, nil
}

var numberRange = regexp.MustCompile(`\[(\d+)\.\.(\d+)\]`)

// spellOut repeats a line that holds ranges such as [1..9], which count up
// together and must be of one length.
func spellOut(line string) ([]string, error) {
	ranges := numberRange.FindAllStringSubmatch(line, -1)
	if ranges == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return []string{line}, nil
	}
	starts, length := make([]int, len(ranges)), -1
	for i, r := range ranges {
		from, _ := strconv.Atoi(r[1])
		to, _ := strconv.Atoi(r[2])
		if to < from || (length >= 0 && to-from+1 != length) {
			return nil, fmt.Errorf("range %s is empty or not as long as the one before it", r[0])
		}
		starts[i], length = from, to-from+1
	}
	lines := make([]string, length)
	for n := range lines {
		i := 0
		lines[n] = numberRange.ReplaceAllStringFunc(line, func(string) string {
			i++
			return strconv.Itoa(starts[i-1] + n)
		})
	}
	return lines, nil
}

// cutWords splits at blanks; "…" is a Go string and {…} keeps its blanks.
func cutWords(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\r")
		switch {
		case line == "" || line[0] == '#':
			return words, nil
		case line[0] == '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("quoted word %s: %w", line, err)
			}
			word, _ := strconv.Unquote(quoted)
			words, line = append(words, word), line[len(quoted):]
		default:
			n, depth := 0, 0
			for n < len(line) && (depth > 0 || !strings.ContainsRune(" \t\r", rune(line[n]))) {
				switch line[n] {
				case '{':
					depth++
				case '}':
					depth--
				}
				n++
			}
			words, line = append(words, line[:n]), line[n:]
		}
	}
}

// cutOptions takes the words key=value out of words; only those keys are allowed.
func cutOptions(words []string, allowed ...string) (rest []string, options map[string]string, err error) {
	options = map[string]string{}
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			rest = append(rest, word)
			continue
		}
		if !slices.Contains(allowed, key) {
			return nil, nil, fmt.Errorf("unknown option %q (known: %s)", key, strings.Join(allowed, ", "))
		}
		options[key] = value
	}
	return rest, options, nil
}

// joined lists words for an error.
func joined(words []string) string {
	sort.Strings(words)
	return strings.Join(words, ", ")
}
