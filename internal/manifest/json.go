package manifest

import (
	"bytes"
	"encoding/json"
)

// The reader below walks JSON that json.Valid has accepted. The decoder of the
// standard library keeps the last of duplicate keys only, which would lose
// references that another reader follows.

// eachMember calls f with every key and value of an object, duplicates included.
func eachMember(object []byte, f func(key, value []byte)) {
	for at := skipSpace(object, 1); at < len(object) && object[at] == '"'; {
		end := stringEnd(object, at)
		key := object[at+1 : end-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			key = []byte(text(object[at:end]))
		}
		at = skipSpace(object, end)
		at = skipSpace(object, at+1) // the colon
		end = valueEnd(object, at)
		f(key, object[at:end])
		at = skipSpace(object, end)
		at = skipSpace(object, at+1) // a comma, or the closing brace
	}
}

// eachElement calls f with every element of an array.
func eachElement(array []byte, f func(value []byte)) {
	for at := skipSpace(array, 1); at < len(array) && array[at] != ']'; {
		end := valueEnd(array, at)
		f(array[at:end])
		at = skipSpace(array, end)
		at = skipSpace(array, at+1) // a comma, or the closing bracket
	}
}

// valueEnd is the place behind the value that begins at at.
func valueEnd(data []byte, at int) int {
	switch data[at] {
	case '"':
		return stringEnd(data, at)
	case '{', '[':
		return nestedEnd(data, at)
	}
	for at < len(data) && bytes.IndexByte([]byte(",]} \t\r\n"), data[at]) < 0 {
		at++
	}
	return at
}

// nestedEnd counts brackets instead of descending, so that no depth is too deep.
func nestedEnd(data []byte, at int) int {
	for depth := 0; at < len(data); {
		switch data[at] {
		case '"':
			at = stringEnd(data, at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
		at++
	}
	return at
}

// stringEnd is the place behind the closing quote of the string that begins at
// at, or the end of the data where there is none.
func stringEnd(data []byte, at int) int {
	for at++; at < len(data); at++ {
		switch data[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(data)
}

func skipSpace(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}

// text is the value of a JSON string, and empty for any other value.
func text(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
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

func isObject(data []byte) bool {
	at := skipSpace(data, 0)
	return at < len(data) && data[at] == '{'
}

func isNull(value []byte) bool { return string(value) == "null" }

// hasElement tells an array that is not empty.
func hasElement(value []byte) bool {
	return value[0] == '[' && value[skipSpace(value, 1)] != ']'
}
