package treemap_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"regjanitor/internal/treemap"
)

// TestPieces: the pieces lie within the rectangle and not over one another, and
// their areas are to one another as the weights.
func TestPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.OneOf(
			rapid.Float64Range(0, 1), rapid.Float64Range(1, 1e6), rapid.Float64Range(1e6, 1e13), rapid.Just(-1.0)), 0, 60).Draw(t, "weights")
		if rapid.Bool().Draw(t, "sorted") {
			slices.SortFunc(weights, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
		}
		within := treemap.Rect{
			X: rapid.Float64Range(-50, 50).Draw(t, "x"), Y: rapid.Float64Range(-50, 50).Draw(t, "y"),
			W: rapid.Float64Range(1, 2000).Draw(t, "w"), H: rapid.Float64Range(1, 2000).Draw(t, "h"),
		}
		pieces := treemap.Squarify(weights, within)
		if len(pieces) != len(weights) {
			t.Fatalf("%d pieces for %d weights", len(pieces), len(weights))
		}
		var total, covered float64
		for _, w := range weights {
			total += max(w, 0)
		}
		slack := 1e-9 * within.Area()
		for i, p := range pieces {
			covered += p.Area()
			want := 0.0
			if total > 0 {
				want = max(weights[i], 0) / total * within.Area()
			}
			if math.Abs(p.Area()-want) > slack {
				t.Errorf("weight %g has an area of %g, want %g", weights[i], p.Area(), want)
			}
			if p.Area() > 0 && overlap(p, within) < p.Area()-slack {
				t.Errorf("%v is not within %v", p, within)
			}
			for _, other := range pieces[:i] {
				if overlap(p, other) > slack {
					t.Errorf("%v lies over %v", p, other)
				}
			}
		}
		if total > 0 && math.Abs(covered-within.Area()) > slack {
			t.Errorf("the pieces cover %g of %g", covered, within.Area())
		}
	})
}

// TestNearSquares: the example of the paper.
func TestNearSquares(t *testing.T) {
	weights := []float64{6, 6, 4, 3, 2, 2, 1}
	pieces := treemap.Squarify(weights, treemap.Rect{W: 6, H: 4})
	want := []treemap.Rect{
		{0, 0, 3, 2}, {0, 2, 3, 2}, {3, 0, 12. / 7, 7. / 3}, {3 + 12./7, 0, 9. / 7, 7. / 3},
		{3, 7. / 3, 6. / 5, 5. / 3}, {4.2, 7. / 3, 6. / 5, 5. / 3}, {5.4, 7. / 3, 0.6, 5. / 3},
	}
	for i, p := range pieces {
		for _, d := range []float64{p.X - want[i].X, p.Y - want[i].Y, p.W - want[i].W, p.H - want[i].H} {
			if math.Abs(d) > 1e-9 {
				t.Errorf("piece %d is %v, want %v", i, p, want[i])
				break
			}
		}
	}
}

func overlap(a, b treemap.Rect) float64 {
	w := min(a.X+a.W, b.X+b.W) - max(a.X, b.X)
	h := min(a.Y+a.H, b.Y+b.H) - max(a.Y, b.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}
