// Package treemap divides a rectangle among weights, so that a picture shows at a
// glance which of them are large.
//
// Its invariant: the pieces cover the rectangle, none lies over another, and the
// area of each is in proportion to its weight. It knows nothing of what the
// weights are, nor how a piece is drawn.
package treemap

// Rect is a rectangle with its origin at the top left.
type Rect struct{ X, Y, W, H float64 }

// Area is what a rectangle covers.
func (r Rect) Area() float64 { return r.W * r.H }

// Squarify divides within among weights, in their order, into pieces as near to
// squares as it finds (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). The
// pieces look best where the largest weight comes first. A weight of zero or less
// gets a piece without area.
func Squarify(weights []float64, within Rect) []Rect {
	pieces := make([]Rect, len(weights))
	var places []int
	var total float64
	for i, w := range weights {
		if w > 0 {
			places = append(places, i)
			total += w
		}
	}
	if total <= 0 || within.Area() <= 0 {
		return pieces
	}
	left := within
	scale := within.Area() / total
	for len(places) > 0 {
		n, area := fill(weights, places, scale, min(left.W, left.H))
		left = left.cut(weights, places[:n], scale, area, n == len(places), pieces)
		places = places[n:]
	}
	return pieces
}

// fill tells how many of the places go into a row along a side: as many as make
// its worst piece no longer and thinner than it was.
func fill(weights []float64, places []int, scale, side float64) (n int, area float64) {
	var least, most, worst float64
	for _, at := range places {
		a := weights[at] * scale
		newLeast, newMost, sum := min(least, a), max(most, a), area+a
		if n == 0 {
			newLeast = a
		}
		ratio := max(side*side*newMost/(sum*sum), sum*sum/(side*side*newLeast))
		if n > 0 && ratio > worst {
			break
		}
		n, area, least, most, worst = n+1, sum, newLeast, newMost, ratio
	}
	return n, area
}

// cut lays a row of pieces along the shorter side of a rectangle, and returns what
// is left of it. The last piece and the last row get all there is, so that no
// rounding shows as a gap.
func (r Rect) cut(weights []float64, row []int, scale, area float64, last bool, pieces []Rect) Rect {
	upright := r.W >= r.H // the row is a column at the left
	side, depth := r.W, r.H
	if upright {
		side, depth = r.H, r.W
	}
	thick := min(area/side, depth)
	if last {
		thick = depth
	}
	var along float64
	for i, at := range row {
		long := side - along
		if i < len(row)-1 && thick > 0 {
			long = min(weights[at]*scale/thick, long)
		}
		if upright {
			pieces[at] = Rect{r.X, r.Y + along, thick, long}
		} else {
			pieces[at] = Rect{r.X + along, r.Y, long, thick}
		}
		along += long
	}
	if upright {
		return Rect{r.X + thick, r.Y, r.W - thick, r.H}
	}
	return Rect{r.X, r.Y + thick, r.W, r.H - thick}
}
