package retention

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is what is wrong with a policy, and where.
type Error struct {
	File         string
	Line, Column int // from 1
	Problem      string
	Hint         string
	Excerpt      string // the line and the one before it, with a marker, for a terminal
}

func (e *Error) Error() string { return fmt.Sprintf("%s, line %d: %s", e.File, e.Line, e.Problem) }

// widest is how much of a line an excerpt shows.
const widest = 120

// excerpt shows a line, after the one before it, and marks a column.
func excerpt(lines []string, line, column int) string {
	var b strings.Builder
	for n := max(line-1, 1); n <= min(line, len(lines)); n++ {
		fmt.Fprintf(&b, "%5d | %s\n", n, printable(lines[n-1]))
	}
	if line <= len(lines) {
		column = min(column, utf8.RuneCountInString(lines[line-1])+1, widest+1)
	}
	fmt.Fprintf(&b, "      | %s^", strings.Repeat(" ", max(column-1, 0)))
	return b.String()
}

// printable is a line fit for a terminal, one column for each character.
func printable(line string) string {
	runes := []rune(line)
	if len(runes) > widest {
		runes = append(runes[:widest:widest], '…')
	}
	for i, r := range runes {
		switch {
		case r == '\t':
			runes[i] = '→'
		case !unicode.IsPrint(r):
			runes[i] = '�'
		}
	}
	return string(runes)
}

// nearest is the word that was meant, or none.
func nearest(word string, words []string) string {
	best, at := len(word)/3+1, ""
	for _, w := range words {
		if d := distance(strings.ToLower(strings.ReplaceAll(word, "-", "_")), w); d < best {
			best, at = d, w
		}
	}
	return at
}

// distance is Levenshtein's: how many letters to insert, remove or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := corner
			if a[i] != b[j] {
				replace++
			}
			corner = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, replace)
		}
	}
	return row[len(b)]
}

// meant suggests the nearest of some words, or names them all.
func meant(word string, words []string) string {
	if near := nearest(word, words); near != "" {
		return "did you mean " + near + "?"
	}
	return "known here: " + strings.Join(words, ", ")
}
