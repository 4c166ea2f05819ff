package storetest

import (
	"fmt"
	"os"
	"strconv"
)

// ScaleVariable names the variable of the environment that makes the tests
// which draw at random longer, by an integer factor.
const ScaleVariable = "REGJANITOR_TEST_SCALE"

// Scale is how many times a test does what it does n times by default. It
// panics where the variable holds anything but a number from 1 on.
func Scale(n int) int {
	value := os.Getenv(ScaleVariable)
	if value == "" {
		return n
	}
	factor, err := strconv.Atoi(value)
	if err != nil || factor < 1 {
		panic(fmt.Sprintf("storetest: %s=%q is no factor", ScaleVariable, value))
	}
	return n * factor
}
