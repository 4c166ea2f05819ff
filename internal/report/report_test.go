package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regjanitor/internal/plan"
	"regjanitor/internal/progress"
	"regjanitor/internal/sweep"
)

// swept is the document of a run that met everything.
func swept() *Document {
	d := NewDocument(false)
	d.Header = Header{
		Command: "sweep", Version: "1.2", Root: "/srv/r\"\\\n/docker/registry/v2", RootSource: "REGISTRY_DATA_DIR", DurationSeconds: 75.3, ExitCode: 3,
		Doubts: []Doubt{
			{"link-empty", "app", "repositories/app/_manifests/tags/v1/current/link", "the link is empty", "push the image again"},
			{"repository-name", "a\x1b[2Jb", "repositories/a\x1b[2Jb", "holds links", "regjanitor rm a\x1b[2Jb"},
		},
		Failures: []Failure{{"permission", "blobs/sha256/ab", "remove ab: permission denied"}},
		Warnings: []Warning{{"kept-digest-unknown", "keep:3", "sha256:12 is no manifest"}},
	}
	d.Found = Counts{Repositories: 2, Tags: 1234, Revisions: 5, TagIndexEntries: 6, LayerLinks: 7, Blobs: 8, Uploads: 1, Leftovers: 1, Bytes: 3 << 30, DiskBytes: 3 << 30}
	d.Planned = Counts{Revisions: 2, TagIndexEntries: 2, LayerLinks: 3, Blobs: 4, Uploads: 1, Directories: 4, Bytes: 2 << 30, DiskBytes: 2 << 30}
	d.Removed = Counts{Revisions: 1, TagIndexEntries: 2, LayerLinks: 3, Blobs: 3, Uploads: 1, Directories: 2, Bytes: 1 << 30, DiskBytes: 1 << 30}
	d.FreeBytesBefore, d.FreeBytesAfter = 5<<30, 6<<30
	d.Repositories = []RepositoryRow{{Name: "small", ReclaimedBytes: 4096, PlannedBytes: 4096}, {Name: "none"},
		{Name: "large", ReclaimedBytes: 512 << 20, PlannedBytes: 1 << 30}, {ReclaimedBytes: 1 << 20, PlannedBytes: 1 << 20}}
	return d
}

