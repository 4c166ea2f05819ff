package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// The janitor's exit codes that scripts rely on.
const (
	exitDone    = 0
	exitError   = 1
	exitUsage   = 2
	exitDoubt   = 3
	exitDamage  = 4
	exitRefused = 5
)

// outcome is one run of the janitor.
type outcome struct {
	args           []string
	code           int
	stdout, stderr string
	report         report // where --json was given
}

// report is the part of the JSON document that the tests judge.
type report struct {
	Schema   string           `json:"schema"`
	Command  string           `json:"command"`
	Root     string           `json:"root"`
	DryRun   bool             `json:"dry_run"`
	ExitCode int              `json:"exit_code"`
	Found    map[string]int64 `json:"found"`
	Planned  map[string]int64 `json:"planned"`
	Removed  map[string]int64 `json:"removed"`
	Trashed  map[string]int64 `json:"trashed"`

	Repositories []struct {
		Name           string `json:"name"`
		ReclaimedBytes int64  `json:"reclaimed_bytes"`
	} `json:"repositories"`
	Actions  []action  `json:"actions"`
	Doubts   []doubt   `json:"doubts"`
	Failures []failure `json:"failures"`
	Refused  *refusal  `json:"refused"`
	Error    *refusal  `json:"error"`
	Warnings []warning `json:"warnings"`
}

type action struct {
	Op         string `json:"op"`
	Kind       string `json:"kind"`
	Path       string `json:"path"`
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
	Reason     string `json:"reason"`
	Bytes      int64  `json:"bytes"`
	Status     string `json:"status"`
}

type doubt struct {
	Code       string `json:"code"`
	Repository string `json:"repository"`
	Path       string `json:"path"`
	Problem    string `json:"problem"`
	Hint       string `json:"hint"`
}

type failure struct {
	Code  string `json:"code"`
	Path  string `json:"path"`
	Error string `json:"error"`
}

type warning struct {
	Code    string `json:"code"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// janitor runs the binary on this registry's tree.
func (r *registry) janitor(args ...string) outcome {
	r.t.Helper()
	return vouched(r.t, append(args, "--root", r.root)...)
}

// vouched runs the binary. Where it cannot see the host's processes, as in an
// unprivileged container, it rightly wants the administrator's word that the
// registry is stopped: then, and only then, and only for runs that may have it,
// it is given.
func vouched(t *testing.T, args ...string) outcome {
	t.Helper()
	o := janitor(t, args...)
	if o.code == exitRefused && strings.Contains(o.stdout+o.stderr, "registry-invisible") {
		t.Logf("the host's processes are out of sight here: running again with --registry-stopped")
		o = janitor(t, append(args, "--registry-stopped")...)
	}
	return o
}

// sweep is a run that changes things, reported in full.
func (r *registry) sweep(args ...string) outcome {
	r.t.Helper()
	return r.janitor(append([]string{"sweep", "--yes", "--json", "-v"}, args...)...)
}

// janitor runs the binary with no terminal; a run that cannot be started is fatal.
func janitor(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(programs.janitor, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{args: args, code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if strings.Contains(strings.Join(args, " "), "--json") {
		o.decode(t, &o.report)
		if o.report.ExitCode != o.code {
			t.Errorf("%s exited %d but reports %d", o.name(), o.code, o.report.ExitCode)
		}
	}
	return o
}

// decode reads the one JSON document that stdout has to be.
func (o outcome) decode(t *testing.T, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(o.stdout))
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: stdout is no JSON: %v\n%s%s", o.name(), err, o.stdout, o.stderr)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("%s: stdout goes on after the JSON document", o.name())
	}
}

// requireExit fails with what the run complained of unless it exited so.
func (o outcome) requireExit(t *testing.T, want int) outcome {
	t.Helper()
	if o.code != want {
		r := o.report
		t.Fatalf("%s exited %d instead of %d\ndoubts: %+v\nfailures: %+v\nrefused: %+v\nerror: %+v\nstderr:\n%s",
			o.name(), o.code, want, r.Doubts, r.Failures, r.Refused, r.Error, tail(o.stderr))
	}
	return o
}

// requireDocumentedKeys: scripts may count on every key of the document, whatever
// the run had to say under it.
func requireDocumentedKeys(t *testing.T, o outcome) {
	t.Helper()
	var document map[string]any
	o.decode(t, &document)
	for _, key := range []string{
		"schema", "command", "version", "root", "root_source", "started", "duration_seconds", "dry_run", "exit_code",
		"found", "planned", "removed", "trashed", "free_bytes_before", "free_bytes_after",
		"repositories", "actions", "doubts", "failures", "refused", "error", "warnings",
	} {
		if _, there := document[key]; !there {
			t.Errorf("%s: the document has no %q", o.name(), key)
		}
	}
	for _, totals := range []string{"found", "planned", "removed", "trashed"} {
		for _, key := range []string{
			"repositories", "tags", "revisions", "tag_index_entries", "layer_links", "blobs", "uploads", "leftovers",
			"bytes", "disk_bytes",
		} {
			if _, there := document[totals].(map[string]any)[key]; !there {
				t.Errorf("%s: %q has no %q", o.name(), totals, key)
			}
		}
	}
}

// actionsOf lists what was, or in a dry run would be, removed of a kind.
func (r report) actionsOf(kind string) []action {
	var list []action
	for _, a := range r.Actions {
		if a.Kind == kind {
			list = append(list, a)
		}
	}
	return list
}

func (o outcome) name() string { return "regjanitor " + strings.Join(o.args, " ") }

func tail(s string) string {
	const enough = 4000
	if len(s) > enough {
		return "…" + s[len(s)-enough:]
	}
	return s
}
