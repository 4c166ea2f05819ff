package verify

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
)

// TestRate: all readers together read no faster than they may, but for the first
// piece.
func TestRate(t *testing.T) {
	s := newShelf(t)
	for _, text := range []string{"a", "b", "c", "d"} {
		s.put(digest.SHA256, strings.Repeat(text, piece))
	}
	s.opts.Rate = 16 * piece
	began := time.Now()
	if result, found, err := s.hashed(t.Context()); err != nil || len(found) > 0 || result.Blobs != 4 {
		t.Errorf("%+v, %v, %v", result, found, err)
	}
	if took := time.Since(began); took < 3*time.Second/16 {
		t.Errorf("took only %v", took)
	}
}

func TestALimitedReadingCanBeInterrupted(t *testing.T) {
	s := newShelf(t)
	s.put(digest.SHA256, strings.Repeat("a", 8*piece))
	s.opts.Rate = 1
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if result, found, err := s.hashed(ctx); !errors.Is(err, context.DeadlineExceeded) || len(found) > 0 || result.Blobs != 0 {
		t.Errorf("%+v, %v, %v", result, found, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, found, err := s.hashed(ctx); !errors.Is(err, context.Canceled) || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}