func TestSummary(t *testing.T) {
	const want = `registry /srv/r\"\\\n/docker/registry/v2 (from REGISTRY_DATA_DIR)

                         found  removed     kept
         repositories        2        0        2
                 tags    1,234        0    1,234
            revisions        5        1        4
  tag history entries        6        2        4
          layer links        7        3        4
                blobs        8        3        5
              uploads        1        1        0
            leftovers        1        0        1
    empty directories                 2
                 size  3.0 GiB  1.0 GiB  2.0 GiB
              on disk  3.0 GiB  1.0 GiB  2.0 GiB

largest by repository (what it alone links):
    512 MiB  large
    1.0 MiB  shared or nobody's
    4.0 KiB  small

kept in doubt (2):
  /srv/r\"\\\n/docker/registry/v2/repositories/app/_manifests/tags/v1/current/link: the link is empty [link-empty]
    hint: push the image again
  /srv/r\"\\\n/docker/registry/v2/repositories/a\x1b[2Jb: holds links [repository-name]
    hint: regjanitor rm a\x1b[2Jb

not removed (1):
  /srv/r\"\\\n/docker/registry/v2/blobs/sha256/ab: remove ab: permission denied [permission]

warnings (1):
  keep:3: sha256:12 is no manifest [kept-digest-unknown]

sweep reclaimed 1.0 GiB: 0 tags, 1 revision, 3 layer links, 3 blobs, 1 upload; free space 6.0 GiB, was 5.0 GiB; took 1m15s; 2 doubts, 1 failure; restart the registry
next: flush the registry's Redis cache if it has one, then restart the registry before it takes a push: it remembers blobs that are gone, and would not store them again
`
	var out bytes.Buffer
	Summary(&out, Paint{}, swept())
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestSummaryOfADryRunTellsThePlan(t *testing.T) {
	d := swept()
	d.DryRun, d.Removed = true, Counts{}
	var out bytes.Buffer
	Summary(&out, Paint{}, d)
	for _, want := range []string{
		"  to remove  ", "    1.0 GiB  large\n",
		"\nsweep would reclaim 2.0 GiB: 0 tags, 2 revisions, 3 layer links, 4 blobs, 1 upload; 5.0 GiB free; took 1m15s; 2 doubts, 1 failure\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "next:") {
		t.Errorf("a dry run tells to restart the registry:\n%s", &out)
	}
}

func TestSummaryNamesTheTenLargest(t *testing.T) {
	d := swept()
	d.Repositories = nil
	for i := range 30 {
		d.Repositories = append(d.Repositories, RepositoryRow{Name: strings.Repeat("x", i+1), ReclaimedBytes: int64(i) << 20})
		d.Warnings = append(d.Warnings, Warning{"stray", "p", "m"})
	}
	var out bytes.Buffer
	Summary(&out, Paint{}, d)
	if n := strings.Count(out.String(), "MiB  x"); n != 10 || !strings.Contains(out.String(), " 29 MiB  x") {
		t.Errorf("%d repositories are named:\n%s", n, &out)
	}
	if !strings.Contains(out.String(), "  … and 11 more, see --json\n") {
		t.Errorf("the warnings are not cut short:\n%s", &out)
	}
}

func TestPaintAddsNothingButColour(t *testing.T) {
	var plain, painted bytes.Buffer
	Summary(&plain, Paint{}, swept())
	Summary(&painted, Paint{Colour: true}, swept())
	if !strings.Contains(painted.String(), "\x1b[33mkept in doubt (2):\x1b[0m\n") || !strings.Contains(painted.String(), "\x1b[31mnot removed (1):\x1b[0m\n") {
		t.Errorf("not coloured: %q", painted.String())
	}
	bare := strings.NewReplacer("\x1b[1m", "", "\x1b[31m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(painted.String())
	if diff := cmp.Diff(plain.String(), bare); diff != "" {
		t.Errorf("besides colour (-plain +painted):\n%s", diff)
	}
}

func TestTook(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0s", 0.00312: "3ms", 1.25678: "1.3s", 59.94: "59.9s", 61.4: "1m1s", 3661: "1h1m1s"} {
		if got := took(seconds).String(); got != want {
			t.Errorf("took(%v) = %s, want %s", seconds, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"team/app":                "team/app",
		"größe/日本":                "größe/日本",
		`say "hello" \ there`:     `say "hello" \ there`,
		"two\nlines":              `two\nlines`,
		"tab\there":               `tab\there`,
		"bell\a \x1b[31mred\x7f":  `bell\a \x1b[31mred\x7f`,
		"not \xff UTF-8":          `not \xff UTF-8`,
		"turned \u202e round":     `turned \u202e round`,
		"\u009b31m":               `\u009b31m`,
		"both \" and \\ and \r\n": `both \" and \\ and \r\n`,
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func at() time.Time { return time.Date(2026, 11, 22, 3, 14, 7, 123_999_999, time.UTC) }

func TestLog(t *testing.T) {
	blob := plan.Item{Kind: plan.Blob, Path: "blobs/sha256/ab/ab41", Bytes: 64<<20 - 1, Disk: 64 << 20}
	link := plan.Item{Kind: plan.LayerLink, Path: "repositories/a\nb/_layers/sha256/12"}
	run := func(l *Log) string {
		var out bytes.Buffer
		l.W, l.Now, l.Root = &out, at, "/srv/v2"
		l.Would(blob)
		l.Would(link)
		l.Done(blob, sweep.Removed, nil)
		l.Done(link, sweep.Removed, nil)
		l.Done(blob, sweep.Failed, errors.New("remove \x1b: denied"))
		l.Done(link, sweep.Skipped, errors.New("has changed"))
		return out.String()
	}
	const want = `INFO     [2026-11-22 03:14:07,123]    64 MiB  DRY_RUN: would have deleted /srv/v2/blobs/sha256/ab/ab41
INFO     [2026-11-22 03:14:07,123]    64 MiB  Deleting /srv/v2/blobs/sha256/ab/ab41
ERROR    [2026-11-22 03:14:07,123]    64 MiB  Could not delete /srv/v2/blobs/sha256/ab/ab41: remove \x1b: denied
`
	if diff := cmp.Diff(want, run(&Log{})); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	const all = `INFO     [2026-11-22 03:14:07,123]    64 MiB  DRY_RUN: would have deleted /srv/v2/blobs/sha256/ab/ab41
INFO     [2026-11-22 03:14:07,123]       0 B  DRY_RUN: would have deleted /srv/v2/repositories/a\nb/_layers/sha256/12
INFO     [2026-11-22 03:14:07,123]    64 MiB  Deleting /srv/v2/blobs/sha256/ab/ab41
INFO     [2026-11-22 03:14:07,123]       0 B  Deleting /srv/v2/repositories/a\nb/_layers/sha256/12
ERROR    [2026-11-22 03:14:07,123]    64 MiB  Could not delete /srv/v2/blobs/sha256/ab/ab41: remove \x1b: denied
WARNING  [2026-11-22 03:14:07,123]       0 B  Skipped /srv/v2/repositories/a\nb/_layers/sha256/12: has changed
`
	if diff := cmp.Diff(all, run(&Log{All: true})); diff != "" {
		t.Errorf("log of all (-want +got):\n%s", diff)
	}
	const object = `{"bytes":67108863,"kind":"blob","level":"INFO","message":"Deleting /srv/v2/blobs/sha256/ab/ab41","path":"/srv/v2/blobs/sha256/ab/ab41","time":"2026-11-22T03:14:07.123999999Z"}`
	if got := run(&Log{Voice: Voice{JSON: true}}); !strings.Contains(got, object+"\n") {
		t.Errorf("%s is not in\n%s", object, got)
	}
	if got := run(&Log{Voice: Voice{Paint: Paint{Colour: true}}}); !strings.Contains(got, "\n\x1b[31mERROR   \x1b[0m [2026") {
		t.Errorf("no red error in %q", got)
	}
}

func TestVoice(t *testing.T) {
	speak := func(v Voice) string {
		var out bytes.Buffer
		v.W, v.Now = &out, at
		d := swept()
		v.Note("a note")
		v.Warn("odd\x1b")
		v.Problem(&Problem{Code: "locked", Message: "another run", Hint: "wait\x1b"})
		v.Concerns(&Header{Root: "/v2", Doubts: d.Doubts[:1], Failures: d.Failures, Warnings: d.Warnings})
		v.Exit(5, "exit 5: refused")
		return out.String()
	}
	const text = `a note
warning: odd\x1b
error: another run [locked]
hint: wait\x1b

kept in doubt (1):
  /v2/repositories/app/_manifests/tags/v1/current/link: the link is empty [link-empty]
    hint: push the image again

not removed (1):
  /v2/blobs/sha256/ab: remove ab: permission denied [permission]

warnings (1):
  keep:3: sha256:12 is no manifest [kept-digest-unknown]
exit 5: refused
`
	if diff := cmp.Diff(text, speak(Voice{})); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	const objects = `{"level":"INFO","message":"a note","time":"T"}
{"level":"WARNING","message":"odd\u001b","time":"T"}
{"code":"locked","hint":"wait\u001b","level":"ERROR","message":"another run","time":"T"}
{"code":"link-empty","hint":"push the image again","level":"WARNING","message":"the link is empty","path":"/v2/repositories/app/_manifests/tags/v1/current/link","repository":"app","time":"T"}
{"code":"permission","level":"ERROR","message":"remove ab: permission denied","path":"/v2/blobs/sha256/ab","time":"T"}
{"code":"kept-digest-unknown","level":"WARNING","message":"sha256:12 is no manifest","path":"keep:3","time":"T"}
{"exit_code":5,"level":"ERROR","message":"exit 5: refused","time":"T"}
`
	if diff := cmp.Diff(objects, strings.ReplaceAll(speak(Voice{JSON: true}), "2026-11-22T03:14:07.123999999Z", "T")); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestDisplay(t *testing.T) {
	var out bytes.Buffer
	d := NewDisplay(Voice{W: &out, Now: at}, true, true)
	if got := d.State(); got != "starting" {
		t.Errorf("before anything the state is %q", got)
	}
	d.shown = time.Time{} // a bar is due
	d.Observe(progress.Event{Phase: "removing", Done: 1500, Total: 3000})
	if got := d.State(); got != "removing  1,500 of 3,000" {
		t.Errorf("the state is %q", got)
	}
	d.Above().Write([]byte("a line\n"))
	d.Observe(progress.Event{Phase: "removing", Done: 1600, Total: 3000}) // too soon
	const bar = "███████████████░░░░░░░░░░░░░░░  removing  1,500 of 3,000"
	if diff := cmp.Diff(bar+"\r\x1b[2Ka line\n", out.String()); diff != "" {
		t.Errorf("bar (-want +got):\n%s", diff)
	}

	out.Reset()
	lines := NewDisplay(Voice{W: &out, Now: at}, false, true)
	lines.Observe(progress.Event{Phase: "scanning", Done: 5})
	lines.shown = lines.shown.Add(-time.Minute)
	lines.Observe(progress.Event{Phase: "scanning", Done: 10})
	lines.Pause()
	if out.String() != "scanning  10\n" {
		t.Errorf("lines: %q", out.String())
	}
	lines.Observe(progress.Event{Phase: "hashing", Done: 3 << 20, Total: 5 << 30, Bytes: true})
	if got := lines.State(); got != "hashing  3.0 MiB of 5.0 GiB" {
		t.Errorf("of bytes the state is %q", got)
	}
}
