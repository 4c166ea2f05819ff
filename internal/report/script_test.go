package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The form of these lines is what users' programs read.
func TestAScriptSpeaksInLogLinesOnly(t *testing.T) {
	var out bytes.Buffer
	v := Voice{W: &out, Now: at, Script: true}
	d := swept()
	v.Note("a note")
	v.Warn("odd\x1b")
	v.Debug("more")
	v.Problem(&Problem{Code: "locked", Message: "another run", Hint: "wait\x1b"})
	v.Problem(&Problem{Code: "error", Message: "No repository 'x' found"})
	v.Concerns(&Header{Root: "/v2", Doubts: d.Doubts[:1], Failures: d.Failures, Warnings: d.Warnings})
	v.Exit(5, "exit 5: refused")
	const want = `INFO     [2026-11-22 03:14:07,123]  a note
WARNING  [2026-11-22 03:14:07,123]  odd\x1b
DEBUG    [2026-11-22 03:14:07,123]  more
CRITICAL [2026-11-22 03:14:07,123]  another run; wait\x1b
CRITICAL [2026-11-22 03:14:07,123]  No repository 'x' found
WARNING  [2026-11-22 03:14:07,123]  /v2/repositories/app/_manifests/tags/v1/current/link: the link is empty; push the image again
CRITICAL [2026-11-22 03:14:07,123]  Failed to delete directory:/v2/blobs/sha256/ab: remove ab: permission denied
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
