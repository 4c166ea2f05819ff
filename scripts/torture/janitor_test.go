package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The janitor's exit codes that these tests tell apart.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitDoubt       = 3
	exitRefused     = 5
	exitInterrupted = 130
)

// outcome is one run of the janitor.
type outcome struct {
	args           []string
	code           int
	stdout, stderr string
	report         report
}

// report is the part of the JSON document that the tests judge.
type report struct {
	Removed         map[string]int64 `json:"removed"`
	Trashed         map[string]int64 `json:"trashed"`
	FreeBytesBefore int64            `json:"free_bytes_before"`
	FreeBytesAfter  int64            `json:"free_bytes_after"`
	Doubts          []finding        `json:"doubts"`
	Failures        []finding        `json:"failures"`
	Warnings        []finding        `json:"warnings"`
	Refused         *finding         `json:"refused"`
	Error           *finding         `json:"error"`
}

type finding struct {
	Code       string `json:"code"`
	Repository string `json:"repository"`
	Path       string `json:"path"`
	Message    string `json:"message"`
	Problem    string `json:"problem"`
	Error      string `json:"error"`
}

// sweeping are the arguments of a run that removes without being asked.
func sweeping(root string, more ...string) []string {
	return append([]string{"sweep", "--yes", "--registry-stopped", "--json", "--root", root}, more...)
}

// removing is the same for a removal by name.
func removing(root, name string) []string {
	return []string{"rm", name, "--yes", "--registry-stopped", "--json", "--root", root}
}

// restoring are the arguments of a run that brings back what another moved aside.
func restoring(root, id string) []string {
	return []string{"trash", "restore", id, "--yes", "--registry-stopped", "--json", "--root", root}
}

// hasTrash tells whether this janitor can move things aside.
func hasTrash(t testing.TB) bool {
	t.Helper()
	return strings.Contains(janitor(t, "sweep", "--help").stdout, "--trash")
}

// start starts the janitor; what it says is in the outcome that wait gives.
func start(t testing.TB, args ...string) (cmd *exec.Cmd, wait func() outcome) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd = exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, func() outcome {
		t.Helper()
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		o := outcome{args: args, code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
		if slices.Contains(args, "--json") && o.code >= 0 {
			if err := json.Unmarshal([]byte(o.stdout), &o.report); err != nil {
				t.Fatalf("%s: stdout is no JSON: %v\n%s%s", o.name(), err, o.stdout, o.complaint())
			}
		}
		return o
	}
}

// janitor runs the binary to its end.
func janitor(t testing.TB, args ...string) outcome {
	t.Helper()
	_, wait := start(t, args...)
	return wait()
}

// want fails the test unless the run exited so.
func (o outcome) want(t testing.TB, code int) outcome {
	t.Helper()
	if o.code != code {
		t.Fatalf("%s exited %d instead of %d\ndoubts: %+v\nfailures: %+v\n%s",
			o.name(), o.code, code, o.report.Doubts, o.report.Failures, o.complaint())
	}
	return o
}

// complaint is the end of what it says on stderr.
func (o outcome) complaint() string {
	const enough = 2000
	return "…" + o.stderr[max(len(o.stderr)-enough, 0):]
}

func (o outcome) name() string { return "regjanitor " + strings.Join(o.args, " ") }
