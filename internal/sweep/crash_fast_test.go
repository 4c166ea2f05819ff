//go:build !race

package sweep_test

const crashSlow = 1
