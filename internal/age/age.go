// Package age reads how old something may grow, as flags and policies say it.
// It knows no clock.
package age

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Age is a time span in hours, days, weeks and years, which are never asked to
// be exact: a year is 365 days.
type Age time.Duration

var units = map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}

var part = regexp.MustCompile(`^([0-9]+)([hdwy])`)

// UnmarshalText reads 0, or numbers with units, as in 36h and 1w2d.
func (a *Age) UnmarshalText(text []byte) error {
	rest := string(text)
	if rest == "0" {
		*a = 0
		return nil
	}
	var total time.Duration
	for rest != "" {
		found := part.FindStringSubmatch(rest)
		if found == nil {
			return malformed(string(text))
		}
		n, err := strconv.ParseInt(found[1], 10, 64)
		unit := units[found[2][0]]
		if err != nil || n > int64((math.MaxInt64-total)/unit) {
			return fmt.Errorf("%q is too long an age", text)
		}
		total += time.Duration(n) * unit
		rest = rest[len(found[0]):]
	}
	if len(text) == 0 {
		return malformed("")
	}
	*a = Age(total)
	return nil
}

func malformed(text string) error {
	why := "write hours, days, weeks or years, as in 36h, 7d or 1w2d, or 0"
	if strings.HasSuffix(text, "m") {
		why = "m could be minutes or months; " + why
	}
	return fmt.Errorf("%q is not an age: %s", text, why)
}
