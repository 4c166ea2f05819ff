//go:build race

package sweep_test

// crashSlow is how much less of the crash programme there is: the race detector
// makes it so much slower.
const crashSlow = 10
