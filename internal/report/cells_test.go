package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tableAt(width int) string {
	var out bytes.Buffer
	Paint{Width: width}.table(&out, 0, func(w io.Writer) {
		fmt.Fprintf(w, "VERDICT\tNAME\tSIZE\n")
		fmt.Fprintf(w, "keep\tteam/payments/backend/worker:v1.2.3\t3 MiB\n")
		fmt.Fprintf(w, "drop\tä/ö:ü\t12 KiB\n")
	})
	return out.String()
}

func TestATableIsAsWideAsTheTerminal(t *testing.T) {
	const whole = `VERDICT  NAME                                 SIZE
keep     team/payments/backend/worker:v1.2.3  3 MiB
drop     ä/ö:ü                                12 KiB
`
	const fitted = `VERDICT  NAME                       SIZE
keep     team/payment…orker:v1.2.3  3 MiB
drop     ä/ö:ü                      12 KiB
`
	for width, want := range map[int]string{0: whole, 52: whole, 42: fitted} {
		if diff := cmp.Diff(want, tableAt(width)); diff != "" {
			t.Errorf("width %d: want -, got +:\n%s", width, diff)
		}
	}
}

// Less than this of a name says nothing: the terminal may wrap the lines.
func TestANameIsNotShortenedToNothing(t *testing.T) {
	if got := tableAt(10); !strings.Contains(got, " team/paym…ker:v1.2.3 ") {
		t.Errorf("got\n%s", got)
	}
}
