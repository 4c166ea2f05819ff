package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"regjanitor/internal/verify"
)

// rate is bytes a second; 0 is no limit.
type rate int64

// UnmarshalText reads a binary size, as in 50M or 1.5GiB.
func (r *rate) UnmarshalText(text []byte) error {
	number := strings.TrimSuffix(string(text), "iB")
	unit := 0.0
	for i, letter := range []string{"K", "M", "G", "T"} {
		if rest, ok := strings.CutSuffix(number, letter); ok {
			number, unit = rest, math.Pow(1024, float64(i+1))
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	bytes := value * unit
	if err != nil || !(bytes >= 1 && bytes < math.MaxInt64) {
		return fmt.Errorf("%q is not a rate: write 50M for 50 MiB a second, or K, G", text)
	}
	*r = rate(bytes)
	return nil
}

// share is a part of the data, either by number or by a percentage, of which each
// day has its own.
type share struct {
	part  verify.Part
	daily bool
}

// UnmarshalText reads N/T or P%.
func (s *share) UnmarshalText(text []byte) error {
	number, of, isPart := strings.Cut(string(text), "/")
	if isPart {
		n, err := strconv.ParseUint(number, 10, 32)
		t, errOf := strconv.ParseUint(of, 10, 32)
		if err != nil || errOf != nil || t == 0 || n > t {
			return fmt.Errorf("%q is not a part: write N/T with N from 1 to T, as in 3/7", text)
		}
		*s = share{part: verify.Part{Number: uint32(n), Of: uint32(t)}}
		return nil
	}
	var p percent
	if err := p.UnmarshalText(text); err != nil || p < 0.001 {
		return fmt.Errorf("%q is not a part: write N/T as in 3/7, or a share as in 10%%", text)
	}
	*s = share{part: verify.Part{Of: uint32(math.Ceil(100 / float64(p)))}, daily: true}
	return nil
}

// on is the part of a day.
func (s share) on(day time.Time) verify.Part {
	if s.daily {
		s.part.Number = uint32(day.Unix() / (24 * 60 * 60) % int64(s.part.Of))
	}
	if s.part.Number == 0 {
		s.part.Number = s.part.Of
	}
	return s.part
}
