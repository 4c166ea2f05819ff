package manifest

import (
	"bytes"
	"encoding/json"
)

// scanner reads JSON strictly and in one pass: what it accepts is exactly what
// json.Valid accepts. The decoder of the standard library keeps the last of
// duplicate keys only, which would lose references that another reader follows.
//
// Each reading method takes one value, from where the scanner is. Once the text
// has turned out not to be JSON, bad is set and nothing more is found.
type scanner struct {
	data  []byte
	at    int
	depth int
	bad   bool
}

// deepest is how deep encoding/json, and so a registry, lets JSON nest.
const deepest = 10000

// members calls f with every key of an object, duplicates included; f has to
// read the value.
func (s *scanner) members(f func(key []byte)) {
	s.enter()
	for more := !s.next('}'); more; more = s.another('}') {
		key := s.key()
		s.want(':')
		f(key)
	}
	s.depth--
}

// elements calls f for every element of an array; f has to read it.
func (s *scanner) elements(f func()) {
	s.enter()
	for more := !s.next(']'); more; more = s.another(']') {
		f()
	}
	s.depth--
}

// enter takes a bracket that peek has seen.
func (s *scanner) enter() {
	s.at++
	if s.depth++; s.depth > deepest {
		s.fail()
	}
}

// another takes the comma before one more member or element, or the end.
func (s *scanner) another(end byte) bool {
	if s.next(',') {
		return true
	}
	s.want(end)
	return false
}

// key is an object's key without its quotes and escapes.
func (s *scanner) key() []byte {
	if s.peek() != '"' {
		s.fail()
		return nil
	}
	quoted := s.string()
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return []byte(text(quoted))
	}
	return bytes.Trim(quoted, `"`)
}

// value reads any value and is its text; of text that is not JSON it is empty.
func (s *scanner) value() []byte {
	first := s.peek()
	start := s.at
	switch first {
	case '{':
		s.members(func([]byte) { s.value() })
	case '[':
		s.elements(func() { s.value() })
	case '"':
		return s.string()
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
	if s.bad {
		return nil
	}
	return s.data[start:s.at]
}

// string reads a string, as it is quoted and escaped. Bytes that are not UTF-8
// are let through, as by every reader in Go.
func (s *scanner) string() []byte {
	start := s.at
	for s.at++; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start:s.at]
		case c == '\\':
			s.escape()
		case c < ' ':
			s.fail()
		}
	}
	s.fail()
	return nil
}

// escape goes to the last byte of an escape sequence.
func (s *scanner) escape() {
	s.at++
	switch {
	case s.at >= len(s.data):
	case s.data[s.at] == 'u':
		for range 4 {
			if s.at++; s.at >= len(s.data) || !isHex(s.data[s.at]) {
				s.fail()
				return
			}
		}
	case bytes.IndexByte([]byte(`"\/bfnrt`), s.data[s.at]) < 0:
		s.fail()
	}
}

func (s *scanner) number() {
	s.take('-')
	if !s.take('0') {
		s.digits()
	}
	if s.take('.') {
		s.digits()
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		s.digits()
	}
}

// digits reads one digit or more.
func (s *scanner) digits() {
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		s.fail()
	}
}

func (s *scanner) word(word string) {
	if !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		s.fail()
		return
	}
	s.at += len(word)
}

// peek is the first byte of the next token, and 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

// next takes c if it is the next token.
func (s *scanner) next(c byte) bool { s.peek(); return s.take(c) }

// take takes c if it is the next byte.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) want(c byte) {
	if !s.next(c) {
		s.fail()
	}
}

func (s *scanner) fail() { s.bad, s.at = true, len(s.data) }

// end tells whether all was JSON and nothing but space is left.
func (s *scanner) end() bool { return s.peek() == 0 && s.at == len(s.data) && !s.bad }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// text is the value of a JSON string, and empty for any other value.
func text(value []byte) string {
	if !isString(value) {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// sameKey compares a key as lenient decoders do: in any case.
func sameKey(key []byte, name string) bool { return bytes.EqualFold(key, []byte(name)) }

func isString(value []byte) bool { return len(value) >= 2 && value[0] == '"' }

func isNull(value []byte) bool { return string(value) == "null" }
