package manifest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strings"
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

// enter takes a bracket that peek has seen, and tells whether a first member or
// element follows it.
func (s *scanner) enter(end byte) bool {
	s.at++
	if s.depth++; s.depth > deepest {
		s.fail()
	}
	return !s.leave(end)
}

// another takes the comma before one more member or element, or the end.
func (s *scanner) another(end byte) bool {
	if s.next(',') {
		return true
	}
	if !s.leave(end) {
		s.fail()
	}
	return false
}

func (s *scanner) leave(end byte) bool {
	if !s.next(end) {
		return false
	}
	s.depth--
	return true
}

// key reads the key of a member, and is what it says.
func (s *scanner) key() []byte {
	if s.peek() != '"' {
		s.fail()
		return nil
	}
	key := text(s.string())
	if !s.next(':') {
		s.fail()
	}
	return key
}

// value reads any value and is its text; of text that is not JSON it is empty.
func (s *scanner) value() []byte {
	first := s.peek()
	start := s.at
	switch first {
	case '{':
		for more := s.enter('}'); more; more = s.another('}') {
			s.key()
			s.value()
		}
	case '[':
		for more := s.enter(']'); more; more = s.another(']') {
			s.value()
		}
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
	for s.at++; ; {
		s.at += plain(s.data[s.at:])
		switch {
		case s.take('"'):
			return s.data[start:s.at]
		case s.take('\\'):
			s.escaped()
		default: // a control character, or the end
			s.fail()
			return nil
		}
	}
}

// escaped reads what follows a backslash.
func (s *scanner) escaped() {
	switch {
	case s.take('u'):
		for range 4 {
			if s.at == len(s.data) || !isHex(s.data[s.at]) {
				s.fail()
				return
			}
			s.at++
		}
	case s.at < len(s.data) && strings.IndexByte(`"\/bfnrt`, s.data[s.at]) >= 0:
		s.at++
	default:
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
func (s *scanner) next(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// take takes c if it is the next byte.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) fail() { s.bad, s.at = true, len(s.data) }

// end tells whether all was JSON and nothing but space is left.
func (s *scanner) end() bool { return s.peek() == 0 && s.at == len(s.data) && !s.bad }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// plain counts the bytes before the first that does not stand for itself in a
// string, eight at a time while there are as many.
func plain(data []byte) int {
	n := 0
	for ; len(data)-n >= 8; n += 8 {
		if found := special(binary.LittleEndian.Uint64(data[n:])); found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(data) && data[n] >= ' ' && data[n] != '"' && data[n] != '\\' {
		n++
	}
	return n
}

// special sets the highest bit of the first byte of eight that is a quote, a
// backslash or a control character, and no bit where there is none: x-n has that
// bit, and x has it not, where x < n. What it sets in bytes behind the first is
// not to be relied on, as a borrow reaches them.
func special(eight uint64) uint64 {
	const each, highest = 0x0101010101010101, 0x8080808080808080
	quote, backslash := eight^each*'"', eight^each*'\\'
	return ((eight-each*' ')&^eight | (quote-each)&^quote | (backslash-each)&^backslash) & highest
}

// text is what a JSON string says, and empty for any other value.
func text(value []byte) []byte {
	if !isString(value) {
		return nil
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return nil
	}
	return []byte(s)
}

// sameKey compares a key as lenient decoders do: in any case.
func sameKey(key []byte, name string) bool {
	return string(key) == name || len(key) >= len(name) && bytes.EqualFold(key, []byte(name))
}

func isString(value []byte) bool { return len(value) >= 2 && value[0] == '"' }

func isNull(value []byte) bool { return string(value) == "null" }
